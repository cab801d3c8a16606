// Messages, their receipts, and the dispatches both ways.
#include "crypto/sealing.h"
#include "daemon/core/provenance.h"
#include "daemon/store/encoding.h"
#include "daemon/store/made_of.h"
#include "daemon/store/transaction.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

namespace {

Result<std::uint64_t> insert_message(Database& database, const MessageRecord& m, Direction direction,
                                     const Place& place, Instant recorded) {
  CHECK_OK(
      database
          .query("INSERT INTO message (id, direction, statement, batch, leaf, path, number, their_number, recorded, "
                 "original, unread) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                 m.id, static_cast<int>(direction), as_bytes(m.statement.statement), place.batch, place.leaf,
                 place.path, m.number, m.their_number, recorded, m.original,
                 direction == Direction::incoming && !m.quiet)
          .run());
  const auto ordinal = static_cast<std::uint64_t>(database.last_id());
  CHECK_OK(database
               .query("INSERT INTO body (ordinal, ciphertexts, wraps, forwarder_wrap, sealed_key, sources) "
                      "VALUES (?,?,?,?,?,?)",
                      ordinal, encode_list(m.ciphertexts), m.wraps, m.made_wraps, m.sealed_key,
                      encode_statements(m.sources))
               .run());
  if (!m.extent.is_all())
    CHECK_OK(database
                 .query("INSERT INTO extract (ordinal, extent, omitted) VALUES (?,?,?)", ordinal, m.extent.text(),
                        encode_leaves(m.omitted))
                 .run());
  if (m.about)
    CHECK_OK(
        database.query("INSERT INTO consent (about, message, quiet) VALUES (?,?,?)", *m.about, m.id, m.quiet).run());
  if (m.joint_act) CHECK_OK(database.query("INSERT INTO joint_act (message) VALUES (?)", m.id).run());
  CHECK_OK(file_made_of(database, TRY(made_of(m.id, m.statement.statement, m.sources))));
  return ordinal;
}

// A carried original, for what replaces it.
Result<void> remove_carried(Database& database, std::uint64_t ordinal) {
  CHECK_OK(database.query("DELETE FROM extract WHERE ordinal = ?", ordinal).run());
  CHECK_OK(database.query("DELETE FROM body WHERE ordinal = ?", ordinal).run());
  return database.query("DELETE FROM message WHERE ordinal = ?", ordinal).run();
}

bool has_text(const MessageRecord& message) { return !message.sealed_key.empty(); }

// A dispatch whose message came, or was refused for good, no longer waits for it.
Result<void> not_missing(Database& database, const core::MessageId& id) {
  return database.query("UPDATE inbound_dispatch SET missing = 0 WHERE message = ? AND missing = 1", id).run();
}

Result<void> insert_receipt(Database& database, const core::Receipt& receipt, std::string_view statement,
                            const Place& place) {
  return database
      .query("INSERT INTO receipt (message, receiver, stage, statement, batch, leaf, path) VALUES (?,?,?,?,?,?,?)",
             receipt.message, receipt.receiver, static_cast<int>(receipt.stage), as_bytes(statement), place.batch,
             place.leaf, place.path)
      .run();
}

// Whether this very statement is stored; conflict when what is stored contradicts it.
Result<bool> receipt_known(Database& database, const core::Receipt& receipt, std::string_view statement) {
  auto q = database.query("SELECT statement FROM receipt WHERE message = ? AND receiver = ?", receipt.message,
                          receipt.receiver);
  while (TRY(q.next())) {
    const auto stored = q.text(0);
    if (stored == statement) return true;
    if (core::contradict(TRY(core::Receipt::parse(stored)), receipt))
      return fail(Errc::conflict, "a receipt that contradicts a stored one");
  }
  return false;
}

}  // namespace

// ---- messages

Result<std::uint64_t> Transaction::record_outbound(const MessageRecord& content, LeafRef leaf,
                                                   const core::JournalEntry& entry) {
  CHECK_OK(impl_.room());
  const auto ordinal =
      TRY(insert_message(impl_.database, content, Direction::outgoing, impl_.own_place(leaf), impl_.now));
  impl_.texts.recorded(ordinal, content.id, content.open_under);
  impl_.news.recorded(content, leaf);
  if (content.joint_act) impl_.known_changed();
  CHECK_OK(impl_.append_first(entry));
  return ordinal;
}

Result<Digest> Transaction::record_inbound(const MessageRecord& content, const core::JournalEntry& entry) {
  CHECK_OK(impl_.room());
  const auto place = TRY(impl_.place(content.statement));
  auto inserted = insert_message(impl_.database, content, Direction::incoming, place, impl_.now);
  if (!inserted.has_value() && inserted.error().code == Errc::conflict) {
    // It came inside a forward before; now it has come as a message of its own.
    const auto known = TRY(find_message(content.id));
    if (!known || known->direction != Direction::carried || known->statement != content.statement.statement)
      return fail(Errc::conflict, "the message is there");
    CHECK_OK(note_text_change(known->ordinal));
    CHECK_OK(remove_carried(impl_.database, known->ordinal));
    inserted = insert_message(impl_.database, content, Direction::incoming, place, impl_.now);
  }
  impl_.texts.recorded(TRY(inserted), content.id, content.open_under);
  if (content.joint_act) impl_.known_changed();
  CHECK_OK(not_missing(impl_.database, content.id));
  return append(entry);
}

Result<void> Transaction::note_text_change(std::uint64_t ordinal) {
  ++impl_.texts.changes;
  return impl_.database.query("INSERT OR REPLACE INTO text_change (ordinal) VALUES (?)", ordinal).run();
}

// What was erased came again, whole and with its key, where it is ours by another right.
Result<void> Transaction::restore(const MessageRecord& content, std::uint64_t ordinal) {
  CHECK_OK(note_text_change(ordinal));
  CHECK_OK(impl_.database.query("DELETE FROM erasure WHERE message = ?", content.id).run());
  impl_.news.changed({});
  return impl_.database
      .query("UPDATE body SET ciphertexts = ?, wraps = ?, sealed_key = ? WHERE ordinal = ?",
             encode_list(content.ciphertexts), content.wraps, content.sealed_key, ordinal)
      .run();
}

Result<void> Transaction::record_carried(const MessageRecord& content, const core::JournalEntry& entry) {
  if (const auto known = TRY(find_message(content.id))) {
    if (known->statement != content.statement.statement) return fail(Errc::conflict, "another message with this id");
    const auto before = TRY(erasure(content.id));
    const bool erased = before && before->state == ErasureState::erased;
    const auto held = TRY(load_message(content.id));
    // What was erased came again, more than is held, or the key to it.
    const bool opens_now = !has_text(held) && has_text(content);
    const bool would_shut = has_text(held) && !has_text(content);
    if (!erased && (would_shut || (!opens_now && held.extent.contains(content.extent)))) {
      CHECK_OK(append(entry));
      return {};
    }
    if (known->direction != Direction::carried) {
      if (content.extent.is_all() && opens_now) CHECK_OK(restore(content, known->ordinal));
      CHECK_OK(append(entry));
      return {};
    }
    CHECK_OK(impl_.database.query("DELETE FROM erasure WHERE message = ?", content.id).run());
    CHECK_OK(note_text_change(known->ordinal));
    CHECK_OK(remove_carried(impl_.database, known->ordinal));
  }
  const auto place = TRY(impl_.place(content.statement));
  const auto ordinal = TRY(insert_message(impl_.database, content, Direction::carried, place, impl_.now));
  impl_.texts.recorded(ordinal, content.id, content.open_under);
  CHECK_OK(append(entry));
  return {};
}

Result<std::optional<MessageRow>> Transaction::find_message(const core::MessageId& id) {
  return impl_.rows.message_row(id);
}

Result<MessageRecord> Transaction::load_message(const core::MessageId& id) {
  auto message = TRY(impl_.rows.message(id));
  if (!message) return fail(Errc::not_found, "no such message");
  return std::move(*message);
}

// ---- receipts

namespace {

// A message that comes again asks for `delivered` and `refused` again; nothing asks for the others.
bool is_asked_for(core::Stage stage) {
  switch (stage) {
    case core::Stage::delivered:
    case core::Stage::refused:
      return true;
    case core::Stage::read:
    case core::Stage::acknowledged:
    case core::Stage::answered:
      return false;
  }
  return false;
}

Result<void> queue_receipt(Transaction::Impl& impl, const core::Receipt& receipt, std::string_view statement) {
  impl.news.queued_receipt(receipt.originator);
  return impl.database
      .query("INSERT INTO unsent_receipt (peer, digest, message, receiver, stage) VALUES (?,?,?,?,?)",
             receipt.originator, core::statement_digest(statement), receipt.message, receipt.receiver,
             static_cast<int>(receipt.stage))
      .run();
}

}  // namespace

Result<LeafRef> Transaction::issue_receipt(const core::Receipt& receipt) {
  auto statement = receipt.to_text();
  if (TRY(receipt_known(impl_.database, receipt, statement))) return fail(Errc::conflict, "the receipt is there");
  const auto leaf = TRY(sign(statement));
  CHECK_OK(insert_receipt(impl_.database, receipt, statement, impl_.own_place(leaf)));
  if (!is_asked_for(receipt.stage)) CHECK_OK(queue_receipt(impl_, receipt, statement));
  if (receipt.stage == core::Stage::refused) CHECK_OK(not_missing(impl_.database, receipt.message));
  if (receipt.stage == core::Stage::read)
    CHECK_OK(impl_.database.query("UPDATE message SET unread = 0 WHERE id = ? AND unread = 1", receipt.message).run());
  return leaf;
}

Result<void> Transaction::record_receipt(const ReceiptRecord& record, const core::JournalEntry& entry) {
  const auto& receipt = record.receipt;
  const auto& statement = record.statement.statement;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  {
    auto q = impl_.database.query("SELECT epoch, sequence FROM outbox WHERE message = ? AND peer = ?", receipt.message,
                                  receipt.receiver);
    if (!TRY(q.next())) return fail(Errc::not_found, "a receipt of nobody it was sent to");
    epoch = q.number(0);
    sequence = q.number(1);
  }
  if (TRY(receipt_known(impl_.database, receipt, statement))) return {};
  CHECK_OK(insert_receipt(impl_.database, receipt, statement, TRY(impl_.place(record.statement))));
  const bool refused = receipt.stage == core::Stage::refused;
  if (refused || receipt.stage == core::Stage::delivered) {
    const auto state = refused ? OutboxState::refused : OutboxState::delivered;
    CHECK_OK(impl_.database
                 .query("UPDATE outbox SET state = ?, waiting_for = '' WHERE peer = ? AND epoch = ? AND sequence = ?",
                        static_cast<int>(state), receipt.receiver, epoch, sequence)
                 .run());
  }
  CHECK_OK(append(entry));
  impl_.note_receipt(receipt.stage);
  return {};
}

Result<std::vector<ReceiptRecord>> Transaction::receipts(const core::MessageId& id) { return impl_.rows.receipts(id); }

Result<void> Transaction::queue_answer(const std::string& peer, const core::MessageId& id) {
  for (const auto& [receipt, statement] : TRY(receipts(id)))
    if (receipt.receiver == impl_.authority && receipt.originator == peer && is_asked_for(receipt.stage))
      CHECK_OK(queue_receipt(impl_, receipt, statement.statement));
  return {};
}

Result<void> Transaction::mark_receipt_taken(const std::string& peer, const Digest& statement) {
  // Oldest first: confirmations come in the order of issue, so the walk is short.
  return impl_.database
      .query(
          "DELETE FROM unsent_receipt WHERE ordinal = "
          "(SELECT ordinal FROM unsent_receipt WHERE peer = ? AND digest = ? ORDER BY ordinal LIMIT 1)",
          peer, statement)
      .run();
}

// ---- our dispatches

namespace {

// The number it closes; without effect on one that was answered.
Result<void> close_voided(Transaction::Impl& impl, const core::Dispatch& dispatch, const core::DispatchVoid& item) {
  {
    auto q = impl.database.query(
        "SELECT 1 FROM outbox WHERE peer = ? AND epoch = ? AND sequence = ? AND message IS NOT NULL",
        dispatch.recipient, dispatch.epoch, item.sequence);
    if (!TRY(q.next())) return fail(Errc::not_found, "no such dispatch to void");
  }
  impl.news.changed(dispatch.recipient);
  return impl.database
      .query(
          "UPDATE outbox SET state = ?, waiting_for = ? "
          "WHERE peer = ? AND epoch = ? AND sequence = ? AND state = 0",
          static_cast<int>(OutboxState::closed), item.code, dispatch.recipient, dispatch.epoch, item.sequence)
      .run();
}

}  // namespace

namespace {

// Signs it and keeps it; due at once.
Result<void> insert_dispatch(Transaction::Impl& impl, core::Dispatch& dispatch, core::Precedence precedence,
                             const std::string& waiting_for) {
  dispatch.sender = impl.authority;
  dispatch.salt = impl.seams.random.bytes(crypto::kSaltSize);
  auto statement = dispatch.to_text();
  const auto leaf = TRY(impl.sign(statement));
  const auto place = impl.own_place(leaf);
  OutboxRow row;
  row.peer = dispatch.recipient;
  row.epoch = dispatch.epoch;
  row.sequence = dispatch.sequence;
  if (const auto* sent = std::get_if<core::DispatchMessage>(&dispatch.item)) row.message = sent->id;
  row.precedence = precedence;
  row.next_attempt = impl.now;
  row.waiting_for = waiting_for;
  CHECK_OK(impl.database
               .query("INSERT INTO outbox (peer, epoch, sequence, statement, batch, leaf, message, precedence, state, "
                      "attempts, next_attempt, waiting_for) VALUES (?,?,?,?,?,?,?,?,0,0,?,?)",
                      dispatch.recipient, dispatch.epoch, dispatch.sequence, as_bytes(statement), place.batch,
                      place.leaf, row.message, static_cast<int>(precedence), impl.now, waiting_for)
               .run());
  impl.outbox_grew(row.peer, {row.epoch, row.sequence, impl.leaf(leaf)});
  impl.news.dispatched(std::move(row), leaf);
  return {};
}

}  // namespace

Result<std::uint64_t> Transaction::record_dispatch(const std::string& recipient, const core::DispatchItem& item,
                                                   core::Precedence precedence, const std::string& waiting_for) {
  const auto head = TRY(impl_.outbox_head(recipient));
  if (head.epoch < impl_.epoch) return fail(Errc::internal, "a dispatch before `restored`");
  core::Dispatch dispatch;
  dispatch.recipient = recipient;
  dispatch.epoch = head.epoch;
  dispatch.sequence = head.sequence + 1;
  dispatch.previous = head.digest;
  dispatch.item = item;
  if (const auto* voided = std::get_if<core::DispatchVoid>(&item)) CHECK_OK(close_voided(impl_, dispatch, *voided));
  CHECK_OK(insert_dispatch(impl_, dispatch, precedence, waiting_for));
  return dispatch.sequence;
}

Result<void> Transaction::open_epoch(const std::string& peer) {
  const auto head = TRY(impl_.outbox_head(peer));
  if (head.epoch >= impl_.epoch) return {};
  const auto old = impl_.epoch - 1;
  core::Dispatch dispatch;
  dispatch.recipient = peer;
  dispatch.epoch = impl_.epoch;
  dispatch.item = core::DispatchRestored{old, head.epoch == old ? head.sequence : 0, TRY(inbound_head(peer)).sequence};
  return insert_dispatch(impl_, dispatch, core::Precedence::routine, {});
}

Result<void> Transaction::send_again(const std::string& peer, std::uint64_t after) {
  const auto epoch = TRY(impl_.outbox_head(peer)).epoch;
  CHECK_OK(impl_.database
               .query("UPDATE taken SET sequence = ? WHERE peer = ? AND epoch = ? AND sequence > ?", after, peer, epoch,
                      after)
               .run());
  impl_.news.changed(peer);
  return impl_.database
      .query(
          "UPDATE outbox SET state = ?, attempts = 0, next_attempt = ? "
          "WHERE peer = ? AND epoch = ? AND sequence > ? AND state = ? AND message IS NOT NULL",
          static_cast<int>(OutboxState::queued), impl_.now, peer, epoch, after,
          static_cast<int>(OutboxState::delivered))
      .run();
}

Result<bool> Transaction::settle_again(const std::string& peer, const core::MessageId& message) {
  const auto settle = [&](OutboxState from) -> Result<bool> {
    CHECK_OK(impl_.database
                 .query("UPDATE outbox INDEXED BY outbox_message SET state = ?1, waiting_for = '' "
                        "WHERE peer = ?2 AND message = ?3 AND state = ?4 "
                        "AND EXISTS (SELECT 1 FROM receipt WHERE message = ?3 AND receiver = ?2 AND stage = ?5)",
                        static_cast<int>(OutboxState::delivered), peer, message, static_cast<int>(from),
                        static_cast<int>(core::Stage::delivered))
                 .run());
    return impl_.database.changes() > 0;
  };
  CHECK_OK(settle(OutboxState::closed));
  return settle(OutboxState::queued);
}

Result<std::uint64_t> Transaction::waiting(const std::string& peer, const std::string& waiting_for) {
  auto q = impl_.database.query(
      "SELECT count(*) FROM outbox INDEXED BY outbox_waiting "
      "WHERE peer = ? AND state = 0 AND message IS NOT NULL AND waiting_for <> '' AND waiting_for = ?",
      peer, waiting_for);
  CHECK_OK(q.next());
  return q.number(0);
}

Result<void> Transaction::mark_dispatch_taken(const std::string& peer, std::uint64_t epoch,
                                              std::uint64_t up_to_sequence) {
  std::uint64_t before = 0;
  {
    auto q = impl_.database.query("SELECT sequence FROM taken WHERE peer = ? AND epoch = ?", peer, epoch);
    if (TRY(q.next())) before = q.number(0);
  }
  const auto head = TRY(impl_.outbox_head(peer));
  if (epoch > head.epoch || (epoch == head.epoch && up_to_sequence > head.sequence))
    return fail(Errc::malformed, "a dispatch that was never sent");
  if (up_to_sequence <= before) return {};
  CHECK_OK(impl_.database
               .query("INSERT INTO taken (peer, epoch, sequence) VALUES (?,?,?) "
                      "ON CONFLICT (peer, epoch) DO UPDATE SET sequence = excluded.sequence",
                      peer, epoch, up_to_sequence)
               .run());
  // What carries no message is done once it is taken.
  return impl_.database
      .query(
          "UPDATE outbox SET state = ? WHERE peer = ? AND epoch = ? AND sequence > ? AND sequence <= ? "
          "AND message IS NULL",
          static_cast<int>(OutboxState::closed), peer, epoch, before, up_to_sequence)
      .run();
}

Result<void> Transaction::postpone(const std::string& peer, std::uint64_t epoch, std::uint64_t sequence,
                                   std::uint32_t attempts, Instant next_attempt, const std::string& waiting_for) {
  return impl_.database
      .query(
          "UPDATE outbox SET attempts = ?, next_attempt = ?, waiting_for = ? "
          "WHERE peer = ? AND epoch = ? AND sequence = ? AND state = 0",
          attempts, next_attempt, waiting_for, peer, epoch, sequence)
      .run();
}

Result<void> Transaction::record_waiting_reissue(const WaitingReissue& waiting) {
  return impl_.database
      .query("INSERT OR IGNORE INTO reissue (peer, message, key_id) VALUES (?,?,?)", waiting.peer, waiting.message,
             waiting.used_key)
      .run();
}

Result<bool> Transaction::take_waiting_reissue(const WaitingReissue& waiting) {
  CHECK_OK(
      impl_.database.query("DELETE FROM reissue WHERE peer = ? AND message = ?", waiting.peer, waiting.message).run());
  return impl_.database.changes() > 0;
}

// ---- dispatches of peers

Result<core::ChainHead> Transaction::inbound_head(const std::string& sender) { return impl_.inbound_head(sender); }

Result<std::optional<std::string>> Transaction::inbound_dispatch(const std::string& sender, std::uint64_t epoch,
                                                                 std::uint64_t sequence) {
  auto q =
      impl_.database.query("SELECT statement FROM inbound_dispatch WHERE sender = ? AND epoch = ? AND sequence = ?",
                           sender, epoch, sequence);
  if (!TRY(q.next())) return std::optional<std::string>();
  return std::optional<std::string>(q.text(0));
}

namespace {

// Whether a message that a dispatch names is still to come: neither held nor refused by us.
Result<bool> still_to_come(Database& database, const core::MessageId& id, const std::string& self) {
  {
    auto q = database.query("SELECT 1 FROM message WHERE id = ? AND direction = ?", id,
                            static_cast<int>(Direction::incoming));
    if (TRY(q.next())) return false;
  }
  auto q = database.query("SELECT 1 FROM receipt WHERE message = ? AND receiver = ? AND stage = ?", id, self,
                          static_cast<int>(core::Stage::refused));
  return !TRY(q.next());
}

Result<void> insert_inbound(Transaction::Impl& impl, const core::Dispatch& d, const SignedStatement& statement) {
  std::optional<core::MessageId> message;
  if (const auto* sent = std::get_if<core::DispatchMessage>(&d.item)) message = sent->id;
  const bool missing = message && TRY(still_to_come(impl.database, *message, impl.authority));
  const auto place = TRY(impl.place(statement));
  CHECK_OK(impl.database
               .query("INSERT INTO inbound_dispatch (sender, epoch, sequence, statement, batch, leaf, path, message, "
                      "missing, voided) VALUES (?,?,?,?,?,?,?,?,?,0)",
                      d.sender, d.epoch, d.sequence, as_bytes(statement.statement), place.batch, place.leaf, place.path,
                      message, missing)
               .run());
  impl.inbound_grew(d.sender, {d.epoch, d.sequence, core::statement_digest(statement.statement)});
  const auto* voided = std::get_if<core::DispatchVoid>(&d.item);
  if (voided == nullptr) return {};
  // Without effect on what was answered before.
  return impl.database
      .query(
          "UPDATE inbound_dispatch SET voided = 1, missing = 0 "
          "WHERE sender = ? AND epoch = ? AND sequence = ? AND missing = 1",
          d.sender, d.epoch, voided->sequence)
      .run();
}

}  // namespace

Result<void> Transaction::record_inbound_dispatch(const core::Dispatch& dispatch, const SignedStatement& statement) {
  switch (core::chain_step(TRY(inbound_head(dispatch.sender)), dispatch)) {
    case core::ChainStep::next:
      return insert_inbound(impl_, dispatch, statement);
    case core::ChainStep::known: {
      const auto known = TRY(inbound_dispatch(dispatch.sender, dispatch.epoch, dispatch.sequence));
      if (known == statement.statement) return {};
      return fail(Errc::conflict, "another dispatch with this number");
    }
    case core::ChainStep::gap:
      return fail(Errc::stale, "a dispatch before it is missing");
    case core::ChainStep::broken:
      return fail(Errc::conflict, "a dispatch that does not follow the last");
  }
  return fail(Errc::internal, "unknown chain step");
}

Result<std::uint64_t> Transaction::missing_messages(const std::string& sender) {
  auto q = impl_.database.query("SELECT count(*) FROM inbound_dispatch WHERE sender = ? AND missing = 1", sender);
  CHECK_OK(q.next());
  return q.number(0);
}

Result<bool> Transaction::dispatched(const std::string& sender, const core::MessageId& id) {
  auto q = impl_.database.query("SELECT 1 FROM inbound_dispatch WHERE message = ? AND sender = ? AND voided = 0", id,
                                sender);
  return q.next();
}

}  // namespace chancery::store

// Consent: permits, reports that are owed, copies that are locked.
#include "daemon/store/encoding.h"
#include "daemon/store/meta.h"
#include "daemon/store/transaction.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

Result<std::vector<MessageRow>> Transaction::consents_about(const core::MessageId& id) {
  return impl_.rows.consents_about(id);
}

Result<std::vector<MessageRow>> Transaction::consents_said_about(const core::MessageId& id) {
  return impl_.rows.consents_said_about(id);
}

Result<void> Transaction::record_permit(const PermitRecord& record, std::optional<LeafRef> leaf,
                                        const core::JournalEntry& entry) {
  const auto& permit = record.permit;
  const auto carrier = TRY(core::parse_message_id(permit.carrier));
  {
    auto q = impl_.database.query("SELECT statement FROM permit WHERE grant_id = ? AND carrier = ? AND receiver = ?",
                                  permit.grant, carrier, permit.receiver);
    while (TRY(q.next()))
      if (as_text(q.view(0)) == record.statement.statement) return {};
  }
  const auto place = leaf ? impl_.own_place(*leaf) : TRY(impl_.place(record.statement));
  CHECK_OK(
      impl_.database
          .query("INSERT INTO permit (grant_id, carrier, receiver, valid_from, statement, batch, leaf, path, wrap) "
                 "VALUES (?,?,?,?,?,?,?,?,?)",
                 permit.grant, carrier, permit.receiver, permit.from, as_bytes(record.statement.statement), place.batch,
                 place.leaf, place.path, record.wrap)
          .run());
  CHECK_OK(append(entry));
  return {};
}

Result<std::vector<PermitRecord>> Transaction::permits_of_carrier(const core::MessageId& carrier) {
  return impl_.rows.permits_of_carrier(carrier);
}

Result<bool> Transaction::is_before_restore(const core::MessageId& id) {
  const auto last = TRY(meta(impl_.database, kRestoredAfter));
  if (!last) return false;
  const auto ordinal = core::parse_ordinal(*last);
  if (!ordinal) return fail(Errc::corrupt, "store: restored after '" + *last + "'");
  auto q = impl_.database.query("SELECT 1 FROM message WHERE id = ? AND ordinal <= ?", id, *ordinal);
  return q.next();
}

Result<std::optional<PermitRecord>> Transaction::permit_of_use(const PermittedUse& use) {
  return impl_.rows.permit_of_use(use);
}

Result<std::uint64_t> Transaction::permitted_uses(const core::MessageId& grant) {
  auto q = impl_.database.query(
      "SELECT count(*) FROM (SELECT DISTINCT carrier, receiver FROM permit WHERE grant_id = ? AND reported <> 2)",
      grant);
  if (!TRY(q.next())) return fail(Errc::internal, "store: no count came");
  return q.number(0);
}

Result<bool> Transaction::is_permitted(const PermittedUse& use) {
  auto q = impl_.database.query(
      "SELECT 1 FROM permit WHERE grant_id = ? AND carrier = ? AND receiver = ? AND reported <> 2 LIMIT 1", use.grant,
      use.carrier, use.receiver);
  return q.next();
}

// A grant is filed under what it is about.
#define CHANCERY_PERMITS_OF_REPORT      \
  "carrier = ?2 AND receiver = ?3 AND " \
  "EXISTS (SELECT 1 FROM consent c WHERE c.about = ?1 AND c.message = permit.grant_id) "

Result<bool> Transaction::awaits_report(const core::MessageId& original, const core::MessageId& carrier,
                                        const std::string& receiver) {
  auto q = impl_.database.query("SELECT 1 FROM permit WHERE " CHANCERY_PERMITS_OF_REPORT "AND reported = 0 LIMIT 1",
                                original, carrier, receiver);
  return q.next();
}

Result<void> Transaction::record_reported(const core::MessageId& original, const core::MessageId& carrier,
                                          const std::string& receiver, bool refused) {
  return impl_.database
      .query("UPDATE permit SET reported = ?4 WHERE " CHANCERY_PERMITS_OF_REPORT "AND reported <> 1", original, carrier,
             receiver, refused ? 2 : 1)
      .run();
}

Result<void> Transaction::record_detached_use(const UseRecord& use, const core::JournalEntry& entry) {
  CHECK_OK(impl_.database
               .query("INSERT OR IGNORE INTO detached_use (grant_id, carrier, receiver, provider) VALUES (?,?,?,?)",
                      use.grant, use.carrier, use.receiver, use.provider)
               .run());
  if (impl_.database.changes() == 0) return {};
  auto told = entry;
  told.act = core::Act::detached_used;
  told.message = use.carrier;
  told.subject = use.receiver;
  told.content = core::statement_digest(described(use));
  CHECK_OK(append(told));
  return {};
}

Result<std::vector<UseRecord>> Transaction::uses_of_grant(const core::MessageId& grant) {
  return impl_.rows.uses_of_grant(grant);
}

Result<std::vector<UseRecord>> Transaction::uses_of_carrier(const core::MessageId& carrier) {
  return impl_.rows.uses_of_carrier(carrier);
}

Result<void> Transaction::make_due(const std::string& peer, const core::MessageId& message) {
  impl_.news.changed(peer);
  return impl_.database
      .query(
          "UPDATE outbox SET attempts = 0, next_attempt = ?, waiting_for = '' "
          "WHERE message = ? AND peer = ? AND state = 0",
          impl_.now, message, peer)
      .run();
}

Result<void> Transaction::make_due(const std::string& peer, const std::string& waiting_for) {
  // INDEXED BY: it may wait in thousands for other things, and mostly nothing for this one.
  CHECK_OK(impl_.database
               .query("UPDATE outbox INDEXED BY outbox_waiting SET next_attempt = ? WHERE peer = ? AND state = 0 "
                      "AND message IS NOT NULL AND waiting_for <> '' AND waiting_for = ?",
                      impl_.now, peer, waiting_for)
               .run());
  if (impl_.database.changes() > 0) impl_.news.changed(peer);
  return {};
}

Result<void> Transaction::record_owed(const OwedReport& report) {
  std::string facts;
  for (const auto& fact : report.facts) facts.append(fact.text()).append("\n");
  return impl_.database
      .query("INSERT INTO owed_report (recipient, agreement, kind, facts) VALUES (?,?,?,?)", report.recipient,
             report.agreement, report.kind, facts)
      .run();
}

Result<bool> Transaction::settle_owed(std::uint64_t ordinal) {
  CHECK_OK(impl_.database.query("DELETE FROM owed_report WHERE ordinal = ?", ordinal).run());
  return impl_.database.changes() > 0;
}

Result<bool> Transaction::lock(const core::MessageId& message, const core::MessageId& grant,
                               const core::JournalEntry& entry) {
  CHECK_OK(impl_.database.query("INSERT OR IGNORE INTO locked (message, grant_id) VALUES (?,?)", message, grant).run());
  if (impl_.database.changes() == 0) return false;
  impl_.news.changed({});
  CHECK_OK(append(entry));
  return true;
}

Result<void> Transaction::record_independent(const IndependentRecord& record, const core::JournalEntry& entry) {
  CHECK_OK(impl_.database
               .query("INSERT INTO independent (message, source, sealed_reason) VALUES (?,?,?)", record.message,
                      record.source, record.sealed_reason)
               .run());
  CHECK_OK(append(entry));
  return {};
}

Result<bool> Transaction::locked(const core::MessageId& message) { return impl_.rows.locked(message); }

Result<std::vector<core::MessageId>> Transaction::locks(const core::MessageId& message) {
  return impl_.rows.ids(
      impl_.database.query("SELECT grant_id FROM locked WHERE message = ? ORDER BY grant_id", message));
}

Result<void> Transaction::unlock(const core::MessageId& message, const core::JournalEntry& entry) {
  CHECK_OK(impl_.database.query("DELETE FROM locked WHERE message = ?", message).run());
  if (impl_.database.changes() == 0) return {};
  impl_.news.changed({});
  CHECK_OK(append(entry));
  return {};
}

// ---- copies

Result<std::vector<core::MessageId>> Transaction::made_of(const core::MessageId& source) {
  return impl_.rows.ids(impl_.database.query("SELECT message FROM made_of WHERE source = ? ORDER BY message", source));
}

Result<std::vector<core::MessageId>> Transaction::carriers(const core::MessageId& original) {
  return impl_.rows.ids(
      impl_.database.query("SELECT id FROM message WHERE original = ? AND direction = ? ORDER BY ordinal", original,
                           static_cast<int>(Direction::incoming)));
}

Result<std::optional<ErasureRecord>> Transaction::erasure(const core::MessageId& message) {
  return impl_.rows.erasure(message);
}

Result<void> Transaction::record_erasure(const core::MessageId& message, const ErasureRecord& record,
                                         const core::JournalEntry& entry) {
  CHECK_OK(impl_.database
               .query("INSERT OR REPLACE INTO erasure (message, state, officer, ground) VALUES (?,?,?,?)", message,
                      static_cast<int>(record.state), record.officer, record.ground)
               .run());
  impl_.news.changed({});
  CHECK_OK(append(entry));
  return {};
}

Result<void> Transaction::erase(const core::MessageId& message, const std::string& officer,
                                const core::JournalEntry& entry) {
  const auto row = TRY(find_message(message));
  if (!row) return fail(Errc::not_found, "no such message");
  CHECK_OK(note_text_change(row->ordinal));
  // `secure_delete` overwrites what stood in the pages.
  CHECK_OK(impl_.database
               .query("UPDATE body SET ciphertexts = ?, wraps = x'', forwarder_wrap = x'', sealed_key = x'' "
                      "WHERE ordinal = ?",
                      encode_list({}), row->ordinal)
               .run());
  CHECK_OK(impl_.database.query("UPDATE permit SET wrap = x'' WHERE carrier = ?", message).run());
  CHECK_OK(detach(message));
  CHECK_OK(impl_.database
               .query("UPDATE body SET forwarder_wrap = x'' WHERE forwarder_wrap <> x'' AND ordinal IN "
                      "(SELECT m.ordinal FROM consent c JOIN message m ON m.id = c.message WHERE c.about = ?)",
                      message)
               .run());
  impl_.empty_log();
  auto told = entry;
  told.message = message;
  told.content = core::statement_digest(row->statement);
  return record_erasure(message, {ErasureState::erased, officer, {}}, told);
}

Result<std::vector<DraftRecord>> Transaction::waiting_drafts() { return impl_.rows.waiting_drafts(); }

}  // namespace chancery::store

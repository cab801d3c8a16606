#include "daemon/store/rows.h"

#include <algorithm>

#include "daemon/store/encoding.h"

namespace chancery::store {

namespace {

// A stored enumerator; `last` is the highest there is.
template <class E>
Result<E> enumerator(const Query& q, int column, E last) {
  const auto value = q.integer(column);
  if (value < 0 || value > static_cast<std::int64_t>(last)) return fail(Errc::corrupt, "store: unknown state in a row");
  return static_cast<E>(value);
}

Place place_at(const Query& q, int column) {
  Place place{q.number(column), static_cast<std::uint32_t>(q.integer(column + 1)), std::nullopt};
  if (!q.null(column + 2)) place.path = q.blob(column + 2);
  return place;
}

// How a message is handled here: the label of the record in this column.
Result<std::optional<core::Label>> handling_at(const Query& q, int column) {
  if (q.null(column)) return std::optional<core::Label>();
  auto handling = core::Handling::parse(q.text(column));
  if (!handling.has_value()) return fail(Errc::corrupt, "store: handling: " + handling.error().detail);
  return std::optional(std::move(handling->label));
}

// CHANCERY_MESSAGE_COLUMNS
Result<MessageRow> row_at(const Query& q) {
  const auto direction = TRY(enumerator(q, 2, Direction::carried));
  auto handling = TRY(handling_at(q, 7));
  return MessageRow{q.number(0), q.message_id(1), direction,    q.text(3),
                    q.text(4),   q.text(5),       q.instant(6), std::move(handling)};
}

// id, officer, state, plan, sealed, created, message
Result<DraftRecord> draft_at(const Query& q) {
  const auto state = TRY(enumerator(q, 2, DraftState::declined));
  return DraftRecord{q.number(0), q.text(1), state, q.digest(3), q.blob(4), q.instant(5), q.optional_id(6)};
}

// name, role, clearance, certificate, categories
Result<UserRecord> user_at(const Query& q) {
  const auto role = TRY(enumerator(q, 1, core::Role::auditor));
  return UserRecord{{q.text(0), role, q.text(2), split_words(q.text(4))}, q.blob(3)};
}

}  // namespace

Result<SignedStatement> Rows::signed_at(const Query& q, int column) {
  return batches_.load(q.text(column), place_at(q, column + 1), unsigned_batch_);
}

Result<std::optional<MessageRow>> Rows::message_row(const core::MessageId& id) {
  auto q = database_.query("SELECT " CHANCERY_MESSAGE_COLUMNS " FROM message m WHERE m.id = ?", id);
  if (!TRY(q.next())) return std::optional<MessageRow>();
  return std::optional<MessageRow>(TRY(row_at(q)));
}

Result<std::optional<MessageRecord>> Rows::message(const core::MessageId& id) {
  auto q = database_.query(
      "SELECT m.ordinal, m.direction, m.statement, m.batch, m.leaf, m.path, m.number, m.their_number, m.recorded, "
      "m.original, b.ciphertexts, b.wraps, b.forwarder_wrap, b.sealed_key, b.sources, c.about, "
      "c.quiet, " CHANCERY_HANDLING_COLUMN
      ", e.extent, e.omitted "
      "FROM message m LEFT JOIN body b ON b.ordinal = m.ordinal LEFT JOIN consent c ON c.message = m.id "
      "LEFT JOIN extract e ON e.ordinal = m.ordinal WHERE m.id = ?",
      id);
  if (!TRY(q.next())) return std::optional<MessageRecord>();
  if (q.null(10)) return fail(Errc::corrupt, "store: a message without its body");
  MessageRecord m;
  m.ordinal = q.number(0);
  m.id = id;
  m.direction = TRY(enumerator(q, 1, Direction::carried));
  m.statement = TRY(signed_at(q, 2));
  m.number = q.text(6);
  m.their_number = q.text(7);
  m.recorded = q.instant(8);
  m.original = q.optional_id(9);
  m.ciphertexts = TRY(decode_list(q.view(10)));
  m.wraps = q.blob(11);
  m.made_wraps = q.blob(12);
  m.sealed_key = q.blob(13);
  m.sources = TRY(decode_statements(q.view(14)));
  m.about = q.optional_id(15);
  m.quiet = !q.null(16) && q.integer(16) != 0;
  m.handling = TRY(handling_at(q, 17));
  if (!q.null(18)) {
    m.extent = TRY(core::Extent::parse(q.text(18)));
    m.omitted = TRY(decode_leaves(q.view(19)));
  }
  return std::optional<MessageRecord>(std::move(m));
}

Result<std::vector<MessageRow>> Rows::list(Box box, std::uint64_t before, std::uint32_t limit) {
  const auto direction = box == Box::inbox ? Direction::incoming : Direction::outgoing;
  const auto top = before == 0 ? std::uint64_t{INT64_MAX} : before;
  return message_rows(
      database_.query("SELECT " CHANCERY_MESSAGE_COLUMNS " FROM message m "
                      "WHERE ordinal < ? AND direction = ? AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.message = "
                      "m.id AND c.quiet = 1) "
                      "ORDER BY ordinal DESC LIMIT ?",
                      top, static_cast<int>(direction), limit));
}

Result<std::vector<MessageRow>> Rows::recorded_after(std::uint64_t ordinal, std::uint32_t limit) {
  return message_rows(
      database_.query("SELECT ordinal, id, direction, statement, number, their_number, recorded FROM message "
                      "WHERE ordinal > ? ORDER BY ordinal LIMIT ?",
                      ordinal, limit));
}

Result<std::vector<MessageRow>> Rows::message_rows(Query q) {
  std::vector<MessageRow> rows;
  while (TRY(q.next())) rows.push_back(TRY(row_at(q)));
  return rows;
}

Result<std::vector<core::MessageId>> Rows::ids_named(std::string_view name) {
  std::vector<core::MessageId> ids;
  const auto collect = [&ids](Query q) -> Result<void> {
    while (TRY(q.next())) ids.push_back(q.message_id(0));
    return {};
  };
  CHECK_OK(collect(database_.query("SELECT id FROM message WHERE number = ? AND number <> ''", name)));
  if (ids.empty())
    CHECK_OK(
        collect(database_.query("SELECT id FROM message WHERE their_number = ? AND their_number <> '' LIMIT 2", name)));
  // The digits people see follow the six bytes of time: no index on random values, a walk over the ids instead.
  if (ids.empty() && name.size() >= 4 && name.size() <= 10)
    CHECK_OK(
        collect(database_.query("SELECT id FROM message WHERE lower(substr(hex(substr(id, 7, 5)), 1, ?)) = ? LIMIT 2",
                                static_cast<int>(name.size()), name)));
  return ids;
}

Result<std::vector<ReceiptRecord>> Rows::receipts(const core::MessageId& id) {
  auto q = database_.query(
      "SELECT statement, batch, leaf, path FROM receipt WHERE message = ? ORDER BY receiver, stage", id);
  std::vector<ReceiptRecord> all;
  while (TRY(q.next())) {
    auto statement = TRY(signed_at(q, 0));
    auto receipt = core::Receipt::parse(statement.statement);
    if (!receipt) return fail(Errc::corrupt, "store: receipt: " + receipt.error().detail);
    all.push_back({std::move(*receipt), std::move(statement)});
  }
  return all;
}

Result<std::optional<DraftRecord>> Rows::draft(std::uint64_t id) {
  auto q = database_.query("SELECT id, officer, state, plan, sealed, created, message FROM draft WHERE id = ?", id);
  if (!TRY(q.next())) return std::optional<DraftRecord>();
  return std::optional<DraftRecord>(TRY(draft_at(q)));
}

Result<std::vector<DraftRecord>> Rows::drafts(std::uint32_t limit) {
  auto q = database_.query(
      "SELECT id, officer, state, plan, sealed, created, message FROM draft ORDER BY id DESC LIMIT ?", limit);
  std::vector<DraftRecord> all;
  while (TRY(q.next())) all.push_back(TRY(draft_at(q)));
  return all;
}

Result<std::vector<DraftRecord>> Rows::waiting_drafts() {
  auto q = database_.query(
      "SELECT id, officer, state, plan, sealed, created, message FROM draft WHERE state = 0 ORDER BY id");
  std::vector<DraftRecord> all;
  while (TRY(q.next())) all.push_back(TRY(draft_at(q)));
  return all;
}

Result<std::vector<OutboxRow>> Rows::outbox(Query q) {
  std::vector<OutboxRow> rows;
  while (TRY(q.next())) {
    OutboxRow row;
    row.peer = q.text(0);
    row.epoch = q.number(1);
    row.sequence = q.number(2);
    row.dispatch = TRY(signed_at(q, 3));
    row.message = q.optional_id(7);
    row.precedence = TRY(enumerator(q, 8, core::Precedence::flash));
    row.state = TRY(enumerator(q, 9, OutboxState::closed));
    row.dispatch_taken = q.integer(10) != 0;
    row.attempts = static_cast<std::uint32_t>(q.integer(11));
    row.next_attempt = q.instant(12);
    row.waiting_for = q.text(13);
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<UserRecord>> Rows::users() {
  auto q = database_.query("SELECT name, role, clearance, certificate, categories FROM user ORDER BY name");
  std::vector<UserRecord> all;
  while (TRY(q.next())) all.push_back(TRY(user_at(q)));
  return all;
}

Result<std::optional<UserRecord>> Rows::user(const Digest& certificate) {
  auto q =
      database_.query("SELECT name, role, clearance, certificate, categories FROM user WHERE pin = ?", certificate);
  if (!TRY(q.next())) return std::optional<UserRecord>();
  return std::optional<UserRecord>(TRY(user_at(q)));
}

Result<std::vector<PeerRecord>> Rows::peers() {
  auto q = database_.query("SELECT authority, state, anchor, reason FROM peer ORDER BY authority");
  std::vector<PeerRecord> all;
  while (TRY(q.next())) {
    const auto state = TRY(enumerator(q, 1, core::PeerState::suspended));
    all.push_back({q.text(0), state, q.blob(2), q.text(3)});
  }
  return all;
}

Result<std::vector<RevocationRecord>> Rows::revocation_lists() {
  auto q = database_.query("SELECT anchor, list FROM revocation_list ORDER BY anchor, this_update");
  std::vector<RevocationRecord> all;
  while (TRY(q.next())) all.push_back({q.digest(0), q.blob(1)});
  return all;
}

Result<std::vector<DesignationRecord>> Rows::designations(const std::string& authority) {
  auto q = database_.query(
      "SELECT statement, batch, leaf, path, certificates FROM designation WHERE authority = ? ORDER BY serial DESC",
      authority);
  std::vector<DesignationRecord> all;
  while (TRY(q.next())) {
    auto statement = TRY(signed_at(q, 0));
    auto certificates = TRY(decode_list(q.view(4)));
    all.push_back({std::move(statement), std::move(certificates)});
  }
  return all;
}

Result<std::vector<SealKeyRecord>> Rows::seal_keys(const std::string& authority) {
  auto q = database_.query(
      "SELECT statement, batch, leaf, path, sealed_private_key FROM seal_key WHERE authority = ? "
      "ORDER BY valid_from DESC",
      authority);
  std::vector<SealKeyRecord> all;
  while (TRY(q.next())) all.push_back({TRY(signed_at(q, 0)), q.blob(4)});
  return all;
}

Result<core::ChainHead> outbox_head(Database& database, const std::string& peer) {
  auto q = database.query(
      "SELECT epoch, sequence, statement FROM outbox WHERE peer = ? ORDER BY epoch DESC, sequence DESC LIMIT 1", peer);
  if (!TRY(q.next())) return core::ChainHead{};
  return core::ChainHead{q.number(0), q.number(1), core::statement_digest(as_text(q.view(2)))};
}

Result<core::ChainHead> inbound_head(Database& database, const std::string& sender) {
  auto q = database.query(
      "SELECT epoch, sequence, statement FROM inbound_dispatch WHERE sender = ? ORDER BY epoch DESC, sequence DESC "
      "LIMIT 1",
      sender);
  if (!TRY(q.next())) return core::ChainHead{};
  return core::ChainHead{q.number(0), q.number(1), core::statement_digest(as_text(q.view(2)))};
}

Result<std::uint64_t> current_epoch(Database& database, const std::string& peer) {
  auto q = database.query("SELECT coalesce(max(epoch), 1) FROM outbox WHERE peer = ?", peer);
  CHECK_OK(q.next());
  return q.number(0);
}

namespace {

// Parses what was verified before it was stored; newest first becomes oldest first.
template <class T, class Record>
Result<std::vector<T>> parsed(const std::vector<Record>& records) {
  std::vector<T> all;
  for (const auto& record : records) {
    auto value = T::parse(record.statement.statement);
    if (!value) return fail(Errc::corrupt, "store: " + value.error().detail);
    all.push_back(std::move(*value));
  }
  std::reverse(all.begin(), all.end());
  return all;
}

Result<void> fill(Rows& rows, const std::string& authority, core::DirectoryEntry& entry) {
  entry.history = TRY(parsed<core::Designation>(TRY(rows.designations(authority))));
  const auto stated = TRY(rows.seal_keys(authority));
  entry.seal_keys = TRY(parsed<core::SealKey>(stated));
  for (std::size_t i = 0; i < stated.size(); ++i)  // the newest comes first in the one, last in the other
    entry.seal_key_signers[entry.seal_keys[stated.size() - 1 - i].id()] = stated[i].statement.signature.key_id;
  return {};
}

// What the lists of its anchor say of its certificates: of several about one the earliest.
Result<void> add_revocations(const std::vector<DesignationRecord>& designations, const crypto::RevocationList& list,
                             core::DirectoryEntry& entry) {
  if (!entry.revocations) entry.revocations.emplace();
  entry.revocations->next_update = list.next_update();  // the newest comes last
  for (const auto& record : designations)
    for (const auto& der : record.certificates) {
      const auto certificate = TRY(crypto::Certificate::from_der(der));
      const auto* said = list.find(certificate);
      if (said == nullptr || certificate.id() == entry.anchor) continue;
      const core::RevokedKey revoked{said->since, said->compromised};
      auto& known = entry.revocations->keys.try_emplace(certificate.id(), revoked).first->second;
      known = {std::min(known.since, revoked.since), known.compromised || revoked.compromised};
    }
  return {};
}

Result<void> fill_revocations(Rows& rows, std::map<std::string, core::DirectoryEntry>& entries) {
  for (const auto& record : TRY(rows.revocation_lists())) {
    const auto list = TRY(crypto::RevocationList::from_der(record.list));
    for (auto& [authority, entry] : entries)
      if (entry.anchor == record.anchor) CHECK_OK(add_revocations(TRY(rows.designations(authority)), list, entry));
  }
  return {};
}

}  // namespace

Result<core::Directory> load_directory(Rows& rows, const std::string& authority) {
  std::map<std::string, core::DirectoryEntry> entries;
  for (const auto& peer : TRY(rows.peers()))
    entries[peer.authority] = {peer.state, crypto::sha256(peer.anchor), {}, {}};
  entries[authority].state = core::PeerState::active;
  for (auto& [name, entry] : entries) CHECK_OK(fill(rows, name, entry));
  // Nobody pins our own anchor: it comes first beside our designations.
  for (const auto& record : TRY(rows.designations(authority)))
    if (!record.certificates.empty()) entries[authority].anchor = crypto::sha256(record.certificates.front());
  CHECK_OK(fill_revocations(rows, entries));
  return core::Directory(std::move(entries));
}

Result<core::JointActBook> load_joint_acts(Rows& rows, const core::Directory& directory) {
  std::vector<core::JointStatement> all;
  for (auto& row : TRY(rows.joint_acts())) {
    core::SourceStatement source;
    source.id = row.id;
    source.digest = core::statement_digest(row.statement);
    source.message = TRY(core::Message::parse(row.statement));
    auto statement = core::joint_statement(source, core::parties_of(directory));
    if (!statement && statement.error().code == Errc::not_found) continue;
    if (!statement) return fail(Errc::corrupt, "store: " + statement.error().detail);
    all.push_back(std::move(*statement));
  }
  return core::JointActBook(std::move(all));
}

}  // namespace chancery::store

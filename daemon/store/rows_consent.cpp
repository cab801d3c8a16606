#include <set>
#include <tuple>

#include "daemon/store/rows.h"

#define CHANCERY_DETACHED_USES                                                                                     \
  "SELECT grant_id, carrier, receiver, provider, EXISTS (SELECT 1 FROM receipt r WHERE r.message = u.carrier AND " \
  "r.receiver = u.receiver AND r.stage = ?1) FROM detached_use u "

namespace chancery::store {

namespace {

// Lines of `name value`, as statements have them.
Result<std::vector<core::Fact>> facts_at(std::string_view text) {
  std::vector<core::Fact> facts;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto fact = core::Fact::parse(text.substr(0, end));
    if (end == std::string_view::npos || !fact.has_value()) return fail(Errc::corrupt, "store: facts of a report");
    facts.push_back(std::move(*fact));
    text.remove_prefix(end + 1);
  }
  return facts;
}

}  // namespace

Result<std::vector<MessageRow>> Rows::consents_about(const core::MessageId& id) {
  return message_rows(
      database_.query("SELECT " CHANCERY_MESSAGE_COLUMNS " "
                      "FROM consent c JOIN message m ON m.id = c.message WHERE c.about = ? ORDER BY m.ordinal",
                      id));
}

Result<std::vector<MessageRow>> Rows::consents_said_about(const core::MessageId& id) {
  return message_rows(database_.query("SELECT " CHANCERY_MESSAGE_COLUMNS " "
                                      "FROM consent c JOIN message m ON m.id = c.message "
                                      "WHERE c.about = ? AND c.quiet = 0 ORDER BY m.ordinal",
                                      id));
}

Result<std::vector<MessageRow>> Rows::consents(std::uint64_t before, std::uint32_t limit) {
  const auto top = before == 0 ? std::uint64_t{INT64_MAX} : before;
  return message_rows(
      database_.query("SELECT " CHANCERY_MESSAGE_COLUMNS " "
                      "FROM message m JOIN consent c ON c.message = m.id WHERE m.ordinal < ? AND c.quiet = 0 "
                      "ORDER BY m.ordinal DESC LIMIT ?",
                      top, limit));
}

Result<std::vector<PermitRecord>> Rows::permits(Query q) {
  std::vector<PermitRecord> all;
  while (TRY(q.next())) {
    auto statement = TRY(signed_at(q, 0));
    auto permit = core::Permit::parse(statement.statement);
    if (!permit.has_value()) return fail(Errc::corrupt, "store: permit: " + permit.error().detail);
    all.push_back({std::move(*permit), std::move(statement), q.blob(4)});
  }
  return all;
}

Result<std::vector<PermitRecord>> Rows::permits_of_grant(const core::MessageId& grant) {
  return permits(database_.query(
      "SELECT statement, batch, leaf, path, wrap FROM permit WHERE grant_id = ? ORDER BY valid_from", grant));
}

Result<std::vector<PermitRecord>> Rows::permits_of_carrier(const core::MessageId& carrier) {
  return permits(database_.query(
      "SELECT statement, batch, leaf, path, wrap FROM permit WHERE carrier = ? ORDER BY valid_from", carrier));
}

Result<std::optional<PermitRecord>> Rows::permit_of_use(const PermittedUse& use) {
  auto found =
      TRY(permits(database_.query("SELECT statement, batch, leaf, path, wrap FROM permit "
                                  "WHERE grant_id = ? AND carrier = ? AND receiver = ? AND reported <> 2 "
                                  "ORDER BY valid_from DESC LIMIT 1",
                                  use.grant, use.carrier, use.receiver)));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

namespace {

// A use is spent at its first permit; a disclosure has no receiver.
Result<std::vector<UseRecord>> permitted(const std::vector<PermitRecord>& permits) {
  std::vector<UseRecord> all;
  std::set<std::tuple<core::MessageId, std::string, std::string>> known;
  for (const auto& [permit, statement, wrap] : permits) {
    UseRecord use;
    use.grant = permit.grant;
    use.carrier = TRY(core::parse_message_id(permit.carrier));
    use.receiver = permit.receiver;
    use.provider = permit.provider;
    if (known.emplace(use.grant, permit.carrier, use.receiver).second) all.push_back(std::move(use));
  }
  return all;
}

}  // namespace

Result<std::vector<UseRecord>> Rows::uses(const std::vector<PermitRecord>& permits, Query detached) {
  auto all = TRY(permitted(permits));
  while (TRY(detached.next())) {
    UseRecord use;
    use.grant = detached.message_id(0);
    use.carrier = detached.message_id(1);
    use.receiver = detached.text(2);
    use.provider = detached.text(3);
    use.detached = true;
    use.refused = detached.integer(4) != 0;
    all.push_back(std::move(use));
  }
  return all;
}

Result<std::vector<UseRecord>> Rows::uses_of_grant(const core::MessageId& grant) {
  return uses(TRY(permits_of_grant(grant)), database_.query(CHANCERY_DETACHED_USES "WHERE grant_id = ?2",
                                                            static_cast<int>(core::Stage::refused), grant));
}

Result<std::vector<UseRecord>> Rows::uses_of_carrier(const core::MessageId& carrier) {
  return uses(TRY(permits_of_carrier(carrier)), database_.query(CHANCERY_DETACHED_USES "WHERE carrier = ?2",
                                                                static_cast<int>(core::Stage::refused), carrier));
}

#define CHANCERY_OWED "SELECT ordinal, recipient, agreement, kind, facts FROM owed_report WHERE "

Result<std::vector<OwedReport>> Rows::reports(Query q) {
  std::vector<OwedReport> all;
  while (TRY(q.next())) {
    auto facts = TRY(facts_at(as_text(q.view(4))));
    all.push_back({q.number(0), q.text(1), q.text(2), q.text(3), std::move(facts)});
  }
  return all;
}

Result<std::vector<OwedReport>> Rows::owed(std::uint64_t after, std::uint32_t limit) {
  return reports(database_.query(CHANCERY_OWED "ordinal > ? ORDER BY ordinal LIMIT ?", after, limit));
}

Result<std::vector<OwedQueue>> Rows::owed_queues() {
  auto q = database_.query("SELECT DISTINCT recipient, agreement, kind FROM owed_report");
  std::vector<OwedQueue> all;
  while (TRY(q.next())) all.push_back({q.text(0), q.text(1), q.text(2)});
  return all;
}

Result<std::vector<OwedReport>> Rows::owed_in(const OwedQueue& queue, std::uint64_t after, std::uint32_t limit) {
  return reports(database_.query(
      CHANCERY_OWED "recipient = ? AND agreement = ? AND kind = ? AND ordinal > ? ORDER BY ordinal LIMIT ?",
      queue.recipient, queue.agreement, queue.kind, after, limit));
}

Result<std::vector<core::MessageId>> Rows::ids(Query q) {
  std::vector<core::MessageId> all;
  while (TRY(q.next())) all.push_back(q.message_id(0));
  return all;
}

Result<std::vector<TextChange>> Rows::text_changes(std::uint64_t number, std::uint32_t limit) {
  auto q = database_.query("SELECT number, ordinal FROM text_change WHERE number > ? ORDER BY number LIMIT ?", number,
                           limit);
  std::vector<TextChange> all;
  while (TRY(q.next())) all.push_back({q.number(0), q.number(1)});
  return all;
}

Result<std::uint64_t> Rows::last_text_change() {
  auto q = database_.query("SELECT coalesce(max(number), 0) FROM text_change");
  CHECK_OK(q.next());
  return q.number(0);
}

Result<std::optional<ErasureRecord>> Rows::erasure(const core::MessageId& message) {
  auto q = database_.query("SELECT state, officer, ground FROM erasure WHERE message = ?", message);
  if (!TRY(q.next())) return std::optional<ErasureRecord>();
  const auto state = q.integer(0);
  if (state < 0 || state > static_cast<std::int64_t>(ErasureState::retained))
    return fail(Errc::corrupt, "store: erasure: unknown state");
  return std::optional(ErasureRecord{static_cast<ErasureState>(state), q.text(1), q.text(2)});
}

Result<std::vector<IndependentRecord>> Rows::independents(const core::MessageId& message) {
  auto q = database_.query("SELECT source, sealed_reason FROM independent WHERE message = ? ORDER BY ordinal", message);
  std::vector<IndependentRecord> all;
  while (TRY(q.next())) all.push_back({message, q.message_id(0), q.blob(1)});
  return all;
}

Result<bool> Rows::locked(const core::MessageId& message) {
  auto q = database_.query("SELECT 1 FROM locked WHERE message = ? LIMIT 1", message);
  return q.next();
}

// From the few to their messages (CROSS JOIN): for the order alone SQLite would walk every message there is.
Result<std::vector<MessageRow>> Rows::joint_acts() {
  return message_rows(
      database_.query("SELECT m.ordinal, m.id, m.direction, m.statement, m.number, m.their_number, m.recorded "
                      "FROM joint_act j CROSS JOIN message m ON m.id = j.message ORDER BY m.ordinal"));
}

}  // namespace chancery::store

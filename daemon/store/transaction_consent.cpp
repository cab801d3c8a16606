// Consent: permits, reports that are owed, copies that are locked.
#include "daemon/store/transaction.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

Result<std::vector<MessageRow>> Transaction::consents_about(const core::MessageId& id) {
  return impl_.rows.consents_about(id);
}

Result<void> Transaction::record_permit(const PermitRecord& record, std::optional<LeafRef> leaf,
                                        const core::JournalEntry& entry) {
  const auto& permit = record.permit;
  const auto carrier = TRY(core::parse_message_id(permit.carrier));
  for (const auto& known : TRY(permits_of_grant(permit.grant)))
    if (known.statement.statement == record.statement.statement) return {};
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

Result<std::vector<PermitRecord>> Transaction::permits_of_grant(const core::MessageId& grant) {
  return impl_.rows.permits_of_grant(grant);
}

Result<std::vector<PermitRecord>> Transaction::permits_of_carrier(const core::MessageId& carrier) {
  return impl_.rows.permits_of_carrier(carrier);
}

Result<void> Transaction::make_due(const std::string& peer, const core::MessageId& message) {
  return impl_.database
      .query(
          "UPDATE outbox SET attempts = 0, next_attempt = ?, waiting_for = '' "
          "WHERE message = ? AND peer = ? AND state = 0",
          impl_.now, message, peer)
      .run();
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

}  // namespace chancery::store

#include "daemon/service/voiding.h"

namespace chancery::service {

Result<void> void_dispatch(store::Transaction& tx, const store::OutboxRow& row, const std::string& code,
                           const std::string& actor) {
  core::JournalEntry entry;
  entry.actor = actor;
  entry.act = core::Act::voided;
  entry.message = row.message;
  entry.subject = row.peer;
  entry.content = core::statement_digest(row.dispatch.statement);
  if (core::parse_reason(code).has_value()) entry.reasons = {code};
  (void)TRY(tx.append(entry));
  (void)TRY(tx.record_dispatch(row.peer, core::DispatchVoid{row.sequence, code}, core::Precedence::routine));
  return {};
}

std::optional<std::string> why_not_sent(const store::OutboxRow& row, std::string_view statement, Instant now) {
  // Most messages have no end; only those that have are parsed.
  if (row.attempts > 0 || statement.find("\nexpires -\n") != std::string_view::npos) return std::nullopt;
  const auto message = core::Message::parse(statement);
  if (!message.has_value() || !message->expires || *message->expires > now) return std::nullopt;
  return core::to_string(core::ReasonCode::expired);
}

}  // namespace chancery::service

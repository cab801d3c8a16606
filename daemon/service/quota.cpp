#include "daemon/service/quota.h"

namespace chancery::service {

Quota::Place Quota::take(const std::string& peer, const Digest& what, Instant now) {
  auto& hour = hours_[peer];
  if (now < hour.since || now >= hour.since + kWithin) hour = {now, {}};
  if (hour.taken.contains(what)) return Place::again;
  if (hour.taken.size() == kAtMost) return Place::beyond;
  hour.taken.insert(what);
  return Place::first;
}

Result<bool> is_unasked_report(store::Transaction& tx, const Arrived& arrived) {
  if (arrived.message.kind != "transfer-report") return false;
  const auto statement = core::read_consent(arrived.id, arrived.message);
  const auto* report = statement.has_value() ? std::get_if<core::TransferReport>(&*statement) : nullptr;
  if (report == nullptr || TRY(tx.find_message(arrived.id))) return false;
  return !TRY(tx.awaits_report(report->original, report->carrier, arrived.message.originator));
}

}  // namespace chancery::service

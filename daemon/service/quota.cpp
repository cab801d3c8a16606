#include "daemon/service/quota.h"

namespace chancery::service {

Quota::Place Quota::take(const std::string& peer, const Digest& what, Instant now) {
  const std::lock_guard lock(mutex_);
  auto& hour = hours_[peer];
  if (!runs(hour, now)) hour = {now, {}};
  if (hour.taken.contains(what)) return Place::again;
  if (hour.taken.size() >= at_most_) return Place::beyond;
  hour.taken.insert(what);
  return Place::first;
}

std::size_t Quota::used(const std::string& peer, Instant now) const {
  const std::lock_guard lock(mutex_);
  const auto hour = hours_.find(peer);
  return hour != hours_.end() && runs(hour->second, now) ? hour->second.taken.size() : 0;
}

Result<bool> is_unasked_report(store::Transaction& tx, const Arrived& arrived) {
  if (arrived.message.kind != "transfer-report") return false;
  const auto statement = core::read_consent(arrived.id, arrived.message);
  const auto* report = statement.has_value() ? std::get_if<core::TransferReport>(&*statement) : nullptr;
  if (report == nullptr || TRY(tx.find_message(arrived.id))) return false;
  return !TRY(tx.awaits_report(report->original, report->carrier, arrived.message.originator));
}

}  // namespace chancery::service

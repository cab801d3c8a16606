#include "daemon/core/agreement.h"

#include <algorithm>
#include <set>

namespace chancery::core {

namespace {

bool covers(const PartyStatus& status, Instant at) {
  return status.in_force_from <= at && (!status.in_force_to || at < *status.in_force_to);
}

}  // namespace

const AgreementItem* Agreement::find(std::string_view code) const {
  for (const auto& item : items)
    if (item.code == code) return &item;
  return nullptr;
}

bool Agreement::bound(std::string_view party, Instant at) const {
  return std::any_of(status.begin(), status.end(),
                     [&](const PartyStatus& row) { return row.party == party && covers(row, at); });
}

std::vector<std::string> Agreement::parties_at(Instant at) const {
  std::set<std::string> in_force;
  for (const auto& row : status)
    if (covers(row, at)) in_force.insert(row.party);
  return {in_force.begin(), in_force.end()};
}

Reason Agreement::reason(ReasonCode code, std::string subject) const {
  for (const auto& ground : grounds)
    if (ground.reason == code) return {code, ground.clause, ground.article, std::move(subject)};
  return {code, {}, {}, std::move(subject)};
}

const Agreement* AgreementBook::find(std::string_view id) const {
  const Agreement* newest = nullptr;
  for (const auto& agreement : agreements_)
    if (agreement.id == id && (newest == nullptr || agreement.version > newest->version)) newest = &agreement;
  return newest;
}

const Agreement* AgreementBook::find(std::string_view id, std::uint32_t version) const {
  for (const auto& agreement : agreements_)
    if (agreement.id == id && agreement.version == version) return &agreement;
  return nullptr;
}

}  // namespace chancery::core

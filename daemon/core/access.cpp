#include "daemon/core/access.h"

#include <algorithm>

namespace chancery::core {

namespace {

bool works_with_text(Permission permission) {
  switch (permission) {
    case Permission::compose:
    case Permission::approve:
    case Permission::read_body:
    case Permission::acknowledge:
      return true;
    case Permission::list:
    case Permission::export_evidence:
    case Permission::administer:
    case Permission::audit:
      return false;
  }
  return true;
}

// The policy of this authority's own Party. What is held stays readable when a designation runs out, so the last one
// says which Party that is.
const LabelPolicy* own_policy(const World& world) {
  const auto* entry = world.directory.find(world.self);
  if (entry == nullptr || entry->history.empty()) return nullptr;
  return world.agreements.labels().of_party(entry->history.back().party);
}

bool restricted(const World& world, const Agreement* agreement, const LabelPolicy* own, const Label& label,
                Instant at) {
  auto parties = agreement == nullptr ? std::vector<std::string>() : agreement->parties_at(at);
  if (own != nullptr) parties.push_back(own->party);
  return world.agreements.labels().restricted(label, parties);
}

bool cleared(const LabelPolicy* own, const User& user, const Label& label) {
  if (own == nullptr || user.clearance.empty()) return false;
  const auto* clearance = own->find(user.clearance);
  const auto* needed = own->meaning(label);
  return clearance != nullptr && needed != nullptr && (clearance->restricted || clearance->state_secret) &&
         clearance->rank >= needed->rank;
}

}  // namespace

const char* to_string(Permission permission) {
  switch (permission) {
    case Permission::compose:
      return "compose";
    case Permission::approve:
      return "approve";
    case Permission::list:
      return "list";
    case Permission::read_body:
      return "read-body";
    case Permission::acknowledge:
      return "acknowledge";
    case Permission::export_evidence:
      return "export-evidence";
    case Permission::administer:
      return "administer";
    case Permission::audit:
      return "audit";
  }
  return "";
}

bool permits(Role role, Permission permission) {
  switch (role) {
    case Role::officer:
      return works_with_text(permission) ? permission != Permission::approve
                                         : permission == Permission::list || permission == Permission::export_evidence;
    case Role::approver:
      return works_with_text(permission) || permission == Permission::list || permission == Permission::export_evidence;
    case Role::administrator:
      return permission == Permission::administer;
    case Role::auditor:
      return permission == Permission::list || permission == Permission::export_evidence ||
             permission == Permission::audit;
  }
  return false;
}

Decision decide_access(const World& world, const User& user, Permission permission, const Message& message) {
  const auto* agreement = world.agreements.find(message.agreement, message.agreement_version);
  const auto reason = [&](ReasonCode code, std::string subject) {
    return agreement == nullptr ? Reason{code, {}, {}, std::move(subject)}
                                : agreement->reason(code, std::move(subject));
  };
  Decision out;
  if (!permits(user.role, permission)) out.add(reason(ReasonCode::role, to_string(permission)));
  if (!works_with_text(permission)) return out;
  const auto* own = own_policy(world);
  for (const auto& label : message.labels)
    if (restricted(world, agreement, own, label, message.created) && !cleared(own, user, label))
      out.add(reason(ReasonCode::clearance,
                     label.policy + "/" + std::to_string(label.version) + "/" + label.classification));
  return out;
}

Decision decide_approval(const World& world, const User& approver, std::string_view composed_by,
                         const Message& message) {
  auto out = decide_access(world, approver, Permission::approve, message);
  if (approver.name == composed_by) out.add({ReasonCode::approval_same_person, {}, {}, approver.name});
  return out;
}

}  // namespace chancery::core

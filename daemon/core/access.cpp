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
    case Permission::handle:
      return true;
    case Permission::list:
    case Permission::export_evidence:
    case Permission::administer:
    case Permission::audit:
      return false;
  }
  return true;
}

// Whose law says what a message is here: the Parties bound when it was created, and our own.
std::vector<std::string> parties_of(const World& world, const Message& message) {
  const auto* agreement = world.agreements.find(message.agreement, message.agreement_version);
  auto parties = agreement == nullptr ? std::vector<std::string>() : agreement->parties_at(message.created);
  if (const auto* own = own_policy(world)) parties.push_back(own->party);
  return parties;
}

std::vector<std::string> own_party(const World& world) {
  const auto* own = own_policy(world);
  return own == nullptr ? std::vector<std::string>() : std::vector<std::string>{own->party};
}

bool restricted(const World& world, const std::vector<std::string>& parties, const Label& label) {
  const auto& labels = world.agreements.labels();
  return labels.restricted(label, parties) || !labels.silent(label, parties).empty();
}

std::string name_of(const Label& label) {
  return label.policy + "/" + std::to_string(label.version) + "/" + label.classification;
}

bool cleared(const LabelPolicy& own, const User& user, const Label& regarded) {
  const auto* clearance = own.find(user.clearance);
  return clearance != nullptr && (clearance->restricted || clearance->state_secret) &&
         clearance->rank >= own.find(regarded.classification)->rank;
}

// What of a label this person is not cleared for; empty when nothing.
std::string not_cleared(const World& world, const LabelPolicy* own, const User& user, const Label& label,
                        bool restricted) {
  const auto regarded = own == nullptr ? std::nullopt : world.agreements.labels().regard(*own, label);
  // Without a policy of our own nobody can say who holds which category.
  if (!regarded) return restricted || !label.categories.empty() ? name_of(label) : std::string();
  if (restricted && !cleared(*own, user, *regarded)) return name_of(label);
  if (admits(*own, *regarded, user.categories)) return {};
  auto name = name_of(label) + " (";
  for (const auto& category : regarded->categories) name.append(name.back() == '(' ? "" : " ").append(category);
  return name + ")";
}

}  // namespace

const LabelPolicy* own_policy(const World& world) {
  const auto* entry = world.directory.find(world.self);
  if (entry == nullptr || entry->history.empty()) return nullptr;
  return world.agreements.labels().of_party(entry->history.back().party);
}

bool is_restricted(const World& world, const Message& message) {
  if (world.agreements.find(message.agreement, message.agreement_version) == nullptr) return true;
  const auto parties = parties_of(world, message);
  return message.labels.empty() || std::any_of(message.labels.begin(), message.labels.end(),
                                               [&](const Label& label) { return restricted(world, parties, label); });
}

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
    case Permission::handle:
      return "handle";
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

Decision decide_access(const World& world, const User& user, Permission permission, const Message& message,
                       const std::vector<Label>& handling) {
  const auto* agreement = world.agreements.find(message.agreement, message.agreement_version);
  const auto reason = [&](ReasonCode code, std::string subject) {
    return agreement == nullptr ? Reason{code, {}, {}, std::move(subject)}
                                : agreement->reason(code, std::move(subject));
  };
  Decision out;
  if (!permits(user.role, permission)) out.add(reason(ReasonCode::role, to_string(permission)));
  if (!works_with_text(permission)) return out;
  const auto* own = own_policy(world);
  const auto parties = parties_of(world, message);
  const auto check = [&](const Label& label, bool is_restricted) {
    auto name = not_cleared(world, own, user, label, is_restricted);
    if (!name.empty()) out.add(reason(ReasonCode::clearance, std::move(name)));
  };
  // Under an agreement that is not known here nobody can say what others restrict.
  for (const auto& label : message.labels) check(label, agreement == nullptr || restricted(world, parties, label));
  for (const auto& label : handling) check(label, restricted(world, own_party(world), label));
  return out;
}

Decision decide_approval(const World& world, const User& approver, std::string_view composed_by, const Message& message,
                         const std::vector<Label>& handling) {
  auto out = decide_access(world, approver, Permission::approve, message, handling);
  if (approver.name == composed_by) out.add({ReasonCode::approval_same_person, {}, {}, approver.name});
  return out;
}

}  // namespace chancery::core

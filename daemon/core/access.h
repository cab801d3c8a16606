// Who inside the authority may do what, and read what.
#pragma once

#include "daemon/core/release.h"

namespace chancery::core {

// What a person asks for at the desk.
enum class Permission { compose, approve, list, read_body, acknowledge, export_evidence, administer, audit };

// By role alone. Officers and approvers work with messages, auditors read evidence but no bodies, administrators
// neither: they keep peers and users.
bool permits(Role role, Permission permission);

// By role and clearance: a restricted label needs a clearance in this authority's own policy whose rank is at least
// that of the class the label is regarded as; nil clearance reads nothing restricted.
Decision decide_access(const World& world, const User& user, Permission permission, const Message& message);

}  // namespace chancery::core

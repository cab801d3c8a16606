// Who inside the authority may do what, and read what.
#pragma once

#include "daemon/core/release.h"

namespace chancery::core {

// What a person asks for at the desk.
enum class Permission { compose, approve, list, read_body, acknowledge, handle, export_evidence, administer, audit };

const char* to_string(Permission permission);

// By role alone. Officers and approvers work with messages, and only approvers release; auditors read evidence but no
// bodies, administrators neither: they keep peers and users.
bool permits(Role role, Permission permission);

// The policy of this authority's own Party, newest version; null when there is none. What is held stays readable when a
// designation runs out, so the last one says which Party that is.
const LabelPolicy* own_policy(const World& world);

// Whether any of its labels is restricted under the law of a Party bound when it was created, or under our own; what
// cannot be judged counts as restricted. Such a message needs a second person to release it and a clearance to read.
bool is_restricted(const World& world, const Message& message);

// By role and, for what shows or changes text (compose, approve, read_body, acknowledge, handle), by clearance: each
// restricted label needs a clearance of a restricted class in this authority's own policy whose rank is at least that
// of the class the label is regarded as, and every label the categories it is regarded to have; nil clearance reads
// nothing restricted, and nobody reads what the own policy does not regard at all. `handling` are labels of our own
// that count besides, so that the stricter decides: how the message, or what it is made of, is handled here.
Decision decide_access(const World& world, const User& user, Permission permission, const Message& message,
                       const std::vector<Label>& handling);

// The second of two persons: access to approve, and not who composed it.
Decision decide_approval(const World& world, const User& approver, std::string_view composed_by, const Message& message,
                         const std::vector<Label>& handling);

}  // namespace chancery::core

// Messages and statements of consent by the name a person types: a number, an id, or part of one.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/session.h"

namespace chancery::client {

// From the inbox or the outbox. Faults: E-NOT-FOUND.
Outcome<v1::MessageView> find_message(Session& session, const std::string& name);

// The statement of consent called so, never one about a message called so; of any kind when `kind` is empty. Faults:
// E-NOT-FOUND, also when it is of another kind.
Outcome<v1::ConsentView> find_consent(Session& session, const std::string& name, const std::string& kind);

// Whether the name means this one: its number here or there, its id, or digits of the id from the 13th.
bool is_called(const v1::ConsentView& consent, const std::string& name);

// Of one agreement, or of all when it is empty. Faults: E-AGREEMENT-UNKNOWN.
Outcome<v1::ListJointActsResponse> list_joint_acts(Session& session, const std::string& agreement);

struct FoundVersion {
  v1::JointSubjectView subject;
  v1::JointVersionView version;
};
// By our number of it, its digest, its id or digits of the id from the 13th. Faults: E-NOT-FOUND.
Outcome<FoundVersion> find_version(const v1::ListJointActsResponse& known, const std::string& name);

}  // namespace chancery::client

// What `--explain` prints: the rules a command is held to, by which articles, and what each came to; nothing is done.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/session.h"

namespace chancery::client {

// Commands whose draft the daemon judges: of them --explain asks the daemon. All others have their rules in the table.
bool is_judged(const Command& command);

// The rules of a command by the table: nothing is asked of the daemon but which articles they rest on.
Outcome<int> explain_command(Session& session);

// Every rule of release with what it came to. The exit code is that of the refusal, when it would be refused.
Outcome<int> explain_draft(Session& session, const v1::PreviewResponse& preview);

// The reason a rule refuses by, as the agreements ground it; empty for a rule that is in no table here.
std::string reason_of_rule(const std::string& rule);

}  // namespace chancery::client

// From a draft to its release: preview, the person's yes, submission under a key that makes it happen once.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/session.h"

namespace chancery::client {

// `name` stands for the draft in messages: its file, or the message it forwards. Options of the command decide: --yes,
// --plan, --dry-run, --again.
Outcome<int> preview_and_submit(Session& session, const v1::Draft& draft, const std::string& name);

// Whether the person agrees to this plan: by --plan naming it, by --yes, or by answering `question`. Faults:
// E-PLAN-CHANGED, E-INPUT-NEEDED, E-CANCELLED.
Outcome<void> agree(Session& session, const std::string& plan, const std::string& question);
// Before anything is asked of the daemon: a script has to say yes in advance.
Outcome<void> check_can_agree(const Session& session);

// What is said of an answer; exit code.
Outcome<int> tell(Session& session, const v1::SubmitResponse& response, const std::string& name);

}  // namespace chancery::client

// The functions behind the command table; each returns the exit code, or the fault to tell.
#pragma once

#include "client/session.h"

namespace chancery::client::commands {

Outcome<int> init(Session& session);
Outcome<int> user_key(Session& session);
Outcome<int> user_add(Session& session);
Outcome<int> user_list(Session& session);
Outcome<int> peer_add(Session& session);
Outcome<int> peer_verify(Session& session);
Outcome<int> peer_list(Session& session);
Outcome<int> peer_suspend(Session& session);
Outcome<int> peer_resume(Session& session);
Outcome<int> designation_sign(Session& session);
Outcome<int> designation_next(Session& session);
Outcome<int> designation_switch(Session& session);
Outcome<int> designation_succeed(Session& session);
Outcome<int> designation_show(Session& session);
Outcome<int> notice_new(Session& session);
Outcome<int> send(Session& session);
Outcome<int> approve(Session& session);
Outcome<int> withdraw(Session& session);
Outcome<int> inbox(Session& session);
Outcome<int> outbox(Session& session);
Outcome<int> drafts(Session& session);
Outcome<int> show(Session& session);
Outcome<int> ack(Session& session);
Outcome<int> attachment_save(Session& session);
Outcome<int> forward(Session& session);
Outcome<int> disclose(Session& session);
Outcome<int> publish(Session& session);
Outcome<int> dissemination(Session& session);
Outcome<int> erase(Session& session);
Outcome<int> spill(Session& session);
Outcome<int> consent_request(Session& session);
Outcome<int> consent_grant(Session& session);
Outcome<int> consent_deny(Session& session);
Outcome<int> consent_revoke(Session& session);
Outcome<int> consent_list(Session& session);
Outcome<int> consent_show(Session& session);
Outcome<int> policy_show(Session& session);
Outcome<int> policy_propose(Session& session);
Outcome<int> policy_accept(Session& session);
Outcome<int> policy_object(Session& session);
Outcome<int> export_evidence(Session& session);
Outcome<int> status(Session& session);
Outcome<int> label_list(Session& session);
Outcome<int> label_check(Session& session);
Outcome<int> label_handle(Session& session);
Outcome<int> agreement_list(Session& session);
Outcome<int> agreement_threats(Session& session);
Outcome<int> agreement_directions(Session& session);
Outcome<int> agreement_terms(Session& session);
Outcome<int> agreement_show(Session& session);
Outcome<int> context_add(Session& session);
Outcome<int> context_list(Session& session);
Outcome<int> context_use(Session& session);
Outcome<int> explain(Session& session);
Outcome<int> help(Session& session);
Outcome<int> version(Session& session);

}  // namespace chancery::client::commands

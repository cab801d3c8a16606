#include "client/authority_plan.h"
#include "client/commands/commands.h"
#include "crypto/clock.h"

namespace chancery::client::commands {

Outcome<int> init(Session& session) {
  AuthorityPlan asked;
  asked.party = session.arguments().value("--party");
  const auto plan = TRY(plan_of(session, asked));
  crypto::SystemRandom random;
  const auto fingerprint = TRY(make_authority(plan, SystemClock().now(), random));
  if (!session.arguments().has("--party-status")) session.note("init.example-status", {{"file", plan.party_status}});
  return print_prepared(session, plan, fingerprint);
}

}  // namespace chancery::client::commands

#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/covering_text.h"
#include "client/joint_act_draft.h"
#include "client/joint_act_text.h"
#include "client/lookup.h"
#include "client/sending.h"
#include "crypto/clock.h"

namespace chancery::client::commands {

namespace {

// The words of a joint act are, unless the person gave others, the sentence that its facts say.
Outcome<int> submit_joint_act(Session& session, v1::Draft draft, const v1::JointVersionView* answered,
                              const std::string& name) {
  const auto names = DataNames::fetch(session);
  draft.set_label(session.arguments().value_or("--label", names.lowest_class()));
  auto& desk = *TRY(session.desk());
  const auto own = TRY(desk.call(&v1::Desk::Stub::Status, v1::StatusRequest())).authority();
  const auto file = session.arguments().value("--text");
  *draft.add_texts() = TRY(covering_text(session, names, draft.agreement(), file, [&](const Catalogue& catalogue) {
    return CoveringWords{joint_act_title(draft, catalogue), joint_act_sentence(draft, own, answered, catalogue)};
  }));
  return preview_and_submit(session, draft, name);
}

Outcome<int> answer(Session& session, const std::string& kind) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("VERSION");
  const auto known = TRY(list_joint_acts(session, {}));
  const auto found = TRY(find_version(known, name));
  return submit_joint_act(session, TRY(answer_draft(known, found.subject, found.version, kind)), &found.version, name);
}

}  // namespace

Outcome<int> policy_show(Session& session) {
  const auto response = TRY(list_joint_acts(session, session.arguments().value("AGREEMENT")));
  if (session.json()) return session.print_json("ListJointActsResponse", response);
  if (session.format() == Format::table) return session.print_page(joint_acts_page(response, session.catalogue()));
  for (const auto& subject : response.subjects())
    for (const auto& version : subject.versions()) session.print(version.number() + "\n");
  return kOk;
}

Outcome<int> policy_propose(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto& typed = session.arguments();
  const auto agreement = typed.value("AGREEMENT");
  const auto known = TRY(list_joint_acts(session, {}));
  FoundVersion countered;
  if (typed.has("--counters")) countered = TRY(find_version(known, typed.value("--counters")));
  const auto* answered = typed.has("--counters") ? &countered.version : nullptr;
  const auto draft = TRY(proposal_draft(known, agreement, answered, typed, SystemClock().now()));
  return submit_joint_act(session, draft, answered, agreement);
}

Outcome<int> policy_accept(Session& session) { return answer(session, "acceptance"); }
Outcome<int> policy_object(Session& session) { return answer(session, "objection"); }

}  // namespace chancery::client::commands

#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/explanation.h"
#include "client/message_text.h"
#include "client/refusal.h"
#include "client/sending.h"
#include "client/sentence_preview.h"

namespace chancery::client::commands {

namespace {

Outcome<v1::DraftView> find_draft(Session& session, const std::string& name) {
  v1::ListRequest request;
  request.set_box(v1::BOX_DRAFTS);
  request.set_message(name);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::List, request));
  for (const auto& draft : response.drafts())
    if (draft.name() == name) return draft;
  return fault("E-NOT-FOUND", {{"subject", name}});
}

// Nobody agrees to what he cannot see: the daemon says why he cannot.
bool is_visible(const v1::DraftView& draft) { return draft.has_draft(); }

Outcome<v1::SubmitResponse> decide(Session& session, const v1::DraftView& draft, bool decline) {
  v1::ApproveRequest request;
  request.set_draft(draft.name());
  request.set_plan(draft.plan());
  request.set_decline(decline);
  request.set_preview(!is_visible(draft));
  auto& desk = *TRY(session.desk());
  return desk.call(&v1::Desk::Stub::Approve, request);
}

Outcome<int> show_draft(Session& session, const v1::DraftView& draft) {
  const auto sentences = TRY(sentence_preview(session, draft.draft(), draft.preview()));
  if (session.format() != Format::table) {
    session.show(sentences);
    return kOk;
  }
  session.show(session.text("approve.of", {{"name", draft.name()}, {"officer", draft.officer()}}) + "\n");
  session.show(preview_text(draft.draft(), draft.preview(), DataNames::fetch(session), session.catalogue()) +
               sentences);
  session.show("\n" + draft_text(draft.draft(), session.catalogue()));
  return kOk;
}

Outcome<void> check_open(const v1::DraftView& draft, bool decline) {
  if (draft.state() != "waiting") return fault("E-DRAFT-DECIDED", {{"subject", draft.name()}});
  if (!decline && draft.preview().refusal().reasons_size() > 0)
    return tl::unexpected(client::to_fault(draft.preview().refusal(), draft.name()));
  if (!decline && !draft.preview().plan().empty() && draft.preview().plan() != draft.plan())
    return fault("E-PLAN-CHANGED", {{"subject", draft.name()}});
  return {};
}

Outcome<int> tell_declined(Session& session, const v1::SubmitResponse& response, const std::string& name,
                           const std::string& how) {
  if (response.has_refused()) return tl::unexpected(client::to_fault(response.refused(), name));
  if (session.json())
    session.print_json("SubmitResponse", response);
  else if (session.format() == Format::id)
    session.print(name + "\n");
  else
    session.say(how, {{"name", name}});
  return kOk;
}

}  // namespace

Outcome<int> approve(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("DRAFT");
  const bool decline = session.arguments().has("--decline");
  const auto draft = TRY(find_draft(session, name));
  if (session.arguments().has("--explain") && is_visible(draft)) return explain_draft(session, draft.preview());
  CHECK_OK(check_open(draft, decline));
  if (!is_visible(draft)) return tell(session, TRY(decide(session, draft, decline)), name);
  if (session.arguments().has("--dry-run")) {
    if (session.json()) return session.print_json("DraftView", draft);
    if (session.format() == Format::id) return session.print(draft.plan() + "\n");
    return show_draft(session, draft);
  }
  CHECK_OK(show_draft(session, draft));
  CHECK_OK(agree(session, draft.plan(), decline ? "approve.question-decline" : "approve.question"));
  const auto response = TRY(decide(session, draft, decline));
  return decline ? tell_declined(session, response, name, "approve.declined") : tell(session, response, name);
}

Outcome<int> withdraw(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("DRAFT");
  const auto draft = TRY(find_draft(session, name));
  CHECK_OK(check_open(draft, true));
  if (!is_visible(draft)) return tell(session, TRY(decide(session, draft, true)), name);
  CHECK_OK(show_draft(session, draft));
  CHECK_OK(agree(session, draft.plan(), "approve.question-withdraw"));
  return tell_declined(session, TRY(decide(session, draft, true)), name, "approve.withdrawn");
}

}  // namespace chancery::client::commands

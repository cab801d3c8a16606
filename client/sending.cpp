#include "client/sending.h"

#include <array>
#include <filesystem>
#include <thread>

#include "client/connection.h"
#include "client/explanation.h"
#include "client/message_text.h"
#include "client/refusal.h"
#include "client/sent_keys.h"
#include "client/sentence_preview.h"
#include "crypto/clock.h"

namespace chancery::client {

namespace {

constexpr std::array<std::chrono::milliseconds, 3> kPauses = {
    std::chrono::milliseconds(300), std::chrono::milliseconds(1000), std::chrono::milliseconds(3000)};

// The act may have happened, the answer was lost: the same key asks again.
bool outcome_unknown(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
      return true;
    default:  // codes of gRPC: the daemon answered
      return false;
  }
}

Outcome<v1::SubmitResponse> submit(Session& session, const v1::SubmitRequest& request) {
  auto& desk = *TRY(session.desk());
  v1::SubmitResponse response;
  auto status = desk.status_of(&v1::Desk::Stub::Submit, request, response);
  for (const auto pause : kPauses) {
    if (!outcome_unknown(status)) break;
    session.note("send.asking-again");
    std::this_thread::sleep_for(pause);
    response.Clear();
    status = desk.status_of(&v1::Desk::Stub::Submit, request, response);
  }
  if (status.ok()) return response;
  if (outcome_unknown(status)) return fault("E-OUTCOME-UNKNOWN", {{"socket", desk.socket()}});
  return tl::unexpected(desk.to_fault(status));
}

Outcome<std::string> key_for(Session& session, const v1::Draft& draft) {
  const auto& desk = *TRY(session.desk());
  const SentKeys keys(std::filesystem::path(contexts_file()).parent_path().string() + "/sends");
  const auto content = desk.socket() + "\n" + desk.certificate_digest() + "\n" + draft.SerializeAsString();
  crypto::SystemRandom random;
  return keys.key_for(content, session.arguments().has("--again"), SystemClock().now(), random);
}

Outcome<int> print_plan(Session& session, const v1::Draft& draft, const v1::PreviewResponse& preview,
                        const std::string& sentences) {
  switch (session.format()) {
    case Format::id:
      session.print(preview.plan() + "\n");
      return kOk;
    case Format::json:
      session.print_json("PreviewResponse", preview);
      return kOk;
    case Format::table:
      session.print_page(preview_text(draft, preview, DataNames::fetch(session), session.catalogue()) + sentences);
      return kOk;
  }
  return kOk;
}

}  // namespace

Outcome<void> check_can_agree(const Session& session) {
  const auto& arguments = session.arguments();
  if (arguments.has("--explain") || arguments.has("--yes") || arguments.has("--plan") || arguments.has("--dry-run") ||
      session.may_ask())
    return {};
  return fault("E-INPUT-NEEDED", {{"flag", "--yes"}, {"other", "--plan"}});
}

Outcome<void> agree(Session& session, const std::string& plan, const std::string& question) {
  const auto wanted = session.arguments().value("--plan");
  if (!wanted.empty() && wanted != plan) return fault("E-PLAN-CHANGED", {{"subject", plan}});
  if (!wanted.empty() || session.arguments().has("--yes")) return {};
  if (!session.may_ask()) return fault("E-INPUT-NEEDED", {{"flag", "--yes"}, {"other", "--plan"}});
  if (!session.confirmed(session.text(question))) return fault("E-CANCELLED");
  return {};
}

namespace {

// The answer to a repeated submission is the first one; what became of the draft since then stands in the list.
Outcome<v1::DraftView> draft_now(Session& session, const std::string& name) {
  v1::ListRequest request;
  request.set_box(v1::BOX_DRAFTS);
  request.set_message(name);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::List, request));
  return response.drafts_size() == 1 ? response.drafts(0) : v1::DraftView();
}

// Sent before, and declined or taken back since: nothing goes out.
Outcome<void> check_not_declined(const v1::DraftView& now) {
  if (now.state() != "declined") return {};
  return fault("E-DRAFT-DECLINED", {{"subject", now.name()}});
}

int tell_waiting(Session& session, const v1::Accepted& accepted, const v1::DraftView& now) {
  if (now.number().empty())
    return session.say("send.waits", {{"number", accepted.number()}, {"plan", accepted.plan()}});
  return session.say("send.decided", {{"name", accepted.number()},
                                      {"state", session.catalogue().word("draft-state", now.state())},
                                      {"number", now.number()}});
}

}  // namespace

Outcome<int> tell(Session& session, const v1::SubmitResponse& response, const std::string& name) {
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), name));
  const auto& accepted = response.accepted();
  const auto now = accepted.repeated() && accepted.awaiting_approval() ? TRY(draft_now(session, accepted.number()))
                                                                       : v1::DraftView();
  CHECK_OK(check_not_declined(now));
  if (accepted.repeated()) session.note("send.repeated", {{"number", accepted.number()}});
  switch (session.format()) {
    case Format::id:
      session.print(accepted.number() + "\n");
      return kOk;
    case Format::json:
      session.print_json("SubmitResponse", response);
      return kOk;
    case Format::table:
      if (accepted.awaiting_approval()) return tell_waiting(session, accepted, now);
      return session.say("send.released", {{"number", accepted.number()}, {"id", accepted.id()}});
  }
  return kOk;
}

Outcome<int> preview_and_submit(Session& session, const v1::Draft& draft, const std::string& name) {
  CHECK_OK(check_can_agree(session));
  auto& desk = *TRY(session.desk());
  v1::PreviewRequest request;
  *request.mutable_draft() = draft;
  const auto preview = TRY(desk.call(&v1::Desk::Stub::Preview, request));
  if (session.arguments().has("--explain")) return explain_draft(session, preview);
  if (preview.refusal().reasons_size() > 0) return tl::unexpected(to_fault(preview.refusal(), name));
  const auto sentences = TRY(sentence_preview(session, draft, preview));
  if (session.arguments().has("--dry-run")) return print_plan(session, draft, preview, sentences);
  session.show((session.format() == Format::table
                    ? preview_text(draft, preview, DataNames::fetch(session), session.catalogue())
                    : std::string()) +
               sentences);
  CHECK_OK(agree(session, preview.plan(), "send.question"));
  v1::SubmitRequest submission;
  *submission.mutable_draft() = draft;
  submission.set_plan(preview.plan());
  submission.set_idempotency_key(TRY(key_for(session, draft)));
  return tell(session, TRY(submit(session, submission)), name);
}

}  // namespace chancery::client

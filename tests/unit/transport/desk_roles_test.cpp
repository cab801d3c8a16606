// Which role may call which method of Desk: a table by hand, held against the service as the .proto describes it.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <map>

#include "crypto/merkle.h"
#include "tests/unit/transport/desk_world.h"

namespace chancery::test {
namespace {

using Stub = v1::Desk::Stub;

// What the calls ask about.
struct Subjects {
  std::string draft;    // waits for approval
  std::string message;  // released by cn
  wire::DesignationItem unknown_peer;
  Bytes certificate;  // of nobody yet
  std::uint64_t number = 0;
};

std::string of(const v1::Refusal& refusal) {
  for (const auto& reason : refusal.reasons())
    if (reason.code() == "E-ROLE") return "role";
  return "allowed";  // refused for another reason: the role was no obstacle
}

std::string of(const grpc::Status& status) {
  if (status.ok()) return "allowed";
  return status.error_code() == grpc::StatusCode::PERMISSION_DENIED ? "role" : status.error_message();
}

// "allowed" or "role"; anything else is a failure of the call.
template <class Response, class Method, class Request>
std::string ask(Stub& stub, Method method, const Request& request, const v1::Refusal& (*refusal)(const Response&)) {
  Call call;
  Response response;
  const grpc::Status status = (stub.*method)(&call, request, &response);
  return status.ok() && refusal != nullptr ? of(refusal(response)) : of(status);
}

template <class Response>
const v1::Refusal& refused(const Response& response) {
  return response.refused();
}

std::string preview(Stub& stub, const Subjects&) {
  v1::PreviewRequest request;
  *request.mutable_draft() = submit_request({}, 1).draft();
  return ask<v1::PreviewResponse>(
      stub, &Stub::Preview, request, +[](const v1::PreviewResponse& r) -> const v1::Refusal& { return r.refusal(); });
}

std::string submit(Stub& stub, const Subjects& on) {
  return ask<v1::SubmitResponse>(stub, &Stub::Submit, submit_request({}, 100 + on.number), &refused);
}

std::string submit_many(Stub& stub, const Subjects& on) {
  Call call;
  const auto stream = stub.SubmitMany(&call);
  v1::SubmitManyRequest request;
  *request.add_drafts() = submit_request({}, 200 + on.number);
  stream->Write(request);
  stream->WritesDone();
  v1::SubmitManyResponse response;
  std::string said = "no answer";
  if (stream->Read(&response) && response.outcomes_size() == 1) said = of(response.outcomes(0).refused());
  const auto status = stream->Finish();
  return status.ok() ? said : of(status);
}

std::string approve(Stub& stub, const Subjects& on) {
  v1::ApproveRequest request;
  request.set_draft(on.draft);
  request.set_preview(true);
  return ask<v1::SubmitResponse>(stub, &Stub::Approve, request, &refused);
}

std::string upload(Stub& stub, const Subjects& on) {
  Call call;
  const auto stream = stub.Upload(&call);
  const auto content = std::to_string(on.number);
  v1::UploadRequest request;
  request.mutable_begin()->set_name("file");
  request.mutable_begin()->set_size(content.size());
  request.mutable_begin()->set_plaintext_root(std::string(as_text(crypto::leaf_hash(as_bytes(content)).view())));
  stream->Write(request);
  v1::UploadResponse response;
  std::string said = "no answer";
  if (stream->Read(&response)) said = of(response.refused());
  request.set_bytes(content);
  if (said == "allowed") stream->Write(request);
  stream->WritesDone();
  while (stream->Read(&response)) said = response.root().empty() ? "no root" : said;
  const auto status = stream->Finish();
  return status.ok() ? said : of(status);
}

// The message has no such part: refused, whoever may ask.
std::string download(Stub& stub, const Subjects& on) {
  Call call;
  v1::DownloadRequest request;
  request.set_message(on.message);
  request.set_number(99);
  const auto stream = stub.Download(&call, request);
  v1::DownloadResponse response;
  std::string said = "no answer";
  if (stream->Read(&response)) said = of(response.refused());
  const auto status = stream->Finish();
  return status.ok() ? said : of(status);
}

std::string list(Stub& stub, const Subjects&) {
  v1::ListRequest request;
  request.set_box(v1::BOX_OUTBOX);
  return ask<v1::ListResponse>(stub, &Stub::List, request, nullptr);
}

std::string read(Stub& stub, const Subjects& on) {
  v1::ReadRequest request;
  request.set_message(on.message);
  return ask<v1::ReadResponse>(stub, &Stub::Read, request, &refused);
}

std::string acknowledge(Stub& stub, const Subjects& on) {
  v1::AcknowledgeRequest request;
  request.set_message(on.message);
  return ask<v1::AcknowledgeResponse>(stub, &Stub::Acknowledge, request, &refused);
}

// Refused for what it is about, never for the role of who may.
std::string handle(Stub& stub, const Subjects& on) {
  v1::HandleRequest request;
  request.set_message(on.message);
  request.set_label("restricted");
  return ask<v1::HandleResponse>(stub, &Stub::Handle, request, &refused);
}

std::string export_evidence(Stub& stub, const Subjects& on) {
  v1::ExportRequest request;
  request.set_message(on.message);
  return ask<v1::ExportResponse>(stub, &Stub::Export, request, &refused);
}

std::string list_consents(Stub& stub, const Subjects&) {
  return ask<v1::ListConsentsResponse>(stub, &Stub::ListConsents, v1::ListConsentsRequest(), nullptr);
}

std::string erase(Stub& stub, const Subjects& on) {
  v1::EraseRequest request;
  request.set_message(on.message);
  request.set_retain("archives-act/17");  // it is not locked: refused, whoever asks
  return ask<v1::EraseResponse>(stub, &Stub::Erase, request, &refused);
}

std::string show_dissemination(Stub& stub, const Subjects& on) {
  v1::ShowDisseminationRequest request;
  request.set_message(on.message);
  return ask<v1::ShowDisseminationResponse>(stub, &Stub::ShowDissemination, request, &refused);
}

std::string publish(Stub& stub, const Subjects& on) {
  v1::PublishRequest request;
  request.set_disclosure(on.message);
  return ask<v1::ReadResponse>(stub, &Stub::Publish, request, &refused);
}

std::string list_joint_acts(Stub& stub, const Subjects&) {
  return ask<v1::ListJointActsResponse>(stub, &Stub::ListJointActs, v1::ListJointActsRequest(), &refused);
}

std::string status(Stub& stub, const Subjects&) {
  return ask<v1::StatusResponse>(stub, &Stub::Status, v1::StatusRequest(), nullptr);
}

std::string add_user(Stub& stub, const Subjects& on) {
  v1::AddUserRequest request;
  request.set_name("new");
  request.set_role("officer");
  request.set_certificate(on.certificate.data(), on.certificate.size());
  return ask<v1::AddUserResponse>(stub, &Stub::AddUser, request, &refused);
}

std::string list_users(Stub& stub, const Subjects&) {
  return ask<v1::ListUsersResponse>(stub, &Stub::ListUsers, v1::ListUsersRequest(), &refused);
}

std::string add_peer(Stub& stub, const Subjects& on) {
  v1::AddPeerRequest request;
  const auto bytes = wire::encode_designation(on.unknown_peer);
  request.mutable_designation()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return ask<v1::AddPeerResponse>(stub, &Stub::AddPeer, request, &refused);
}

std::string verify_peer(Stub& stub, const Subjects&) {
  v1::VerifyPeerRequest request;
  request.set_authority("ru-example");
  request.set_anchor("sha256:" + std::string(64, '0'));
  return ask<v1::VerifyPeerResponse>(stub, &Stub::VerifyPeer, request, &refused);
}

std::string suspend_peer(Stub& stub, const Subjects&) {
  v1::SuspendPeerRequest request;
  request.set_authority("ru-example");
  request.set_reason("key incident");
  return ask<v1::SuspendPeerResponse>(stub, &Stub::SuspendPeer, request, &refused);
}

std::string resume_peer(Stub& stub, const Subjects&) {
  v1::ResumePeerRequest request;
  request.set_authority("ru-example");
  request.set_reason("new keys compared");
  return ask<v1::ResumePeerResponse>(stub, &Stub::ResumePeer, request, &refused);
}

std::string list_peers(Stub& stub, const Subjects&) {
  return ask<v1::ListPeersResponse>(stub, &Stub::ListPeers, v1::ListPeersRequest(), &refused);
}

std::string list_agreements(Stub& stub, const Subjects&) {
  return ask<v1::ListAgreementsResponse>(stub, &Stub::ListAgreements, v1::ListAgreementsRequest(), nullptr);
}

std::string list_labels(Stub& stub, const Subjects&) {
  return ask<v1::ListLabelsResponse>(stub, &Stub::ListLabels, v1::ListLabelsRequest(), nullptr);
}

std::string check_label(Stub& stub, const Subjects&) {
  v1::CheckLabelRequest request;
  request.set_label("open");
  request.set_agreement("sco-2009");
  request.add_recipients("ru-example");
  return ask<v1::CheckLabelResponse>(stub, &Stub::CheckLabel, request, nullptr);
}

struct Row {
  std::string roles;  // o(fficer) a(pprover) u(auditor) m (administrator), who may
  std::string (*ask)(Stub&, const Subjects&);
};

// Who works with texts: officers and approvers; who releases: approvers; who keeps peers and users: administrators; who
// watches: auditors, who see lists and evidence but no bodies.
const std::map<std::string, Row> kTable = {
    {"Preview", {"oa", preview}},
    {"Submit", {"oa", submit}},
    {"SubmitMany", {"oa", submit_many}},
    {"Approve", {"a", approve}},
    {"List", {"oau", list}},
    {"Upload", {"oa", upload}},
    {"Read", {"oa", read}},
    {"Download", {"oa", download}},
    {"Acknowledge", {"oa", acknowledge}},
    {"Handle", {"oa", handle}},
    {"Erase", {"oa", erase}},
    {"Export", {"oau", export_evidence}},
    {"Status", {"oaum", status}},
    {"ListConsents", {"oau", list_consents}},
    {"ShowDissemination", {"oau", show_dissemination}},
    {"Publish", {"oa", publish}},
    {"ListJointActs", {"oau", list_joint_acts}},
    {"AddUser", {"m", add_user}},
    {"ListUsers", {"um", list_users}},
    {"AddPeer", {"m", add_peer}},
    {"VerifyPeer", {"m", verify_peer}},
    {"SuspendPeer", {"m", suspend_peer}},
    {"ResumePeer", {"m", resume_peer}},
    {"ListPeers", {"oaum", list_peers}},
    {"ListAgreements", {"oaum", list_agreements}},
    {"ListLabels", {"oaum", list_labels}},
    {"CheckLabel", {"oaum", check_label}},
};

class DeskRoles : public DeskServerTest {
 protected:
  DeskRoles() : kz_("kz-example", clock_, random_) {
    subjects_.message = released();
    DraftOptions restricted;
    restricted.label = "restricted";
    subjects_.draft = service::value_of(submit_.submit(officer("chen"), submission(restricted, 2))).number;
    subjects_.unknown_peer = kz_.designation();
    people_.emplace('o', person(officer("li")));
    people_.emplace('a', person(approver("wang")));
    people_.emplace('u', person(auditor()));
    people_.emplace('m', person(administrator()));
  }

  std::string ask(char role, const Row& row) {
    ++subjects_.number;
    const auto badge = make_badge("new", clock_.now());
    subjects_.certificate = to_bytes(badge.certificate.pem());
    return row.ask(*people_.at(role), subjects_);
  }

  ExampleAuthority kz_;
  Subjects subjects_;
  std::map<char, std::unique_ptr<Stub>> people_;
};

TEST_F(DeskRoles, EveryMethodOfTheServiceStandsInTheTable) {
  const auto* service = v1::SubmitRequest::descriptor()->file()->FindServiceByName("Desk");
  ASSERT_NE(service, nullptr);
  std::set<std::string> methods;
  for (int i = 0; i < service->method_count(); ++i) methods.insert(service->method(i)->name());
  std::set<std::string> rows;
  for (const auto& [name, row] : kTable) rows.insert(name);
  EXPECT_EQ(rows, methods);
}

TEST_F(DeskRoles, EachRoleMayDoWhatTheTableSaysAndNoMore) {
  for (const auto& [name, row] : kTable)
    for (const auto& [role, stub] : people_) {
      const bool may = row.roles.find(role) != std::string::npos;
      EXPECT_EQ(ask(role, row), may ? "allowed" : "role") << name << " as " << role;
    }
}

TEST_F(DeskRoles, NobodyElseMayCallAnyMethod) {
  const auto stranger = with(desk_, make_badge("stranger", clock_.now()));
  for (const auto& [name, row] : kTable) {
    ++subjects_.number;
    EXPECT_EQ(row.ask(*stranger, subjects_), "The certificate is not known here.") << name;
  }
}

TEST_F(DeskRoles, WhatWasRefusedForItsRoleLeftNothingBehind) {
  const auto before = cn_.store().reader().counts().value();
  const auto users = cn_.store().reader().users().value().size();
  for (const auto& [name, row] : kTable)
    for (const auto& [role, stub] : people_)
      if (row.roles.find(role) == std::string::npos) (void)ask(role, row);
  const auto after = cn_.store().reader().counts().value();
  EXPECT_EQ(after.queued, before.queued);
  EXPECT_EQ(after.waiting_drafts, before.waiting_drafts);
  EXPECT_EQ(cn_.store().reader().users().value().size(), users);
  EXPECT_EQ(cn_.store().directory()->find("kz-example"), nullptr);
}

}  // namespace
}  // namespace chancery::test

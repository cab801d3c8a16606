#include "daemon/transport/desk_handlers.h"

#include "daemon/transport/attachment_streams.h"
#include "daemon/transport/status.h"

namespace chancery::transport {

namespace {

void put(const service::Refused& refused, v1::Refusal& out) {
  wire::to_proto(refused.decision, refused.agreement, out);
  wire::to_proto(refused.passages, out);
}

}  // namespace

template <class T, class Show, class Refusal>
Result<void> DeskHandlers::answer(const service::Outcome<T>& outcome, Show show, Refusal refusal) const {
  if (!outcome) {
    const auto why = services_.administration.why_not_now(outcome.error());
    if (!why) return tl::unexpected(outcome.error());
    put(*why, *refusal());
  } else if (const auto* refused = std::get_if<service::Refused>(&*outcome)) {
    put(*refused, *refusal());
  } else {
    show(std::get<T>(*outcome));
  }
  return {};
}

// The code alone: what it is about may be what somebody typed, and this is logged.
Error as_error(const service::Refused& refused) {
  const auto& reasons = refused.decision.reasons();
  if (reasons.empty()) return {Errc::internal, "a refusal without reason"};
  const auto code = reasons.front().code;
  const std::string detail = core::to_string(code);
  if (code == core::ReasonCode::not_found) return {Errc::not_found, detail};
  if (code == core::ReasonCode::malformed || code == core::ReasonCode::ambiguous_id) return {Errc::malformed, detail};
  return {Errc::forbidden, detail};
}

Result<void> fill(const service::Outcome<wire::Accepted>& outcome, v1::SubmitResponse& out) {
  if (!outcome) return tl::unexpected(outcome.error());
  if (const auto* refused = std::get_if<service::Refused>(&*outcome))
    put(*refused, *out.mutable_refused());
  else
    wire::to_proto(std::get<wire::Accepted>(*outcome), *out.mutable_accepted());
  return {};
}

Result<core::User> DeskHandlers::caller(const grpc::ServerContext& context) const {
  const auto leaf = leaf_of(*context.auth_context());
  if (!leaf) return fail(Errc::unauthenticated, "no certificate");
  return services_.administration.caller(*leaf);
}

grpc::Status DeskHandlers::status(const Error& error, const char* call, grpc::ServerContext& context) const {
  return to_status(error, call, context, services_.random, services_.log);
}

// ---- composing

grpc::Status DeskHandlers::Preview(grpc::ServerContext* context, const v1::PreviewRequest* request,
                                   v1::PreviewResponse* response) {
  return as_person(context, "Preview", [&](const core::User& person) -> Result<void> {
    const auto draft = TRY(wire::to_previewed(*request));
    return answer(
        services_.submit.preview(person, draft), [&](const wire::Preview& v) { wire::to_proto(v, *response); },
        [&] { return response->mutable_refusal(); });
  });
}

grpc::Status DeskHandlers::Submit(grpc::ServerContext* context, const v1::SubmitRequest* request,
                                  v1::SubmitResponse* response) {
  return as_person(context, "Submit", [&](const core::User& person) -> Result<void> {
    return fill(services_.submit.submit(person, TRY(wire::to_submission(*request))), *response);
  });
}

grpc::Status DeskHandlers::Upload(grpc::ServerContext* context, UploadRpc* rpc) {
  return as_person(context, "Upload",
                   [&](const core::User& person) { return run_upload(services_.attachments, person, *rpc); });
}

grpc::Status DeskHandlers::Approve(grpc::ServerContext* context, const v1::ApproveRequest* request,
                                   v1::SubmitResponse* response) {
  return as_person(context, "Approve", [&](const core::User& person) -> Result<void> {
    return fill(services_.submit.approve(person, TRY(wire::to_approval(*request))), *response);
  });
}

// ---- looking

grpc::Status DeskHandlers::List(grpc::ServerContext* context, const v1::ListRequest* request,
                                v1::ListResponse* response) {
  return as_person(context, "List", [&](const core::User& person) -> Result<void> {
    const auto outcome = TRY(services_.reading.list(person, TRY(wire::to_list_query(*request))));
    if (const auto* refused = std::get_if<service::Refused>(&outcome)) return tl::unexpected(as_error(*refused));
    wire::to_proto(std::get<wire::Listing>(outcome), *response);
    return {};
  });
}

grpc::Status DeskHandlers::Read(grpc::ServerContext* context, const v1::ReadRequest* request,
                                v1::ReadResponse* response) {
  return as_person(context, "Read", [&](const core::User& person) -> Result<void> {
    CHECK_OK(wire::check_name(request->message()));
    return answer(
        services_.reading.read(person, request->message()),
        [&](const wire::ReadView& v) { wire::to_proto(v, *response->mutable_body()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::Download(grpc::ServerContext* context, const v1::DownloadRequest* request,
                                    DownloadRpc* rpc) {
  return as_person(context, "Download", [&](const core::User& person) {
    return run_download(services_.attachments, person, *request, *rpc);
  });
}

grpc::Status DeskHandlers::Acknowledge(grpc::ServerContext* context, const v1::AcknowledgeRequest* request,
                                       v1::AcknowledgeResponse* response) {
  return as_person(context, "Acknowledge", [&](const core::User& person) -> Result<void> {
    CHECK_OK(wire::check_name(request->message()));
    return answer(
        services_.reading.acknowledge(person, request->message()),
        [&](const wire::MessageView& v) { wire::to_proto(v, *response->mutable_acknowledged()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::Handle(grpc::ServerContext* context, const v1::HandleRequest* request,
                                  v1::HandleResponse* response) {
  return as_person(context, "Handle", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.handlings.handle(person, TRY(wire::to_handling_request(*request))),
        [&](const wire::MessageView& v) { wire::to_proto(v, *response->mutable_handled()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::Erase(grpc::ServerContext* context, const v1::EraseRequest* request,
                                 v1::EraseResponse* response) {
  return as_person(context, "Erase", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.erasing.run(person, TRY(wire::to_erasure_order(*request))),
        [&](const wire::ErasureView& v) { wire::to_proto(v, *response); }, [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::Export(grpc::ServerContext* context, const v1::ExportRequest* request,
                                  v1::ExportResponse* response) {
  return as_person(context, "Export", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.evidence.run(person, TRY(wire::to_evidence_query(*request))),
        [&](const wire::EvidenceView& v) { wire::to_proto(v, *response->mutable_evidence()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::Status(grpc::ServerContext* context, const v1::StatusRequest* /*request*/,
                                  v1::StatusResponse* response) {
  return as_person(context, "Status", [&](const core::User& person) -> Result<void> {
    wire::to_proto(TRY(services_.administration.status(person)), *response);
    return {};
  });
}

// ---- consent

grpc::Status DeskHandlers::ListConsents(grpc::ServerContext* context, const v1::ListConsentsRequest* request,
                                        v1::ListConsentsResponse* response) {
  return as_person(context, "ListConsents", [&](const core::User& person) -> Result<void> {
    const auto outcome = TRY(services_.consents.list(person, TRY(wire::to_list_query(*request))));
    if (const auto* refused = std::get_if<service::Refused>(&outcome)) return tl::unexpected(as_error(*refused));
    wire::to_proto(std::get<wire::ConsentListing>(outcome), *response);
    return {};
  });
}

grpc::Status DeskHandlers::ShowDissemination(grpc::ServerContext* context, const v1::ShowDisseminationRequest* request,
                                             v1::ShowDisseminationResponse* response) {
  return as_person(context, "ShowDissemination", [&](const core::User& person) -> Result<void> {
    CHECK_OK(wire::check_name(request->message()));
    return answer(
        services_.consents.dissemination(person, request->message()),
        [&](const wire::DisseminationView& v) { wire::to_proto(v, *response); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::Publish(grpc::ServerContext* context, const v1::PublishRequest* request,
                                   v1::ReadResponse* response) {
  return as_person(context, "Publish", [&](const core::User& person) -> Result<void> {
    CHECK_OK(wire::check_name(request->disclosure()));
    return answer(
        services_.disclosing.publish(person, request->disclosure()),
        [&](const wire::ReadView& v) { wire::to_proto(v, *response->mutable_body()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::ListJointActs(grpc::ServerContext* context, const v1::ListJointActsRequest* request,
                                         v1::ListJointActsResponse* response) {
  return as_person(context, "ListJointActs", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.joint_acts.list(person, request->agreement()),
        [&](const wire::JointActListing& v) { wire::to_proto(v, *response); },
        [&] { return response->mutable_refused(); });
  });
}

// ---- administration

grpc::Status DeskHandlers::AddUser(grpc::ServerContext* context, const v1::AddUserRequest* request,
                                   v1::AddUserResponse* response) {
  return as_person(context, "AddUser", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.administration.add_user(person, TRY(wire::to_new_user(*request))),
        [&](const wire::UserView& v) { wire::to_proto(v, *response->mutable_user()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::ListUsers(grpc::ServerContext* context, const v1::ListUsersRequest* /*request*/,
                                     v1::ListUsersResponse* response) {
  return as_person(context, "ListUsers", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.administration.users(person),
        [&](const std::vector<wire::UserView>& users) {
          for (const auto& user : users) wire::to_proto(user, *response->add_users());
        },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::AddPeer(grpc::ServerContext* context, const v1::AddPeerRequest* request,
                                   v1::AddPeerResponse* response) {
  return as_person(context, "AddPeer", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.administration.add_peer(person, TRY(wire::to_designation(*request))),
        [&](const wire::PeerView& v) { wire::to_proto(v, *response->mutable_peer()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::VerifyPeer(grpc::ServerContext* context, const v1::VerifyPeerRequest* request,
                                      v1::VerifyPeerResponse* response) {
  return as_person(context, "VerifyPeer", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.administration.verify_peer(person, TRY(wire::to_anchor_check(*request))),
        [&](const wire::PeerView& v) { wire::to_proto(v, *response->mutable_peer()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::SuspendPeer(grpc::ServerContext* context, const v1::SuspendPeerRequest* request,
                                       v1::SuspendPeerResponse* response) {
  return as_person(context, "SuspendPeer", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.administration.decide_peer(person, TRY(wire::to_peer_decision(*request))),
        [&](const wire::PeerView& v) { wire::to_proto(v, *response->mutable_peer()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::ResumePeer(grpc::ServerContext* context, const v1::ResumePeerRequest* request,
                                      v1::ResumePeerResponse* response) {
  return as_person(context, "ResumePeer", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.administration.decide_peer(person, TRY(wire::to_peer_decision(*request))),
        [&](const wire::PeerView& v) { wire::to_proto(v, *response->mutable_peer()); },
        [&] { return response->mutable_refused(); });
  });
}

grpc::Status DeskHandlers::ListPeers(grpc::ServerContext* context, const v1::ListPeersRequest* /*request*/,
                                     v1::ListPeersResponse* response) {
  return as_person(context, "ListPeers", [&](const core::User& person) -> Result<void> {
    return answer(
        services_.administration.peers(person),
        [&](const std::vector<wire::PeerView>& peers) {
          for (const auto& peer : peers) wire::to_proto(peer, *response->add_peers());
        },
        [&] { return response->mutable_refused(); });
  });
}

// ---- data

grpc::Status DeskHandlers::ListAgreements(grpc::ServerContext* context, const v1::ListAgreementsRequest* /*request*/,
                                          v1::ListAgreementsResponse* response) {
  return as_person(context, "ListAgreements", [&](const core::User&) -> Result<void> {
    const auto book = services_.administration.agreements();
    for (const auto& agreement : book->agreements()) wire::to_proto(agreement, *response->add_agreements());
    response->set_digest(to_string(book->digest()));
    return {};
  });
}

grpc::Status DeskHandlers::ListLabels(grpc::ServerContext* context, const v1::ListLabelsRequest* /*request*/,
                                      v1::ListLabelsResponse* response) {
  return as_person(context, "ListLabels", [&](const core::User&) -> Result<void> {
    const auto book = services_.administration.agreements();
    for (const auto& policy : book->labels().policies())
      wire::to_proto(policy, policy.id == services_.administration.own_label_policy(), *response->add_policies());
    return {};
  });
}

grpc::Status DeskHandlers::CheckLabel(grpc::ServerContext* context, const v1::CheckLabelRequest* request,
                                      v1::CheckLabelResponse* response) {
  return as_person(context, "CheckLabel", [&](const core::User&) -> Result<void> {
    wire::to_proto(services_.administration.check_label(TRY(wire::to_label_query(*request))), *response);
    return {};
  });
}

}  // namespace chancery::transport

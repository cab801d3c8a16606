// The methods of Desk, each: certificate -> person, wire -> values, one call of a service, values -> wire. For
// desk.cpp.
#pragma once

#include "chancery/v1/desk.grpc.pb.h"
#include "daemon/transport/desk.h"

namespace chancery::transport {

class DeskHandlers final : public v1::Desk::Service {
 public:
  explicit DeskHandlers(DeskServices services) : services_(std::move(services)) {}

  grpc::Status Preview(grpc::ServerContext*, const v1::PreviewRequest*, v1::PreviewResponse*) override;
  grpc::Status Submit(grpc::ServerContext*, const v1::SubmitRequest*, v1::SubmitResponse*) override;
  grpc::Status SubmitMany(grpc::ServerContext*,
                          grpc::ServerReaderWriter<v1::SubmitManyResponse, v1::SubmitManyRequest>*) override;
  grpc::Status Upload(grpc::ServerContext*, grpc::ServerReaderWriter<v1::UploadResponse, v1::UploadRequest>*) override;
  grpc::Status Approve(grpc::ServerContext*, const v1::ApproveRequest*, v1::SubmitResponse*) override;

  grpc::Status List(grpc::ServerContext*, const v1::ListRequest*, v1::ListResponse*) override;
  grpc::Status Read(grpc::ServerContext*, const v1::ReadRequest*, v1::ReadResponse*) override;
  grpc::Status Download(grpc::ServerContext*, const v1::DownloadRequest*,
                        grpc::ServerWriter<v1::DownloadResponse>*) override;
  grpc::Status Acknowledge(grpc::ServerContext*, const v1::AcknowledgeRequest*, v1::AcknowledgeResponse*) override;
  grpc::Status Handle(grpc::ServerContext*, const v1::HandleRequest*, v1::HandleResponse*) override;
  grpc::Status Erase(grpc::ServerContext*, const v1::EraseRequest*, v1::EraseResponse*) override;
  grpc::Status Export(grpc::ServerContext*, const v1::ExportRequest*, v1::ExportResponse*) override;
  grpc::Status Status(grpc::ServerContext*, const v1::StatusRequest*, v1::StatusResponse*) override;
  grpc::Status ListConsents(grpc::ServerContext*, const v1::ListConsentsRequest*, v1::ListConsentsResponse*) override;
  grpc::Status ShowDissemination(grpc::ServerContext*, const v1::ShowDisseminationRequest*,
                                 v1::ShowDisseminationResponse*) override;
  grpc::Status Publish(grpc::ServerContext*, const v1::PublishRequest*, v1::ReadResponse*) override;
  grpc::Status ListJointActs(grpc::ServerContext*, const v1::ListJointActsRequest*,
                             v1::ListJointActsResponse*) override;

  grpc::Status AddUser(grpc::ServerContext*, const v1::AddUserRequest*, v1::AddUserResponse*) override;
  grpc::Status ListUsers(grpc::ServerContext*, const v1::ListUsersRequest*, v1::ListUsersResponse*) override;
  grpc::Status AddPeer(grpc::ServerContext*, const v1::AddPeerRequest*, v1::AddPeerResponse*) override;
  grpc::Status SuspendPeer(grpc::ServerContext*, const v1::SuspendPeerRequest*, v1::SuspendPeerResponse*) override;
  grpc::Status ResumePeer(grpc::ServerContext*, const v1::ResumePeerRequest*, v1::ResumePeerResponse*) override;
  grpc::Status VerifyPeer(grpc::ServerContext*, const v1::VerifyPeerRequest*, v1::VerifyPeerResponse*) override;
  grpc::Status ListPeers(grpc::ServerContext*, const v1::ListPeersRequest*, v1::ListPeersResponse*) override;

  grpc::Status ListAgreements(grpc::ServerContext*, const v1::ListAgreementsRequest*,
                              v1::ListAgreementsResponse*) override;
  grpc::Status ListLabels(grpc::ServerContext*, const v1::ListLabelsRequest*, v1::ListLabelsResponse*) override;
  grpc::Status CheckLabel(grpc::ServerContext*, const v1::CheckLabelRequest*, v1::CheckLabelResponse*) override;

 private:
  [[nodiscard]] Result<core::User> caller(const grpc::ServerContext& context) const;
  grpc::Status status(const Error& error, const char* call, grpc::ServerContext& context) const;
  // Finds the person, runs, and turns an error into a status.
  template <class Run>
  grpc::Status as_person(grpc::ServerContext* context, const char* call, Run run) const {
    const auto person = caller(*context);
    if (!person) return status(person.error(), call, *context);
    const Result<void> done = run(*person);
    return done ? grpc::Status::OK : status(done.error(), call, *context);
  }
  // Puts what came into the answer with `show`, or the refusal into what `refusal` yields; what cannot be done for now
  // is refused too.
  template <class T, class Show, class Refusal>
  Result<void> answer(const service::Outcome<T>& outcome, Show show, Refusal refusal) const;

  DeskServices services_;
};

// A refusal where the answer has no place for one: an error by what the first reason is about.
Error as_error(const service::Refused& refused);
// One answer of Submit, SubmitMany and Approve.
Result<void> fill(const service::Outcome<wire::Accepted>& outcome, v1::SubmitResponse& out);

}  // namespace chancery::transport

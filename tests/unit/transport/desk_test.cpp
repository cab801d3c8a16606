// Who may call the Desk, and a message's whole way through it: over a real Unix socket, with mutual TLS.
#include "daemon/transport/desk.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/sync_stream.h>

#include "daemon/transport/raw_stream.h"
#include "tests/unit/transport/desk_world.h"

namespace chancery::test {
namespace {

using Stub = v1::Desk::Stub;

grpc::StatusCode ask_status(Stub& stub, std::string* caller = nullptr) {
  Call call;
  v1::StatusResponse response;
  const auto status = stub.Status(&call, {}, &response);
  if (caller != nullptr) *caller = response.caller();
  return status.error_code();
}

TEST_F(DeskServerTest, KnowsAPersonByTheCertificateAlone) {
  const auto stub = person(officer("wang"));
  std::string caller;
  EXPECT_EQ(ask_status(*stub, &caller), grpc::StatusCode::OK);
  EXPECT_EQ(caller, "wang");
}

TEST_F(DeskServerTest, DoesNotKnowAnotherCertificateOfTheSameName) {
  const auto known = person(officer("wang"));
  const auto stranger = with(desk_, make_badge("wang", clock_.now()));
  EXPECT_EQ(ask_status(*stranger), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ask_status(*known), grpc::StatusCode::OK);
}

// A leaf under an anchor, and the leaf the authority itself shows to its peers: both are no person's.
TEST_F(DeskServerTest, DoesNotKnowWhoIsOnlyUnderAnAnchor) {
  const auto machine = make_party("cn-example");
  const auto stub = v1::Desk::NewStub(channel_to(desk_.socket, machine.tls));
  EXPECT_EQ(ask_status(*stub), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(DeskServerTest, ForgetsAPersonWhoseCertificateRanOutDuringTheConnection) {
  const auto badge = make_badge("wang", clock_.now(), days(10));
  add(desk_, officer("wang"), badge);
  const auto stub = with(desk_, badge);
  EXPECT_EQ(ask_status(*stub), grpc::StatusCode::OK);
  clock_.advance(days(9));
  clock_.advance({1});
  EXPECT_EQ(ask_status(*stub), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(DeskServerTest, DoesNotKnowACertificateBeforeItsTime) {
  const auto badge = make_badge("wang", clock_.now() + days(30));
  add(desk_, officer("wang"), badge);
  EXPECT_EQ(ask_status(*with(desk_, badge)), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(DeskServerTest, TellsAStrangerOneSentenceAndACorrelationId) {
  const auto stub = with(desk_, make_badge("nobody", clock_.now()));
  Call call;
  v1::StatusResponse response;
  const auto status = stub->Status(&call, {}, &response);
  EXPECT_EQ(status.error_message(), "The certificate is not known here.");
  const auto& trailers = call.GetServerTrailingMetadata();
  const auto id = trailers.find("correlation-id");
  ASSERT_NE(id, trailers.end());
  EXPECT_EQ(id->second.size(), 16U);
}

// ---- one message

TEST_F(DeskServerTest, ReleasesOnlyByTwoPersonsWhatIsRestricted) {
  const auto li = person(officer("li"));
  const auto wang = person(approver("wang"));
  Call submitting;
  v1::SubmitResponse waiting;
  DraftOptions restricted;
  restricted.label = "restricted";
  ASSERT_TRUE(li->Submit(&submitting, submit_request(restricted, 1), &waiting).ok());
  ASSERT_TRUE(waiting.accepted().awaiting_approval());
  v1::ApproveRequest request;
  request.set_draft(waiting.accepted().number());
  request.set_plan(waiting.accepted().plan());
  Call alone;
  v1::SubmitResponse refused;
  ASSERT_TRUE(li->Approve(&alone, request, &refused).ok());
  EXPECT_TRUE(refused.has_refused());
  Call approving;
  v1::SubmitResponse released;
  ASSERT_TRUE(wang->Approve(&approving, request, &released).ok());
  EXPECT_EQ(released.accepted().number(), "CN-2026-0001");
  Call again;
  v1::SubmitResponse twice;
  ASSERT_TRUE(wang->Approve(&again, request, &twice).ok());
  EXPECT_EQ(twice.refused().reasons(0).code(), "E-DRAFT-DECIDED");
}

std::string stage_of(Stub& stub, const std::string& id) {
  Call call;
  v1::ListRequest request;
  request.set_box(v1::BOX_INBOX);
  v1::ListResponse response;
  if (!stub.List(&call, request, &response).ok() || response.messages_size() != 1) return "no single message";
  return response.messages(0).id() == id ? response.messages(0).stage() : "another message";
}

TEST_F(DeskServerTest, ListingLeavesAMessageUnreadReadingAndAcknowledgingMoveIt) {
  const auto id = released();
  deliver(id);
  DeskOf at_ru(ru_, recorded_.lanes(), random_, clock_, (folder_ / "ru.sock").string());
  const auto ivanov = person(at_ru, officer("ivanov"));
  EXPECT_EQ(stage_of(*ivanov, id), "delivered");
  Call reading;
  v1::ReadRequest read;
  read.set_message(id);
  v1::ReadResponse shown;
  ASSERT_TRUE(ivanov->Read(&reading, read, &shown).ok());
  EXPECT_EQ(shown.body().message().id(), id);
  EXPECT_GT(shown.body().parts_size(), 0);
  EXPECT_EQ(stage_of(*ivanov, id), "read");
  Call acknowledging;
  v1::AcknowledgeRequest acknowledge;
  acknowledge.set_message(id);
  v1::AcknowledgeResponse acknowledged;
  ASSERT_TRUE(ivanov->Acknowledge(&acknowledging, acknowledge, &acknowledged).ok());
  EXPECT_EQ(stage_of(*ivanov, id), "acknowledged");
  at_ru.server.reset();
}

TEST_F(DeskServerTest, NamesNothingThatIsNotThere) {
  const auto stub = person(officer("li"));
  Call call;
  v1::ReadRequest request;
  request.set_message("CN-2026-0099");
  v1::ReadResponse response;
  ASSERT_TRUE(stub->Read(&call, request, &response).ok());
  EXPECT_EQ(response.refused().reasons(0).code(), "E-NOT-FOUND");
}

TEST_F(DeskServerTest, RefusesRequestsThatAreNotOfTheirForm) {
  const auto stub = person(officer("li"));
  auto request = submit_request({}, 1);
  request.set_idempotency_key("short");
  Call call;
  v1::SubmitResponse response;
  EXPECT_EQ(stub->Submit(&call, request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  Call listing;
  v1::ListRequest list;
  v1::ListResponse listed;
  EXPECT_EQ(stub->List(&listing, list, &listed).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "no box";
}

// ---- helpers of gRPC

grpc::StatusCode call_raw(const std::shared_ptr<grpc::Channel>& channel, const char* method, const Bytes& body) {
  Call call;
  const auto request = transport::to_buffer(body);
  grpc::ByteBuffer response;
  const grpc::internal::RpcMethod rpc(method, grpc::internal::RpcMethod::NORMAL_RPC, channel);
  return grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
             channel.get(), rpc, &call, request, &response)
      .error_code();
}

TEST_F(DeskServerTest, AnswersReflectionAndHealth) {
  const auto channel = channel_to(desk_.socket, make_badge("li", clock_.now()).tls);
  EXPECT_EQ(call_raw(channel, "/grpc.health.v1.Health/Check", {}), grpc::StatusCode::OK);
  const char* reflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_NE(call_raw(channel, reflection, {}), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(DeskServerTest, KnowsTheHealthOfTheServerAsAWholeAlone) {
  const auto channel = channel_to(desk_.socket, make_badge("li", clock_.now()).tls);
  const Bytes empty_name{0x0a, 0x00}, other_name{0x0a, 0x01, 'x'};
  EXPECT_EQ(call_raw(channel, "/grpc.health.v1.Health/Check", empty_name), grpc::StatusCode::OK);
  EXPECT_EQ(call_raw(channel, "/grpc.health.v1.Health/Check", other_name), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(call_raw(channel, "/grpc.health.v1.Health/Watch", {}), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(DeskServerTest, KeepsItsHelpersWhenThePeersPortIsBuiltBesideIt) {
  Pair pair;
  DeskOf second(ru_, recorded_.lanes(), random_, clock_, (folder_ / "ru.sock").string());
  const auto channel = channel_to(second.socket, make_badge("li", clock_.now()).tls);
  EXPECT_EQ(call_raw(channel, "/grpc.health.v1.Health/Check", {}), grpc::StatusCode::OK);
  second.server.reset();
}

TEST_F(DeskServerTest, DoesNotKnowWhatThePeersPortAnswers) {
  const auto channel = channel_to(desk_.socket, make_badge("li", clock_.now()).tls);
  EXPECT_EQ(call_raw(channel, transport::kDeliver, {}), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace chancery::test

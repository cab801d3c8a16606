// SubmitMany over a real Unix socket: frames in, answers out, in order.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <thread>

#include "tests/unit/transport/desk_world.h"

namespace chancery::test {
namespace {

using Stream = grpc::ClientReaderWriter<v1::SubmitManyRequest, v1::SubmitManyResponse>;

class SubmitMany : public DeskServerTest {
 protected:
  SubmitMany() : li_(person(officer("li"))), stream_(li_->SubmitMany(&context_)) {}

  static v1::SubmitManyRequest frame(int drafts, std::uint64_t first) {
    v1::SubmitManyRequest request;
    for (int i = 0; i < drafts; ++i) *request.add_drafts() = submit_request({}, first + static_cast<std::uint64_t>(i));
    return request;
  }
  // How many the outbox holds.
  std::size_t sent() {
    v1::ListRequest request;
    request.set_box(v1::BOX_OUTBOX);
    request.set_limit(1000);
    Call call;
    v1::ListResponse response;
    EXPECT_TRUE(li_->List(&call, request, &response).ok());
    return static_cast<std::size_t>(response.messages_size());
  }
  grpc::StatusCode finish() {
    stream_->WritesDone();
    return stream_->Finish().error_code();
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::Desk::Stub> li_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(SubmitMany, AnswersFramesOfOneAndOfSixtyFourInTheirOrder) {
  ASSERT_TRUE(stream_->Write(frame(1, 1)));
  ASSERT_TRUE(stream_->Write(frame(64, 2)));
  v1::SubmitManyResponse one;
  v1::SubmitManyResponse many;
  ASSERT_TRUE(stream_->Read(&one));
  ASSERT_TRUE(stream_->Read(&many));
  ASSERT_EQ(one.outcomes_size(), 1);
  ASSERT_EQ(many.outcomes_size(), 64);
  EXPECT_EQ(one.outcomes(0).accepted().number(), "CN-2026-0001");
  EXPECT_EQ(many.outcomes(0).accepted().number(), "CN-2026-0002");
  EXPECT_EQ(many.outcomes(63).accepted().number(), "CN-2026-0065");
  EXPECT_EQ(finish(), grpc::StatusCode::OK);
  EXPECT_EQ(sent(), 65U);
}

TEST_F(SubmitMany, TakesNothingOfAFrameOfSixtyFive) {
  ASSERT_TRUE(stream_->Write(frame(65, 1)));
  v1::SubmitManyResponse response;
  EXPECT_FALSE(stream_->Read(&response));
  EXPECT_EQ(finish(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(sent(), 0U);
}

TEST_F(SubmitMany, AnswersAnEmptyFrameWithAnEmptyOne) {
  ASSERT_TRUE(stream_->Write({}));
  ASSERT_TRUE(stream_->Write(frame(1, 1)));
  v1::SubmitManyResponse empty;
  v1::SubmitManyResponse one;
  ASSERT_TRUE(stream_->Read(&empty));
  ASSERT_TRUE(stream_->Read(&one));
  EXPECT_EQ(empty.outcomes_size(), 0);
  EXPECT_EQ(one.outcomes_size(), 1);
  EXPECT_EQ(finish(), grpc::StatusCode::OK);
}

TEST_F(SubmitMany, AnswersGoodAndRefusedDraftsEachInItsPlace) {
  v1::SubmitManyRequest request;
  DraftOptions to_nobody;
  to_nobody.recipients = {"uz-example"};
  DraftOptions secret;
  secret.label = "state-secret";
  *request.add_drafts() = submit_request({}, 1);
  *request.add_drafts() = submit_request(to_nobody, 2);
  *request.add_drafts() = submit_request({}, 3);
  *request.add_drafts() = submit_request(secret, 4);
  *request.add_drafts() = submit_request({}, 1);
  ASSERT_TRUE(stream_->Write(request));
  v1::SubmitManyResponse response;
  ASSERT_TRUE(stream_->Read(&response));
  ASSERT_EQ(response.outcomes_size(), 5);
  EXPECT_EQ(response.outcomes(0).accepted().number(), "CN-2026-0001");
  EXPECT_TRUE(response.outcomes(1).has_refused());
  EXPECT_EQ(response.outcomes(2).accepted().number(), "CN-2026-0002");
  EXPECT_TRUE(response.outcomes(3).has_refused());
  EXPECT_EQ(response.outcomes(4).accepted().number(), "CN-2026-0001");
  EXPECT_TRUE(response.outcomes(4).accepted().repeated());
  EXPECT_EQ(finish(), grpc::StatusCode::OK);
  EXPECT_EQ(sent(), 2U);
}

TEST_F(SubmitMany, TakesNothingOfAFrameWithOneDraftOutOfForm) {
  auto request = frame(3, 1);
  request.mutable_drafts(1)->set_idempotency_key("short");
  ASSERT_TRUE(stream_->Write(request));
  v1::SubmitManyResponse response;
  EXPECT_FALSE(stream_->Read(&response));
  EXPECT_EQ(finish(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(sent(), 0U);
}

TEST_F(SubmitMany, AnswersEverythingToACallerWhoOnlyReadsFromNowOn) {
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(stream_->Write(frame(2, 1 + 2 * i)));
  stream_->WritesDone();
  v1::SubmitManyResponse response;
  int frames = 0;
  while (stream_->Read(&response)) frames += response.outcomes_size() == 2 ? 1 : 100;
  EXPECT_EQ(frames, 20);
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::OK);
  EXPECT_EQ(sent(), 40U);
}

TEST_F(SubmitMany, ACallerWhoVanishesFindsOneEffectUnderHisKeys) {
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(stream_->Write(frame(16, 1 + 16 * i)));
  context_.TryCancel();
  stream_->Finish();
  grpc::ClientContext context;
  const auto again = li_->SubmitMany(&context);
  std::set<std::string> ids;
  for (std::uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(again->Write(frame(16, 1 + 16 * i)));
    v1::SubmitManyResponse response;
    ASSERT_TRUE(again->Read(&response));
    for (const auto& outcome : response.outcomes()) ids.insert(outcome.accepted().id());
  }
  again->WritesDone();
  EXPECT_TRUE(again->Finish().ok());
  EXPECT_EQ(ids.size(), 160U);
  EXPECT_EQ(sent(), 160U);
}

// The same frame again and again has one effect, so that this is about answers nobody takes.
TEST_F(SubmitMany, HoldsBackACallerWhoDoesNotReadAndGoesOnWhenHeDoes) {
  constexpr int kFrames = 600;  // more than the windows of a stream hold, there and back
  const auto request = frame(64, 1);
  std::atomic<int> written{0};
  std::thread writer([&] {
    while (written < kFrames && stream_->Write(request)) ++written;
    stream_->WritesDone();
  });
  int before = -1;
  while (written != before && written < kFrames) {
    before = written;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  EXPECT_LT(written, kFrames) << "nobody stopped him";
  EXPECT_EQ(sent(), 64U) << "others are served meanwhile";
  int answered = 0;
  v1::SubmitManyResponse response;
  while (stream_->Read(&response)) answered += response.outcomes_size() == 64 ? 1 : kFrames;
  writer.join();
  EXPECT_EQ(answered, kFrames);
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::OK);
  EXPECT_EQ(sent(), 64U);
}

}  // namespace
}  // namespace chancery::test

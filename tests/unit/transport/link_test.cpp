// Links between two real ends over loopback, with mutual TLS.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/sync_stream.h>
#include <gtest/gtest.h>

#include <thread>

#include "daemon/transport/raw_stream.h"
#include "daemon/transport/stream_link.h"
#include "tests/unit/transport/ends.h"

namespace chancery::test {
namespace {

TEST(Link, CarriesFramesBothWays) {
  Pair pair;
  const auto link = pair.dial();
  ASSERT_TRUE(link.has_value()) << link.error().detail;
  ASSERT_TRUE(pair.right->events.wait_for_opened(1));
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE((*link)->send(heartbeat(i)));
    ASSERT_TRUE(pair.right->events.link()->send(heartbeat(1000 + i)));
  }
  ASSERT_TRUE(pair.right->events.wait_for_frames(100));
  ASSERT_TRUE(pair.left->events.wait_for_frames(100));
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(pair.right->events.frames()[i], heartbeat(i));
    EXPECT_EQ(pair.left->events.frames()[i], heartbeat(1000 + i));
  }
}

TEST(Link, ClosedByOneEndIsClosedAtBoth) {
  Pair pair;
  const auto link = pair.dial();
  ASSERT_TRUE(link.has_value());
  ASSERT_TRUE(pair.right->events.wait_for_opened(1));
  pair.right->events.link()->close();
  EXPECT_TRUE(pair.left->events.wait_for_closed(1));
  EXPECT_TRUE(pair.right->events.wait_for_closed(1));
  EXPECT_FALSE((*link)->open());
  EXPECT_FALSE((*link)->send(heartbeat(1)));
}

TEST(Link, IsNotOpenedWhenTheOtherEndKeepsAnotherStream) {
  Pair pair;
  pair.right->events.accept = false;
  const auto link = pair.dial();
  if (link.has_value()) {
    EXPECT_TRUE(pair.left->events.wait_for_closed(1));
  }
  EXPECT_EQ(pair.right->events.times_opened(), 0U);
}

TEST(Link, IsRefusedToACertificateNobodyPinned) {
  Pair pair;
  pair.trust.drop("cn-example");
  const auto link = pair.dial();
  ASSERT_FALSE(link.has_value());
  EXPECT_EQ(link.error().code, Errc::unavailable);
  EXPECT_EQ(pair.right->events.times_opened(), 0U);
}

TEST(Link, IsNotMadeWithAServerThatIsSomebodyElse) {
  Pair pair;
  End kz(make_party("kz-example"), pair.trust);
  pair.trust.add(kz.party);
  const auto link = pair.left->client.dial("ru-example", kz.server->address(), pair.left->events);
  ASSERT_FALSE(link.has_value());
  EXPECT_EQ(link.error().code, Errc::unauthenticated);
  EXPECT_EQ(kz.events.times_opened(), 0U);
}

TEST(Link, EndsWithinFiveSecondsOfASuspension) {
  Pair pair;
  const auto link = pair.dial();
  ASSERT_TRUE(link.has_value());
  ASSERT_TRUE(pair.right->events.wait_for_opened(1));
  const auto start = std::chrono::steady_clock::now();
  pair.trust.drop("cn-example");
  EXPECT_TRUE(pair.right->events.wait_for_closed(1));
  EXPECT_TRUE(pair.left->events.wait_for_closed(1));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Link, SaysUnavailableWhereNobodyListens) {
  Pair pair;
  const auto address = pair.right->server->address();
  pair.right.reset();
  const auto link = pair.left->client.dial("ru-example", address, pair.left->events);
  ASSERT_FALSE(link.has_value());
  EXPECT_EQ(link.error().code, Errc::unavailable);
}

// A frame with a body of this size, as the largest messages have.
wire::Frame large(std::size_t size) {
  wire::Frame frame;
  wire::MessageItem item;
  frame.signatures.push_back({crypto::Suite::p256, {}, 0, Bytes(70, 1), "batch"});
  item.statement.statement = "statement";
  item.ciphertexts.emplace_back(size, std::uint8_t{7});
  frame.messages.push_back(std::move(item));
  return frame;
}

TEST(Link, CarriesTheLargestFramesInALongStream) {
  Pair pair;
  const auto link = pair.dial();
  ASSERT_TRUE(link.has_value());
  const auto frame = large(1'000'000);
  for (int i = 0; i < 30; ++i) ASSERT_TRUE((*link)->send(frame)) << i;
  EXPECT_TRUE(pair.right->events.wait_for_frames(30));
}

// A peer that speaks gRPC but not our frames.
struct RawPeer {
  RawPeer(const Party& party, const std::string& address)
      : channel(grpc::CreateChannel("dns:///" + address,
                                    transport::channel_credentials(party.tls, [](const Digest&) { return true; }))) {
    const grpc::internal::RpcMethod method(transport::kDeliver, grpc::internal::RpcMethod::BIDI_STREAMING, channel);
    stream.reset(grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
        channel.get(), method, &context));
  }
  ~RawPeer() {
    context.TryCancel();
    stream->Finish();
  }
  std::shared_ptr<grpc::Channel> channel;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream;
};

TEST(Link, CountsWhatIsNoFrameAndGoesOn) {
  Pair pair;
  RawPeer peer(pair.cn, pair.right->server->address());
  ASSERT_TRUE(peer.stream->Write(transport::to_buffer(Bytes(100, 0xff))));
  ASSERT_TRUE(peer.stream->Write(transport::to_buffer(wire::encode_frame(heartbeat(7)))));
  EXPECT_TRUE(pair.right->events.wait_for_malformed(1));
  EXPECT_TRUE(pair.right->events.wait_for_frames(1));
}

TEST(Link, EndsAtAFrameBeyondTheLimit) {
  Pair pair;
  RawPeer peer(pair.cn, pair.right->server->address());
  ASSERT_TRUE(pair.right->events.wait_for_opened(1));
  peer.stream->Write(transport::to_buffer(Bytes(std::size_t{2} << 20, 1)));
  EXPECT_TRUE(pair.right->events.wait_for_closed(1));
  EXPECT_TRUE(pair.right->events.frames().empty());
  bool barred = false;
  for (int i = 0; i < 50 && !barred; ++i) {
    barred = !pair.dial().has_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(barred) << "no honest peer sends one: its authority is charged";
}

TEST(Link, IsCutWhenItCarriesOnlyNonsense) {
  Pair pair;
  RawPeer peer(pair.cn, pair.right->server->address());
  const auto nonsense = transport::to_buffer(Bytes(60'000, 0xff));
  int written = 0;
  while (written < 1000 && peer.stream->Write(nonsense)) {
    ++written;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LT(written, 200);
  EXPECT_TRUE(pair.right->events.wait_for_closed(1));
  EXPECT_FALSE(pair.dial().has_value()) << "its authority is charged";
}

}  // namespace
}  // namespace chancery::test

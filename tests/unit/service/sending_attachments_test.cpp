// Attachments on their way to a peer: in which order they are offered and sent, and when again.
#include "daemon/service/sending_attachments.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "daemon/service/arriving_share.h"
#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using core::Precedence;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr core::RetryPolicy kHours{hours(10), hours(10)};

class SendingTest : public PeerTest {
 protected:
  // Sealed chunks without content, as many as this file would have; on the disk they take no room.
  Digest file(std::uint64_t plain) {
    const std::vector<Digest> leaves(crypto::chunks_of(plain), crypto::sha256(as_bytes(std::to_string(++made_))));
    const auto root = crypto::merkle_root(leaves);
    const auto name = to_hex(root.view());
    const auto& files = cn_.store().attachments();
    EXPECT_TRUE(files.unfinished(name)->cut(crypto::sealed_length(plain)));
    EXPECT_TRUE(files.complete(name));
    EXPECT_TRUE(files.adopt(name, root));
    EXPECT_TRUE(cn_.store().run<void>(0, [&](store::Transaction& tx) {
      return tx.record_attachment({root, {}, {}, {}, leaves, leaves, {}});
    }));
    return root;
  }
  store::OutboxRow message(const std::vector<Digest>& roots, Precedence precedence = Precedence::routine) {
    store::OutboxRow row;
    row.sequence = ++made_;
    row.message = core::MessageId{crypto::sha256(as_bytes("message " + std::to_string(made_))).value};
    row.precedence = precedence;
    std::vector<store::Attached> attached;
    for (const auto& root : roots) attached.push_back({root, false});
    EXPECT_TRUE(cn_.store().run<void>(0, [&](store::Transaction& tx) { return tx.attach(*row.message, attached); }));
    return row;
  }
  bool ready(const store::OutboxRow& row) { return sending_.ready(row).value(); }
  wire::Frame next() {
    wire::Frame frame;
    sending_.add(frame);
    return frame;
  }
  static std::vector<core::MessageId> offered(const wire::Frame& frame) {
    std::vector<core::MessageId> all;
    for (const auto& offer : frame.offers)
      if (all.empty() || all.back() != offer.message) all.push_back(offer.message);
    return all;
  }
  static std::vector<Digest> chunks(const wire::Frame& frame) {
    std::vector<Digest> all;
    for (const auto& chunk : frame.chunks) all.push_back(chunk.root);
    return all;
  }
  std::vector<core::MessageId> refused(const Digest& root, core::ReasonCode code) {
    return sending_.told({root, 0, false, {core::Reason{code, {}, {}, {}}}});
  }
  std::vector<core::MessageId> complete(const Digest& root) { return sending_.told({root, 3, true, {}}); }

  static constexpr std::uint64_t kLargest = crypto::kMaxPlainLength;
  std::uint64_t made_ = 0;
  const Node cn_node_ = cn_.node();
  SendingAttachments sending_{cn_node_, kHours};
};

TEST_F(SendingTest, OffersMessageByMessageInOneFrameEach) {
  const auto first = message({file(kLargest), file(kLargest)}), second = message({file(kLargest)}),
             third = message({file(1000)});
  for (const auto& row : {third, second, first}) EXPECT_FALSE(ready(row));
  const auto frame = next();
  EXPECT_THAT(offered(frame), ElementsAre(*first.message));
  EXPECT_EQ(frame.offers.size(), 2u);
  EXPECT_THAT(offered(next()), IsEmpty());
  sending_.settle(*first.message);
  EXPECT_THAT(offered(next()), ElementsAre(*second.message, *third.message));
}

TEST_F(SendingTest, WhatIsMoreUrgentHasRoomBesideWhatFillsItsShare) {
  const auto large = message({file(kLargest), file(kLargest)});
  EXPECT_FALSE(ready(large));
  EXPECT_THAT(offered(next()), ElementsAre(*large.message));
  const auto urgent = message({file(kLargest), file(kLargest)}, Precedence::flash);
  EXPECT_FALSE(ready(urgent));
  EXPECT_THAT(offered(next()), ElementsAre(*urgent.message));
}

TEST_F(SendingTest, MessageThatTheRecipientHasNoRoomForIsNotOvertakenByThoseBehindIt) {
  const auto root = file(1000), other = file(1000), third = file(1000);
  const auto under_way = message({root}), waiting = message({other}), behind = message({third});
  for (const auto& row : {under_way, waiting}) EXPECT_FALSE(ready(row));
  EXPECT_THAT(offered(next()), ElementsAre(*under_way.message, *waiting.message));
  EXPECT_THAT(refused(other, core::ReasonCode::not_now), IsEmpty());
  EXPECT_FALSE(ready(behind));
  EXPECT_THAT(offered(next()), IsEmpty());
  // What had the room is there.
  sending_.settle(*under_way.message);
  EXPECT_THAT(offered(next()), ElementsAre(*waiting.message, *behind.message));
}

TEST_F(SendingTest, MessageThatTheRecipientNeverHasRoomForGoesAndIsRefusedThere) {
  const auto root = file(1000);
  const auto row = message({root});
  EXPECT_FALSE(ready(row));
  (void)next();
  EXPECT_THAT(refused(root, core::ReasonCode::limit_exceeded), ElementsAre(*row.message));
  EXPECT_TRUE(ready(row));
}

TEST_F(SendingTest, ChunksGoByPrecedenceAndInTurnsAmongEquals) {
  const auto a = file(kLargest), b = file(kLargest), c = file(20 * crypto::kChunkSize);
  for (const auto& row : {message({a}), message({b})}) EXPECT_FALSE(ready(row));
  (void)next();
  for (const auto& root : {a, b}) sending_.told({root, 0, false, {}});
  std::vector<Digest> sent;
  for (int i = 0; i < 2; ++i)
    for (const auto& root : chunks(next())) sent.push_back(root);
  ASSERT_GE(sent.size(), 4u);
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_NE(sent[i], sent[i - 1]) << i;
  const auto flash = message({c}, Precedence::flash);
  EXPECT_FALSE(ready(flash));
  (void)next();
  sending_.told({c, 0, false, {}});
  for (int i = 0; i < 2; ++i) EXPECT_THAT(chunks(next()), Each(c));
}

TEST_F(SendingTest, RootOfTwoMessagesGoesOnce) {
  const auto root = file(3 * crypto::kChunkSize);
  const auto first = message({root}), second = message({root});
  for (const auto& row : {first, second}) EXPECT_FALSE(ready(row));
  EXPECT_THAT(offered(next()), ElementsAre(*first.message, *second.message));
  sending_.told({root, 0, false, {}});
  sending_.told({root, 0, false, {}});
  std::size_t sent = 0;
  for (auto frame = next(); !frame.chunks.empty(); frame = next()) sent += frame.chunks.size();
  EXPECT_EQ(sent, 3u);
  EXPECT_THAT(complete(root), UnorderedElementsAre(*first.message, *second.message));
  EXPECT_TRUE(ready(first) && ready(second));
}

// ---- again

TEST_F(SendingTest, OnceMoreIsAtOnceAndEachTimeAfterThatLater) {
  const auto root = file(1000);
  const auto row = message({root});
  EXPECT_FALSE(ready(row));
  EXPECT_THAT(offered(next()), ElementsAre(*row.message));
  EXPECT_THAT(complete(root), ElementsAre(*row.message));
  sending_.doubt(*row.message);  // what is large is being opened
  EXPECT_THAT(offered(next()), ElementsAre(*row.message));
  EXPECT_THAT(complete(root), ElementsAre(*row.message));
  sending_.doubt(*row.message);
  EXPECT_THAT(offered(next()), IsEmpty());
}

TEST_F(SendingTest, NothingThePeerSaysEndsAPauseBeforeItsTime) {
  const auto root = file(1000);
  const auto row = message({root});
  EXPECT_FALSE(ready(row));
  (void)next();
  for (int i = 0; i < 2; ++i) sending_.doubt(*row.message);
  EXPECT_THAT(sending_.told({root, 0, false, {}}), IsEmpty());
  EXPECT_THAT(chunks(next()), IsEmpty());
  EXPECT_THAT(complete(root), IsEmpty());
  EXPECT_FALSE(ready(row));
  sending_.restart();
  EXPECT_FALSE(ready(row));
  EXPECT_THAT(offered(next()), IsEmpty());
}

TEST_F(SendingTest, FileThatTheRecipientLosesAgainAndAgainIsSentLater) {
  const auto root = file(3 * crypto::kChunkSize);
  const auto row = message({root});
  EXPECT_FALSE(ready(row));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(offered(next()), ElementsAre(*row.message)) << i;
    sending_.told({root, 0, false, {}});
    EXPECT_THAT(chunks(next()), Each(root));
    sending_.told({root, 2, false, {}});
    sending_.told({root, 0, false, {}});
  }
  EXPECT_THAT(offered(next()), IsEmpty());
  EXPECT_THAT(chunks(next()), IsEmpty());
}

// The writer's thread comes to settle what was taken while a chunk is read.
TEST_F(SendingTest, DiskThatIsSlowKeepsNobodyElseWaiting) {
  const auto slow = file(1000), other = file(1000);
  const auto first = message({slow}), second = message({other});
  EXPECT_FALSE(ready(first) || ready(second));
  (void)next();
  sending_.told({slow, 0, false, {}});
  const auto path = cn_.directory() / "attachments" / to_hex(slow.view());
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);  // nobody opens it to read until somebody writes
  auto reading = std::async(std::launch::async, [&] { return next(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the reader is there; if not, this shows less
  sending_.settle(*second.message);
  std::ofstream(path) << "";
  EXPECT_THAT(chunks(reading.get()), IsEmpty());
}

TEST_F(SendingTest, FileThatIsGoneIsNotFoundWhenItsMessageIsDueAgain) {
  const auto root = file(1000);
  const auto row = message({root});
  EXPECT_FALSE(ready(row));
  (void)next();
  sending_.told({root, 0, false, {}});
  cn_.store().attachments().remove(root);
  EXPECT_THAT(chunks(next()), IsEmpty());
  EXPECT_EQ(sending_.ready(row).error().code, Errc::not_found);
}

}  // namespace
}  // namespace chancery::service

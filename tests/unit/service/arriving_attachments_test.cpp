// What a peer sends chunk by chunk.
#include "daemon/service/arriving_attachments.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/unit/service/peer_fixture.h"
#include "tests/unit/service/sealed_file.h"

namespace chancery::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ArrivingTest : public PeerTest {
 protected:
  using Opened = ArrivingAttachments::Opened;
  using Shut = ArrivingAttachments::Shut;

  // Waits for what could not be said at once.
  wire::AttachmentState told() {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [this] { return !states_.empty(); });
    auto state = std::move(states_.front());
    states_.pop_front();
    return state;
  }
  wire::AttachmentState offered(const File& file, const core::MessageId& message = {},
                                const std::string& peer = "cn-example") {
    return offered(peer, file.offer(message)).at(0);
  }
  // On the thread that removes files, too.
  std::vector<wire::AttachmentState> offered(const std::string& peer, const wire::AttachmentOffer& offer,
                                             const std::set<Digest>& held = {}) {
    std::promise<std::vector<wire::AttachmentState>> states;
    arriving_->soon([&] { states.set_value(arriving_->offered(peer, {offer}, held)); });
    return states.get_future().get();
  }
  bool useless(const wire::AttachmentChunk& chunk, const std::string& peer = "cn-example") {
    return std::holds_alternative<ArrivingAttachments::Useless>(arriving_->take(peer, chunk));
  }
  void send(const File& file, std::uint64_t from = 0, const std::string& peer = "cn-example") {
    for (auto i = from; i < file.chunks.size(); ++i) EXPECT_FALSE(useless(file.chunk(i), peer)) << i;
  }
  void comes(const File& file) {
    offered(file);
    send(file);
    EXPECT_TRUE(told().complete);
  }
  bool opens(const wire::Manifest& manifest, const std::string& peer = "cn-example") {
    return std::holds_alternative<Opened>(arriving_->open(peer, manifest));
  }
  Shut shut(const wire::Manifest& manifest) { return std::get<Shut>(arriving_->open("cn-example", manifest)); }
  static core::MessageId message(std::uint64_t number) {
    return {crypto::sha256(as_bytes(std::to_string(number))).value};
  }
  static std::vector<core::ReasonCode> reasons(const std::vector<wire::AttachmentState>& states) {
    std::vector<core::ReasonCode> all;
    for (const auto& state : states)
      for (const auto& reason : state.reasons) all.push_back(reason.code);
    return all;
  }
  std::vector<std::string> files() {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(ru_.directory() / "attachments"))
      all.push_back(entry.path().filename());
    return all;
  }
  void restart() {
    arriving_.reset();
    begin();
  }
  void begin() {
    arriving_ = std::make_unique<ArrivingAttachments>(node_, [this](const std::string&, const auto& state) {
      const std::lock_guard lock(mutex_);
      states_.push_back(state);
      told_.notify_one();
    });
  }
  ArrivingTest() { begin(); }

  std::mutex mutex_;
  std::condition_variable told_;
  std::deque<wire::AttachmentState> states_;
  std::unique_ptr<ArrivingAttachments> arriving_;
};

TEST_F(ArrivingTest, AttachmentIsCompleteWhenEveryChunkIsThereAndOpensToWhatItsManifestSays) {
  const File file(600'000);
  EXPECT_EQ(offered(file).chunks, 0u);
  EXPECT_EQ(shut(file.manifest), Shut::incomplete);
  send(file);
  EXPECT_TRUE(told().complete);
  const auto opened = arriving_->open("cn-example", file.manifest);
  ASSERT_TRUE(std::holds_alternative<Opened>(opened));
  EXPECT_EQ(std::get<Opened>(opened).sealed, file.tree.leaves());
  EXPECT_THAT(std::get<Opened>(opened).plain, SizeIs(3));
}

TEST_F(ArrivingTest, LargeAttachmentIsOpenedBesideTheStreamAndItsPeerHears) {
  const File file(3'000'000);
  comes(file);
  EXPECT_EQ(shut(file.manifest), Shut::incomplete);
  EXPECT_TRUE(told().complete);
  EXPECT_TRUE(opens(file.manifest));
}

TEST_F(ArrivingTest, ChunkIsTakenWhereItBelongsAndNowhereElse) {
  const File file(900'000), other(900'000, 2);
  EXPECT_TRUE(useless(file.chunk(0)));
  offered(file);
  EXPECT_TRUE(useless(file.chunk(0), "kz-example"));
  auto forged = file.chunk(0);
  forged.sealed[17] ^= 1;
  EXPECT_TRUE(useless(forged));
  auto moved = file.chunk(1);
  moved.index = 0;
  EXPECT_TRUE(useless(moved));
  auto foreign = other.chunk(0);
  foreign.root = file.tree.root();
  EXPECT_TRUE(useless(foreign));
  auto shorter = file.chunk(0);
  shorter.sealed.pop_back();
  EXPECT_TRUE(useless(shorter));
  auto without_path = file.chunk(0);
  without_path.path.clear();
  EXPECT_TRUE(useless(without_path));
  EXPECT_FALSE(useless(file.chunk(0)));
  // Again, or too early: of use to nobody, and no harm.
  EXPECT_FALSE(useless(file.chunk(0)));
  EXPECT_FALSE(useless(file.chunk(3)));
  EXPECT_EQ(offered(file).chunks, 1u);
}

TEST_F(ArrivingTest, AttachmentGoesOnWhereItWasAfterARestart) {
  const File file(1'000'000);
  offered(file);
  EXPECT_FALSE(useless(file.chunk(0)));
  EXPECT_FALSE(useless(file.chunk(1)));
  restart();
  EXPECT_EQ(offered(file).chunks, 2u);
  send(file, 2);
  EXPECT_TRUE(told().complete);
  restart();
  EXPECT_TRUE(offered(file).complete);
  EXPECT_TRUE(opens(file.manifest));
}

TEST_F(ArrivingTest, AttachmentThatTheDiskLostIsAskedForAnew) {
  const File file(600'000);
  comes(file);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ru_.directory()))
    if (entry.path().extension() == ".whole") {
      std::fstream damaged(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      damaged.seekp(300'000);
      damaged.put('x');
    }
  EXPECT_EQ(shut(file.manifest), Shut::incomplete);
  const auto state = told();
  EXPECT_FALSE(state.complete);
  EXPECT_EQ(state.chunks, 0u);
  send(file);
  EXPECT_TRUE(told().complete);
  EXPECT_TRUE(opens(file.manifest));
}

TEST_F(ArrivingTest, ManifestThatSaysSomethingElseOpensNothing) {
  const File file(600'000), other(600'000, 2);
  comes(file);
  wire::Manifest lie;
  lie.size = file.manifest.size;
  lie.line = file.manifest.line;
  lie.plain_root = other.manifest.plain_root;
  lie.key = file.manifest.key.clone();
  EXPECT_EQ(shut(lie), Shut::unopenable);
  lie.plain_root = file.manifest.plain_root;
  lie.key = other.manifest.key.clone();
  EXPECT_EQ(shut(lie), Shut::unopenable);
  EXPECT_TRUE(opens(file.manifest));
}

// Whoever else has the same file learns nothing of it.
TEST_F(ArrivingTest, AttachmentOfAnotherPeerIsAnotherAttachment) {
  const File file(600'000);
  comes(file);
  const auto state = offered(file, {}, "kz-example");
  EXPECT_FALSE(state.complete);
  EXPECT_EQ(state.chunks, 0u);
  EXPECT_FALSE(opens(file.manifest, "kz-example"));
}

// ---- what is here already

TEST_F(ArrivingTest, AttachmentThatIsHeldFromThisPeerComesNoSecondTime) {
  const File file(600'000);
  comes(file);
  ASSERT_TRUE(arriving_->adopt("cn-example", file.tree.root()));
  arriving_->settle("cn-example", {});
  EXPECT_FALSE(opens(file.manifest));
  const auto again = offered("cn-example", file.offer(message(2)), {file.tree.root()}).at(0);
  EXPECT_TRUE(again.complete);
  EXPECT_TRUE(opens(file.manifest));
  ASSERT_TRUE(arriving_->adopt("cn-example", file.tree.root()));
  EXPECT_TRUE(arriving_->is_adopted("cn-example", file.tree.root()));
}

TEST_F(ArrivingTest, AttachmentOfTwoMessagesStaysUntilBothHaveIt) {
  const File file(600'000);
  offered(file, message(1));
  offered(file, message(2));
  send(file);
  EXPECT_TRUE(told().complete);
  arriving_->settle("cn-example", message(1));
  EXPECT_TRUE(opens(file.manifest));
  arriving_->settle("cn-example", message(2));
  EXPECT_FALSE(opens(file.manifest));
}

TEST_F(ArrivingTest, OfferWritesNothing) {
  const File file(600'000);
  offered(file);
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_FALSE(useless(file.chunk(0)));
  EXPECT_THAT(files(), SizeIs(1));
}

// ---- its share

TEST_F(ArrivingTest, PeerHasNoMoreUnfinishedThanItsShare) {
  // As many as there may be, one message each; each has its first chunk.
  std::vector<File> files;
  for (std::size_t i = 0; i < kMaxArriving; ++i) files.emplace_back(1000, static_cast<std::uint8_t>(i));
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_THAT(offered(files[i], message(i)).reasons, IsEmpty()) << i;
    EXPECT_FALSE(useless(files[i].chunk(0))) << i;
  }
  const wire::AttachmentOffer offer{message(1000), crypto::sha256(as_bytes("more")), crypto::sealed_length(1000)};
  EXPECT_THAT(reasons(offered("cn-example", offer)), ElementsAre(core::ReasonCode::not_now));
  EXPECT_THAT(reasons(offered("kz-example", offer)), IsEmpty());
  arriving_->settle("cn-example", message(0));
  EXPECT_THAT(reasons(offered("cn-example", offer)), IsEmpty());
}

TEST_F(ArrivingTest, OffersWithoutBytesKeepNobodyOut) {
  for (std::uint64_t i = 0; i < 3 * kMaxArriving; ++i) {
    const wire::AttachmentOffer offer{message(i), crypto::sha256(as_bytes(std::to_string(i))),
                                      crypto::sealed_length(i)};
    EXPECT_THAT(reasons(offered("cn-example", offer)), IsEmpty()) << i;
  }
  const File file(600'000);
  EXPECT_THAT(offered(file, message(5000)).reasons, IsEmpty());
  send(file);
  EXPECT_TRUE(told().complete);
}

TEST_F(ArrivingTest, WhatStoodStillTakesItsPlaceAgainOrHearsThatThereIsNone) {
  const File file(600'000);
  offered(file, message(1));
  EXPECT_FALSE(useless(file.chunk(0)));
  clock_.advance(kHoldsPlace);
  EXPECT_FALSE(useless(file.chunk(1)));
  EXPECT_EQ(offered(file, message(1)).chunks, 2u);
  clock_.advance(kHoldsPlace);
  // Meanwhile others took all there is.
  std::vector<File> others;
  for (std::size_t i = 0; i < kMaxArriving; ++i) others.emplace_back(1000, static_cast<std::uint8_t>(i));
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_THAT(offered(others[i], message(100 + i)).reasons, IsEmpty());
    EXPECT_FALSE(useless(others[i].chunk(0)));
  }
  // It gave way, and that is not its peer's fault.
  const auto taken = arriving_->take("cn-example", file.chunk(2));
  ASSERT_TRUE(std::holds_alternative<ArrivingAttachments::Useless>(taken));
  EXPECT_TRUE(std::get<ArrivingAttachments::Useless>(taken).ours);
}

}  // namespace
}  // namespace chancery::service

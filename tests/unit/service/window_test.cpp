#include "daemon/service/window.h"

#include "daemon/service/outgoing.h"
#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

InFlight flying(std::uint8_t number, std::size_t bytes = 10, Steady sent = {}) {
  InFlight out;
  out.id.value.fill(number);
  out.digest.value.fill(number);
  out.bytes = bytes;
  out.sent = sent;
  return out;
}

TEST(Window, IsFullByNumberAndByBytes) {
  Window by_number(2, 1000), by_bytes(100, 25);
  for (std::uint8_t i = 1; i <= 2; ++i) {
    EXPECT_FALSE(by_number.full());
    by_number.add(flying(i));
  }
  EXPECT_TRUE(by_number.full());
  for (std::uint8_t i = 1; i <= 3; ++i) {
    EXPECT_FALSE(by_bytes.full());
    by_bytes.add(flying(i));
  }
  EXPECT_TRUE(by_bytes.full());
  by_bytes.remove(flying(2).id);
  EXPECT_FALSE(by_bytes.full());
}

TEST(Window, LetsOneMessageThroughHoweverLong) {
  Window window(10, 100);
  EXPECT_FALSE(window.full());
  window.add(flying(1, 100'000));
  EXPECT_TRUE(window.full());
}

TEST(Window, CountsAMessageOnceHoweverOftenItGoes) {
  Window window(2, 1000);
  window.add(flying(1));
  window.add(flying(1));
  EXPECT_EQ(window.size(), 1u);
  EXPECT_NE(window.find(flying(1).digest), nullptr);
  window.remove(flying(1).id);
  EXPECT_EQ(window.size(), 0u);
  EXPECT_EQ(window.find(flying(1).digest), nullptr);
}

TEST(Window, NamesWhatIsOverdueOnce) {
  const Steady start;
  Window window(10, 1000);
  window.add(flying(1, 10, start));
  window.add(flying(2, 10, start + std::chrono::seconds(9)));
  const auto now = start + std::chrono::seconds(10);
  const auto overdue = window.overdue(start + std::chrono::seconds(5), now);
  ASSERT_EQ(overdue.size(), 1u);
  EXPECT_EQ(overdue[0].id, flying(1).id);
  EXPECT_TRUE(window.overdue(start + std::chrono::seconds(5), now).empty());
}

// ---- what goes to a peer that does not answer

class SilentPeerTest : public PeerTest {
 protected:
  // All frames until nothing is due.
  std::vector<wire::Frame> sent(Outgoing& outgoing) {
    std::vector<wire::Frame> all;
    for (auto frame = outgoing.compose(); !frame.empty(); frame = outgoing.compose()) all.push_back(std::move(frame));
    return all;
  }
  static std::size_t messages(const std::vector<wire::Frame>& frames) {
    std::size_t count = 0;
    for (const auto& frame : frames) count += frame.messages.size();
    return count;
  }
  std::shared_ptr<Outgoing> to_ru(const ExchangeOptions& options) {
    auto out = std::make_shared<Outgoing>(cn_node_, "ru-example", options,
                                          std::make_shared<PermitRequests>([](const std::string&) {}),
                                          std::make_shared<Histories>(cn_node_));
    out->meet(true);
    return out;
  }
  // ru-example is designated under other keys, and cn-example learns its new seal key: its id.
  Digest designated_anew() {
    const auto item = ru_.redesignated([](core::Designation& d) {
      for (auto& key : d.keys)
        if (key.role == core::KeyRole::sign) key.id = crypto::sha256(as_bytes("another"));
      std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
    });
    const auto done = cn_.store().run<void>(0, [&](store::Transaction& tx) {
      return tx.record_designation({{item.statement, item.signature, item.path}, item.certificates}, {});
    });
    if (!done.has_value()) throw std::runtime_error(done.error().detail);
    return lost_seal_key(core::statement_digest(item.statement));
  }

  const Node cn_node_ = cn_.node();
};

TEST_F(SilentPeerTest, GetsNoMoreMessagesThanTheWindowHolds) {
  for (std::uint64_t i = 1; i <= 7; ++i) (void)released_to_ru(i);
  ExchangeOptions options;
  options.window_messages = 4;
  options.frame_messages = 3;
  const auto outgoing = to_ru(options);
  const auto frames = sent(*outgoing);
  EXPECT_EQ(messages(frames), 4u);
  for (const auto& frame : frames) EXPECT_LE(frame.messages.size(), 3u);
  // What the peer settles makes room for as many.
  Reply reply;
  reply.settled = {core::message_id(frames[0].messages.at(0).statement.statement,
                                    core::Message::parse(frames[0].messages.at(0).statement.statement)->created)};
  EXPECT_TRUE(outgoing->in_flight(reply.settled[0]));
  EXPECT_TRUE(outgoing->reply(reply));
  EXPECT_FALSE(outgoing->in_flight(reply.settled[0]));
}

TEST_F(SilentPeerTest, GetsOurKeysFirstAndEachNumberBeforeItsMessage) {
  for (std::uint64_t i = 1; i <= 3; ++i) (void)released_to_ru(i);
  const auto frames = sent(*to_ru({}));
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].designations.size(), 1u);
  EXPECT_EQ(frames[0].seal_keys.size(), 1u);
  std::set<std::string> announced;
  for (const auto& frame : frames) {
    for (const auto& dispatch : frame.dispatches)
      announced.insert(
          core::to_string(std::get<core::DispatchMessage>(core::Dispatch::parse(dispatch.statement)->item).id));
    for (const auto& item : frame.messages) {
      const auto created = core::Message::parse(item.statement.statement)->created;
      EXPECT_TRUE(announced.contains(core::to_string(core::message_id(item.statement.statement, created))));
    }
  }
  EXPECT_EQ(announced.size(), 3u);
}

// More waits in memory than is taken of what the store tells; what is locked meanwhile does not go as it was told.
TEST_F(SilentPeerTest, GetsNothingThatWasLockedHoweverMuchWaits) {
  ExchangeOptions options;
  options.window_messages = 1;
  const auto outgoing = to_ru(options);
  (void)sent(*outgoing);
  std::vector<core::MessageId> ids;
  std::vector<wire::Frame> frames;
  for (std::uint64_t i = 1; i <= 1100; ++i) {
    ids.push_back(core::parse_message_id(released_to_ru(i)).value());
    if (i % 100 == 0)
      for (auto& frame : sent(*outgoing)) frames.push_back(std::move(frame));
  }
  ASSERT_EQ(messages(frames), 1u);
  ASSERT_TRUE(outgoing->in_flight(ids[0]));
  (void)cn_.store().run<bool>(0, [&](store::Transaction& tx) { return tx.lock(ids[1], {}, {}); }).value();
  Reply reply;
  reply.settled = {ids[0]};
  EXPECT_TRUE(outgoing->reply(reply));
  EXPECT_EQ(messages(sent(*outgoing)), 1u);
  EXPECT_FALSE(outgoing->in_flight(ids[1]));
}

// While a frame is made, the lane waits for the writer to close what comes first; what is locked by then does not go.
TEST_F(SilentPeerTest, GetsNothingThatWasLockedWhileItsFrameWasMade) {
  ExchangeOptions options;
  options.window_messages = 1;
  const auto outgoing = to_ru(options);
  (void)sent(*outgoing);
  const auto id_of = [](const std::string& id) { return core::parse_message_id(id).value(); };
  const auto first = id_of(released_to_ru(1));
  const auto closed = id_of(released({.expires = to_string(clock_.now() + seconds(10))}, 2));
  const auto locked = id_of(released_to_ru(3));
  EXPECT_EQ(messages(sent(*outgoing)), 1u);
  ASSERT_TRUE(outgoing->in_flight(first));
  Reply reply;
  reply.settled = {first};
  EXPECT_TRUE(outgoing->reply(reply));
  clock_.advance(seconds(10));
  cn_.store().hold(seconds(1));
  cn_.store().post<bool>(
      0, [&](store::Transaction& tx) { return tx.lock(locked, {}, {}); },
      [](const Result<bool>&, const store::Commit&) {});
  (void)outgoing->compose();
  EXPECT_FALSE(outgoing->in_flight(closed));
  EXPECT_FALSE(outgoing->in_flight(locked));
}

// While a frame is made, the lane waits for the writer, who suspends the peer.
TEST_F(SilentPeerTest, GetsNothingOnceItIsSuspendedWhileItsFrameWasMade) {
  const auto outgoing = to_ru({});
  (void)sent(*outgoing);
  (void)released({.expires = to_string(clock_.now() + seconds(10))}, 1);
  (void)released_to_ru(2);
  clock_.advance(seconds(10));
  cn_.store().hold(seconds(1));
  cn_.store().post<void>(
      0,
      [&](store::Transaction& tx) {
        return tx.record_peer({"ru-example", core::PeerState::suspended, ru_.designation().certificates.front()}, {});
      },
      [](const Result<void>&, const store::Commit&) {});
  EXPECT_TRUE(outgoing->compose().empty());
}

// Who is parked before it has shown what it has of us does not hear who we are either.
TEST_F(SilentPeerTest, GetsNoGreetingWhileItIsSuspended) {
  const auto become = [&](core::PeerState state) {
    return cn_.store().run<void>(0, [&](store::Transaction& tx) {
      return tx.record_peer({"ru-example", state, ru_.designation().certificates.front()}, {});
    });
  };
  for (const bool met : {false, true}) {
    const auto outgoing = to_ru({});
    outgoing->meet(met);
    ASSERT_TRUE(become(core::PeerState::suspended).has_value());
    EXPECT_TRUE(outgoing->compose().empty()) << met;
    ASSERT_TRUE(become(core::PeerState::active).has_value());
    outgoing->restart();
    outgoing->meet(met);
    EXPECT_EQ(outgoing->compose().designations.size(), 1u) << met;
  }
}

// What its window has room for is closed and sealed anew; the rest goes as it is, lest the peer waits for numbers that
// never come.
TEST_F(SilentPeerTest, GetsWhatWaitsUnderARetiredKeySealedAnewAsFarAsItsWindowReaches) {
  constexpr std::uint64_t kMessages = 300, kRoom = 256;
  const auto outgoing = to_ru({});
  for (std::uint64_t i = 1; i <= kMessages; ++i) (void)released_to_ru(i);
  const auto key = designated_anew();
  std::size_t as_they_were = 0;
  for (const auto& frame : sent(*outgoing))
    for (const auto& item : frame.messages)
      if (!std::ranges::equal(BytesView(item.wraps).first(sizeof(Digest)), key.view())) ++as_they_were;
  EXPECT_EQ(cn_.store().reader().untaken_voids("ru-example").value(), kRoom);
  EXPECT_EQ(as_they_were, kMessages - kRoom);
}

// As a forward is whose permit came, however often it went before.
TEST_F(SilentPeerTest, GetsAsItIsWhatWentThoughItIsDueAgainAsIfItHadNot) {
  const auto outgoing = to_ru({});
  const auto id = core::parse_message_id(released_to_ru()).value();
  std::vector<Digest> went;
  for (const auto& frame : sent(*outgoing))
    for (const auto& item : frame.messages) went.push_back(core::statement_digest(item.statement.statement));
  ASSERT_EQ(went.size(), 1u);
  cn_.store().post_all(outgoing->answered(
      {answer(went[0], wire::AnswerOutcome::deferred, {core::Reason{core::ReasonCode::not_now, "", "", ""}})}));
  const auto done = cn_.store().run<void>(0, [&](store::Transaction& tx) { return tx.make_due("ru-example", id); });
  ASSERT_TRUE(done.has_value());
  const auto row = cn_.store().reader().deliveries(id)->at(0);
  ASSERT_EQ(row.attempts, 0u);
  ASSERT_FALSE(outgoing->in_flight(id));
  (void)designated_anew();
  EXPECT_EQ(messages(sent(*outgoing)), 1u);
  EXPECT_EQ(cn_.store().reader().untaken_voids("ru-example").value(), 0u);
}

TEST_F(SilentPeerTest, IsCutOffWhenTooManyRepliesWait) {
  const auto outgoing = to_ru({});
  Reply reply;
  reply.answers.resize(16 * 1024);
  EXPECT_TRUE(outgoing->reply(reply));
  reply.answers.resize(1);
  EXPECT_FALSE(outgoing->reply(reply));
}

}  // namespace
}  // namespace chancery::service

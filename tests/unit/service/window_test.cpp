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
    return std::make_shared<Outgoing>(cn_node_, "ru-example", options,
                                      std::make_shared<PermitRequests>([](const std::string&) {}));
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

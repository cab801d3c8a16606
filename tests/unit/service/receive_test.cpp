#include "daemon/service/receive.h"

#include <future>

#include "daemon/service/reissue.h"
#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;

class ReceiveTest : public PeerTest {
 protected:
  Reply take(test::ExampleAuthority& authority, const std::string& peer, wire::Frame frame) {
    const auto requests = std::make_shared<PermitRequests>([](const std::string&) {});
    const auto attachments = std::make_shared<ArrivingAttachments>(
        authority.node(), [](const std::string&, const wire::AttachmentState&) {});
    const auto receiver = std::make_shared<Receiver>(authority.node(), requests, attachments);
    std::promise<Reply> done;
    wasted_ = receiver->take(
        peer, std::move(frame), [](const core::MessageId&) { return false; }, {},
        [&](Reply reply) { done.set_value(std::move(reply)); });
    auto reply = done.get_future().get();
    rejected_ = receiver->rejected();
    return reply;
  }

  std::uint64_t rejected_ = 0;
  std::size_t wasted_ = 0;
};

TEST_F(ReceiveTest, TakesNoChunkThatNobodyOffered) {
  wire::Frame frame;
  frame.chunks.push_back({crypto::sha256(as_bytes("root")), 0, Bytes(100, 7), {}});
  const auto reply = take(ru_, "cn-example", std::move(frame));
  EXPECT_TRUE(reply.attachment_states.empty());
  EXPECT_EQ(rejected_, 1u);
  EXPECT_GE(wasted_, 100u);
  EXPECT_EQ(held_by_ru(), 0u);
}

TEST_F(ReceiveTest, TakesNoOfferOfAMessageWithoutANumber) {
  wire::Frame frame;
  frame.offers.push_back({core::MessageId{}, crypto::sha256(as_bytes("root")), crypto::sealed_length(1)});
  const auto reply = take(ru_, "cn-example", std::move(frame));
  ASSERT_EQ(reply.attachment_states.size(), 1u);
  ASSERT_EQ(reply.attachment_states[0].reasons.size(), 1u);
  EXPECT_EQ(reply.attachment_states[0].reasons[0].code, core::ReasonCode::not_now);
}

TEST_F(ReceiveTest, ReissuesAsManyAsAskForIt) {
  constexpr std::size_t kMany = 3;
  std::vector<core::MessageId> sent;
  for (std::size_t i = 0; i <= kMany; ++i) sent.push_back(core::parse_message_id(released_to_ru(i + 1)).value());
  clock_.set(clock_.now() + kSealKeyLife + core::kSealKeyGrace);
  ru_.renew_seal_key();
  cn_.knows(ru_);
  wire::Frame frame;
  for (std::size_t i = 0; i <= kMany; ++i) {
    core::Receipt receipt{"ru-example", "cn-example", sent[i], core::Stage::refused, clock_.now(),
                          {},           {},           {},      random_.bytes(32)};
    receipt.reasons = {i == 0 ? "E-EXPIRED" : "E-KEY-RETIRED"};
    frame.receipts.push_back(frame.add(ru_.sign(receipt.to_text(), core::KeyRole::sign, clock_.now())));
  }
  const auto reply = take(cn_, "ru-example", std::move(frame));
  EXPECT_EQ(reply.settled.size(), kMany + 1);
  EXPECT_EQ(cn_.store().reader().list(store::Box::outbox, 0, 100)->size(), 2 * kMany + 1);
}

}  // namespace
}  // namespace chancery::service

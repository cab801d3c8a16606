#include "daemon/service/attachment_offers.h"

#include <gmock/gmock.h>

#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OfferTest : public PeerTest {
 protected:
  OfferTest() : id_(core::parse_message_id(released_to_ru()).value()) {}

  OfferStanding standing(const std::string& peer = "cn-example") {
    const std::vector<wire::AttachmentOffer> offers{{id_, root_, crypto::sealed_length(1000)},
                                                    {id_, other_, crypto::sealed_length(1000)}};
    return ru_.store()
        .run<OfferStanding>(0, [&](store::Transaction& tx) { return standing_of(node_, tx, peer, offers); })
        .value();
  }
  // As what came with this message.
  void holds(const core::MessageId& message, bool carried = false) {
    EXPECT_TRUE(ru_.store().run<void>(0, [&](store::Transaction& tx) -> Result<void> {
      CHECK_OK(tx.record_attachment({root_, {}, {}, {}, {root_}, {root_}, {}}));
      return tx.attach(message, {{root_, carried}});
    }));
  }
  std::optional<wire::AttachmentState> said(const OfferStanding& standing) const {
    return said_at_once(standing, {id_, root_, crypto::sealed_length(3 * crypto::kChunkSize)});
  }

  const core::MessageId id_;
  const Digest root_ = crypto::sha256(as_bytes("root")), other_ = crypto::sha256(as_bytes("other"));
};

TEST_F(OfferTest, OfAMessageWithoutANumberIsNotTaken) {
  EXPECT_FALSE(standing().dispatched);
  ASSERT_THAT(said(standing())->reasons, testing::SizeIs(1));
  EXPECT_EQ(said(standing())->reasons[0].code, core::ReasonCode::not_now);
}

TEST_F(OfferTest, OfAMessageThatIsAwaitedIsLookedAt) {
  dispatched(dispatches());
  EXPECT_TRUE(standing().dispatched);
  EXPECT_EQ(said(standing()), std::nullopt);
  EXPECT_FALSE(standing("kz-example").dispatched);
}

TEST_F(OfferTest, OfAMessageThatWasAnsweredNeedsNoByte) {
  dispatched(dispatches());
  (void)take(frame_of(core::to_string(id_)));
  EXPECT_TRUE(standing().answered);
  EXPECT_EQ(said(standing()), (wire::AttachmentState{root_, 3, true, {}}));
}

TEST_F(OfferTest, KnowsWhatCameFromThisPeer) {
  const auto second = core::parse_message_id(released_to_ru(2)).value();
  dispatched(dispatches());
  EXPECT_THAT(standing().held, IsEmpty());
  (void)take(frame_of(core::to_string(second)));
  holds(second);
  EXPECT_THAT(standing().held, ElementsAre(root_));
}

// Nobody learns from us what others sent.
TEST_F(OfferTest, KnowsNothingOfWhatCameFromAnother) {
  dispatched(dispatches());
  holds(core::MessageId{crypto::sha256(as_bytes("of kz-example")).value});
  EXPECT_THAT(standing().held, IsEmpty());
}

}  // namespace
}  // namespace chancery::service

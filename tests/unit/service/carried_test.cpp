#include "daemon/service/carried.h"

#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using core::KeyRole;

class CarriedTest : public PeerTest {
 protected:
  // The message of a frame as the original inside a forward.
  static wire::CarriedMessage carried(const wire::Frame& frame) {
    const auto& item = frame.messages.at(0);
    return {item.statement, item.ciphertexts, item.wraps, {}, {}, {}};
  }
  Result<CarriedOriginal> judge(const wire::Frame& frame, const wire::CarriedMessage& original,
                                const std::string& self = "ru-example") {
    const auto directory = ru_.store().directory();
    FrameVerifier verifier(frame.signatures, *directory, certificates_);
    return judge_carried(self, *directory, original, {}, {}, verifier);
  }
  static core::Message parsed(const wire::MessageItem& item) {
    return core::Message::parse(item.statement.statement).value();
  }
  static core::MessageId id_of(const core::Message& message) {
    return core::message_id(message.to_text(), message.created);
  }
};

TEST_F(CarriedTest, IsJudgedByItsOriginatorsSignatureAndOpensByItsOwnWrap) {
  const auto frame = frame_of(released_to_ru());
  const auto original = judge(frame, carried(frame));
  ASSERT_TRUE(original.has_value()) << original.error().detail;
  EXPECT_EQ(original->message.originator, "cn-example");
  ASSERT_TRUE(original->wrap.has_value());
  EXPECT_EQ(original->wrap->from, core::CarriedWrap::From::statement);
  EXPECT_TRUE(original->key.has_value());
}

TEST_F(CarriedTest, WithoutAWrapForUsOpensOnlyByWhatTheForwarderMade) {
  const auto frame = frame_of(released_to_ru());
  auto with = carried(frame);
  EXPECT_FALSE(judge(frame, with, "kz-example")->wrap.has_value());
  with.forwarder_wrap = with.wraps;
  const auto original = judge(frame, with, "kz-example");
  ASSERT_TRUE(original->wrap.has_value());
  EXPECT_EQ(original->wrap->from, core::CarriedWrap::From::forwarder);
  EXPECT_EQ(original->wrap->digest, crypto::sha256(with.forwarder_wrap));
  with.forwarder_wrap.pop_back();
  EXPECT_FALSE(judge(frame, with, "kz-example")->key.has_value());
}

TEST_F(CarriedTest, WithASecondWrapBesideTheOriginatorsIsMalformed) {
  const auto frame = frame_of(released_to_ru());
  auto with = carried(frame);
  with.forwarder_wrap = with.wraps;
  EXPECT_EQ(judge(frame, with).error().code, Errc::malformed);
}

TEST_F(CarriedTest, WithOtherPartsOrWrapsIsMalformed) {
  const auto frame = frame_of(released_to_ru());
  auto part = carried(frame), wraps = carried(frame);
  part.ciphertexts[0][0] ^= 1;
  wraps.wraps[0] ^= 1;
  EXPECT_EQ(judge(frame, part).error().code, Errc::malformed);
  EXPECT_EQ(judge(frame, wraps).error().code, Errc::malformed);
}

TEST_F(CarriedTest, NotSignedByItsOriginatorIsNobodys) {
  auto frame = frame_of(released_to_ru());
  auto original = carried(frame);
  original.statement = frame.add(ru_.sign(original.statement.statement, KeyRole::sign, clock_.now()));
  EXPECT_EQ(judge(frame, original).error().code, Errc::unauthenticated);
}

// ---- sources

TEST_F(CarriedTest, SourcesThatHoldAreKeptAndOthersProveNothing) {
  const auto source = released_to_ru(1);
  auto frame = frame_of(released({.sources = {{source, "quotes"}}}, 2));
  auto& item = frame.messages.at(0);
  ASSERT_EQ(item.sources.size(), 1u);
  const auto directory = ru_.store().directory();
  {
    FrameVerifier verifier(frame.signatures, *directory, certificates_);
    Sources sources;
    EXPECT_TRUE(take_sources(item, verifier, sources));
    EXPECT_EQ(sources.needed(parsed(item), {}).size(), 1u);
    // Of a message that names none, nothing that came is kept.
    auto without = parsed(item);
    without.sources.clear();
    EXPECT_TRUE(sources.needed(without, {}).empty());
    EXPECT_NE(sources.lookup()(core::parse_message_id(source).value()), nullptr);
  }
  item.sources[0].statement.back() = ' ';
  FrameVerifier verifier(frame.signatures, *directory, certificates_);
  Sources sources;
  EXPECT_TRUE(take_sources(item, verifier, sources));
  EXPECT_TRUE(sources.needed(parsed(item), {}).empty());
}

TEST_F(CarriedTest, SourcesUnderAnUnknownKeyMayHoldLater) {
  test::ExampleAuthority stranger("kz-example", clock_, random_);
  auto frame = frame_of(released_to_ru());
  auto& item = frame.messages.at(0);
  item.sources.push_back(frame.add(stranger.sign(item.statement.statement, KeyRole::sign, clock_.now())));
  const auto directory = ru_.store().directory();
  FrameVerifier verifier(frame.signatures, *directory, certificates_);
  Sources sources;
  EXPECT_FALSE(take_sources(item, verifier, sources));
}

TEST_F(CarriedTest, SourcesAreFollowedAsFarAsTheyAreHeldAndCyclesEnd) {
  auto first = core::Message::parse(frame_of(released_to_ru()).messages.at(0).statement.statement).value();
  auto second = first;
  second.sources = {{id_of(first), core::Relation::quotes, {}, core::statement_digest(first.to_text())}};
  auto third = first;
  third.sources = {{id_of(second), core::Relation::quotes, {}, core::statement_digest(second.to_text())}};
  const std::map<core::MessageId, std::string> held = {{id_of(first), first.to_text()},
                                                       {id_of(second), second.to_text()}};
  const auto from = [&](const core::MessageId& id) {
    const auto at = held.find(id);
    return at == held.end() ? std::nullopt : std::optional(at->second);
  };
  Sources sources;
  sources.complete(third, from);
  EXPECT_NE(sources.lookup()(id_of(second)), nullptr);
  EXPECT_NE(sources.lookup()(id_of(first)), nullptr);
  EXPECT_EQ(sources.lookup()(id_of(third)), nullptr);
  // Whatever says of itself that it is its own source ends too.
  const auto around = [&](const core::MessageId&) { return std::optional(third.to_text()); };
  Sources again;
  again.complete(third, around);
  EXPECT_NE(again.lookup()(id_of(second)), nullptr);
}

}  // namespace
}  // namespace chancery::service

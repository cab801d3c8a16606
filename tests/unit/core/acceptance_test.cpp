#include "daemon/core/acceptance.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

class DecideAcceptance : public testing::Test {
 protected:
  DecideAcceptance() : message(realm.notice("cn-example", {"kz-example", "ru-example"})) {}
  Realm realm;
  Message message;
};

TEST_F(DecideAcceptance, RefusesWhatIsNotAddressedToUs) {
  message.recipients = {"kz-example"};
  EXPECT_EQ(realm.accept("ru-example", message).codes(), Codes{"E-NOT-ADDRESSED"});
}

TEST_F(DecideAcceptance, RefusesWhatAnotherThanItsOriginatorPresents) {
  const auto decision = realm.accept("ru-example", Arrival{message, "kz-example"});
  EXPECT_EQ(decision.codes(), Codes{"E-NOT-ADDRESSED"});
  EXPECT_EQ(decision.reasons().front().subject, "kz-example");
}

TEST_F(DecideAcceptance, DefersAClockMoreThanTheMarginAhead) {
  message.created = realm.now + kClockMargin;
  EXPECT_TRUE(realm.accept("ru-example", message).allowed());
  message.created = message.created + Duration{1};
  const auto decision = realm.accept("ru-example", message);
  EXPECT_EQ(decision.codes(), Codes{"E-CLOCK-AHEAD"});
  EXPECT_EQ(decision.verdict(), Verdict::defer);
}

TEST_F(DecideAcceptance, DefersASuiteNotAllowedForThePolicyMayBeOnItsWay) {
  Arrival arrival{message, "cn-example", crypto::Suite::ed25519};
  const auto decision = realm.accept("ru-example", arrival);
  EXPECT_EQ(decision.codes(), Codes{"E-SUITE-NOT-ALLOWED"});
  EXPECT_EQ(decision.verdict(), Verdict::defer);
}

TEST_F(DecideAcceptance, RefusesABodyInOtherLanguagesThanTheStatement) {
  OpenedBody body{{"ru"}};
  const Arrival arrival{message, "cn-example", crypto::Suite::p256, &body};
  EXPECT_TRUE(realm.accept("ru-example", arrival).allowed());
  body.languages = {"ru", "zh"};
  EXPECT_EQ(realm.accept("ru-example", arrival).codes(), Codes{"E-LANGUAGE-MISMATCH"});
  body.languages = {};
  EXPECT_EQ(realm.accept("ru-example", arrival).codes(), Codes{"E-LANGUAGE-MISMATCH"});
}

TEST_F(DecideAcceptance, RefusesASuspendedOriginatorAndNotASuspendedCoRecipient) {
  realm.peers.at("kz-example").state = PeerState::suspended;
  EXPECT_TRUE(realm.accept("ru-example", message).allowed());
  realm.peers.at("cn-example").state = PeerState::suspended;
  EXPECT_EQ(realm.accept("ru-example", message).codes(), Codes{"E-PEER-INACTIVE"});
}

TEST_F(DecideAcceptance, DefersACoRecipientNobodyHasVerifiedHere) {
  realm.peers.at("kz-example").state = PeerState::unverified;
  EXPECT_EQ(realm.accept("ru-example", message).codes(), Codes{"E-DESIGNATION-UNKNOWN"});
}

TEST_F(DecideAcceptance, DoesNotAskForTheSealKeysOfOthers) {
  realm.peers.at("kz-example").seal_keys = {};
  EXPECT_TRUE(realm.accept("ru-example", message).allowed());
}

// RU forwards what CN wrote.
class AcceptForward : public testing::Test {
 protected:
  [[nodiscard]] Codes codes(const std::string& self, const Message& carrier, std::optional<CarriedWrap> wrap) const {
    Arrival arrival{carrier, carrier.originator};
    arrival.wrap = wrap;
    return realm.accept(self, arrival).codes();
  }
  static CarriedWrap made_by_forwarder() { return {CarriedWrap::From::forwarder, digest_of("wrap by ru-example")}; }

  Realm realm;
};

TEST_F(AcceptForward, UnderTheOriginalsOwnWrap) {
  const auto original = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  const auto carrier = realm.forward("ru-example", {"kz-example"}, original);
  EXPECT_TRUE(realm.release(carrier).allowed());
  EXPECT_EQ(codes("kz-example", carrier, CarriedWrap{CarriedWrap::From::statement}), Codes{});
  EXPECT_EQ(codes("kz-example", carrier, std::nullopt), Codes{"E-WRAP-FOREIGN"});
}

TEST_F(AcceptForward, NeverUnderTheForwardersWrapWhenTheOriginalIsRestricted) {
  const auto original = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  auto carrier = realm.forward("ru-example", {"kz-example"}, original);
  carrier.facts = {{"wrap", to_string(*made_by_forwarder().digest)}};
  EXPECT_EQ(codes("kz-example", carrier, made_by_forwarder()), Codes{"E-WRAP-FOREIGN"});
  EXPECT_EQ(codes("kz-example", carrier, CarriedWrap{CarriedWrap::From::statement}), Codes{"E-WRAP-FOREIGN"})
      << "it made one for somebody, and says so";
}

TEST_F(AcceptForward, OfAnUnrestrictedOriginalUnderTheWrapTheCarrierNames) {
  const auto original = realm.hold(realm.notice("cn-example", {"ru-example"}, "open"));
  auto carrier = realm.forward("ru-example", {"kz-example"}, original);
  EXPECT_TRUE(realm.release(carrier).allowed()) << "before the wrap is made";
  EXPECT_EQ(codes("kz-example", carrier, made_by_forwarder()), Codes{"E-WRAP-FOREIGN"}) << "named nowhere";
  carrier.facts = {{"wrap", to_string(digest_of("another wrap"))}};
  EXPECT_EQ(codes("kz-example", carrier, made_by_forwarder()), Codes{"E-WRAP-FOREIGN"});
  carrier.facts.push_back({"wrap", to_string(*made_by_forwarder().digest)});
  EXPECT_TRUE(realm.release(carrier).allowed());
  EXPECT_EQ(codes("kz-example", carrier, made_by_forwarder()), Codes{});
  EXPECT_EQ(codes("kz-example", carrier, CarriedWrap{CarriedWrap::From::statement}), Codes{"E-WRAP-FOREIGN"})
      << "the original has no wrap for somebody it was not addressed to";
}

TEST_F(AcceptForward, OfARestrictedOriginalOutsideItsAudienceIsRefusedByBothSides) {
  const auto original = realm.hold(realm.notice("cn-example", {"ru-example"}));
  auto carrier = realm.forward("ru-example", {"kz-example"}, original);
  EXPECT_EQ(realm.release(carrier).codes(), Codes{"E-CONSENT-REQUIRED"});
  carrier.facts = {{"wrap", to_string(*made_by_forwarder().digest)}};
  EXPECT_EQ(codes("kz-example", carrier, made_by_forwarder()), (Codes{"E-CONSENT-REQUIRED", "E-WRAP-FOREIGN"}));
}

TEST_F(AcceptForward, ByWhoWroteTheOriginalNeedsNoWrap) {
  const auto original = realm.hold(realm.notice("cn-example", {"ru-example"}));
  const auto carrier = realm.forward("ru-example", {"cn-example"}, original);
  EXPECT_TRUE(realm.release(carrier).allowed());
  EXPECT_EQ(codes("cn-example", carrier, std::nullopt), Codes{});
}

TEST_F(AcceptForward, HasNoWrapForTheAudienceOfWhatTheOriginalReissues) {
  const auto first = realm.notice("cn-example", {"kz-example"});
  auto again = realm.notice("cn-example", {"ru-example"});
  again.facts = {{"reissue-of", to_string(id_of(first))}};
  const auto original = realm.hold(again);
  auto& source = realm.held.at(original.id);
  source.reissued_audience = audience(first);
  source.reissued_originator = "cn-example";
  const auto carrier = realm.forward("ru-example", {"kz-example"}, original);
  EXPECT_EQ(realm.release(carrier).codes(), Codes{"E-WRAP-FOREIGN"});
  const auto quoting = realm.derived("ru-example", {"kz-example"}, {original});
  EXPECT_TRUE(realm.release(quoting).allowed()) << "a text of its own needs no wrap of the original";
}

}  // namespace
}  // namespace chancery::core

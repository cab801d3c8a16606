#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

// RU works what CN sent it into a message to KZ.
class SourceRules : public testing::Test {
 protected:
  Message to_kz(const std::vector<SourceLine>& sources) const {
    return realm.derived("ru-example", {"kz-example"}, sources);
  }

  void expect_both(const Message& message, const Codes& codes) const {
    EXPECT_EQ(realm.release(message).codes(), codes) << message.to_text();
    EXPECT_EQ(realm.accept("kz-example", message).codes(), codes) << message.to_text();
  }

  Realm realm;
};

TEST_F(SourceRules, LetARestrictedSourceGoOnWithinItsAudience) {
  expect_both(to_kz({realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}))}), {});
}

TEST_F(SourceRules, RequireConsentOutsideTheAudienceWithTheClauseOfTheOriginalsAgreement) {
  auto source = realm.notice("cn-example", {"ru-example"});
  source.agreement = "cn-ru-2015";
  realm.agreement("cn-ru-2015").grounds = {{ReasonCode::consent_required, "B5.4", "5(2)"}};
  const auto message = to_kz({realm.hold(source)});
  expect_both(message, {"E-CONSENT-REQUIRED"});
  EXPECT_EQ(realm.release(message).reasons(),
            (std::vector<Reason>{{ReasonCode::consent_required, "B5.4", "5(2)", "kz-example"}}));
}

TEST_F(SourceRules, RequireConsentForEverySourceOfTheClosure) {
  const auto first = realm.hold(realm.notice("cn-example", {"ru-example"}));
  const auto second = realm.hold(realm.derived("ru-example", {"cn-example"}, {first}));
  EXPECT_TRUE(realm.release(realm.derived("cn-example", {"ru-example"}, {second})).allowed());
  const auto message = to_kz({second});
  expect_both(message, {"E-CONSENT-REQUIRED"});
  EXPECT_EQ(realm.release(message).reasons().size(), 1u)
      << "the same authority is named once, whatever lacks its consent";
}

TEST_F(SourceRules, RequireConsentOfWhoPassesOnWhatWasNeverHis) {
  const auto source = realm.hold(realm.notice("cn-example", {"kz-example"}));
  const auto message = to_kz({source});
  expect_both(message, {"E-CONSENT-REQUIRED"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "ru-example");
}

TEST_F(SourceRules, LetAnUnrestrictedSourceGoOn) {
  expect_both(to_kz({realm.hold(realm.notice("cn-example", {"ru-example"}, "open"))}), {});
}

TEST_F(SourceRules, RequireConsentForWhatAPartyOfTheOriginalsAgreementRestricts) {
  for (auto& regard : realm.policy("ru-example").regards)
    if (regard.policy == "cn-example" && regard.classification == "open") regard.as = "restricted";
  expect_both(to_kz({realm.hold(realm.notice("cn-example", {"ru-example"}, "open"))}), {"E-CONSENT-REQUIRED"});
}

TEST_F(SourceRules, GoOnProtectingWhatAPartyThatLeftProtected) {
  for (auto& regard : realm.policy("ru-example").regards)
    if (regard.policy == "cn-example" && regard.classification == "open") regard.as = "restricted";
  auto source = realm.notice("cn-example", {"ru-example"}, "open");
  source.agreement = "cn-ru-2015";
  source.created = source.created - days(30);
  for (auto& row : realm.agreement("cn-ru-2015").status) row.in_force_to = realm.now - days(10);
  expect_both(to_kz({realm.hold(source)}), {"E-CONSENT-REQUIRED"});
}

TEST_F(SourceRules, RequireNoConsentWhereTheAgreementProtectsNothing) {
  realm.agreement("sco-2009").protects_restricted = false;
  expect_both(to_kz({realm.hold(realm.notice("cn-example", {"ru-example"}))}), {});
}

TEST_F(SourceRules, RefuseASourceThatIsNotAtHand) {
  auto message = to_kz({realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}))});
  realm.held.clear();
  expect_both(message, {"E-SOURCE-UNPROVEN"});
}

TEST_F(SourceRules, RefuseASourceNamedWithAnotherDigest) {
  auto line = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  auto message = to_kz({line});
  message.sources.front().digest = digest_of("another statement");
  expect_both(message, {"E-SOURCE-MISMATCH"});
}

TEST_F(SourceRules, RefusePartsTheSourceDoesNotHave) {
  auto line = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  line.extent.parts = {0, 1};
  expect_both(to_kz({line}), {});
  line.extent.parts = {1, 2};
  expect_both(to_kz({line}), {"E-SOURCE-MISMATCH"});
}

TEST_F(SourceRules, RequireTheProvidersOfTheWholeClosure) {
  const auto everybody = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  const auto second = realm.hold(realm.derived("kz-example", {"ru-example"}, {everybody}));
  auto message = to_kz({second});
  EXPECT_EQ(message.providers, (Codes{"cn-example", "kz-example", "ru-example"}));
  expect_both(message, {});
  message.providers = {"kz-example", "ru-example"};
  expect_both(message, {"E-PROVIDERS-INCOMPLETE"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "cn-example");
}

TEST_F(SourceRules, RequireTheOriginatorAmongTheProvidersAndLetJointOnesBeDeclared) {
  auto message = realm.notice("ru-example", {"kz-example"});
  add_joint_provider(message, "cn-example");
  EXPECT_EQ(message.providers, (Codes{"cn-example", "ru-example"}));
  expect_both(message, {});
  message.providers = {"cn-example"};
  expect_both(message, {"E-PROVIDERS-INCOMPLETE"});
}

TEST_F(SourceRules, AccountForEveryProviderThatIsNamed) {
  auto message = realm.notice("ru-example", {"kz-example"});
  message.providers = {"cn-example", "ru-example"};
  expect_both(message, {"E-PROVIDERS-INCOMPLETE"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "cn-example") << "whom nothing makes a provider";
  message.facts = {{"joint-provider", "ru-example"}};
  message.providers = {"ru-example"};
  expect_both(message, {"E-FACT-UNKNOWN"});
  message.facts = {{"joint-provider", "Nobody"}};
  expect_both(message, {"E-FACT-UNKNOWN", "E-PROVIDERS-INCOMPLETE"});
}

// Named beside one of his messages, he is asked for what he provided here all the same.
TEST_F(SourceRules, AskAJointProviderWhomASourceNamesToo) {
  for (const auto* classification : {"open", "restricted"}) {
    const auto source = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}, classification));
    auto joint = realm.derived("kz-example", {"ru-example"}, {source});
    const auto asked = [&](const SourceLine& line) {
      std::set<std::string> out;
      const auto data = realm.book();
      const Directory directory(realm.peers);
      const World world{data, directory, realm.joint_acts, "ru-example", realm.now};
      for (const auto& need : consent_needs(world, realm.derived("ru-example", {"tj-example"}, {line}), realm.lookup()))
        if (need.original->id == line.id) out.insert(need.provider);
      return out;
    };
    EXPECT_EQ(asked(realm.hold(joint)), std::set<std::string>{"kz-example"});
    add_joint_provider(joint, "cn-example");
    EXPECT_EQ(asked(realm.hold(joint)), (std::set<std::string>{"cn-example", "kz-example"}));
  }
}

TEST_F(SourceRules, RequireEveryLabelOfEverySourceUnchanged) {
  auto source = realm.notice("cn-example", {"kz-example", "ru-example"});
  source.labels.front().categories = {"network"};
  auto message = to_kz({realm.hold(source)});
  expect_both(message, {});
  message.labels.back().categories = {};
  expect_both(message, {"E-LABEL-NOT-INHERITED"});
  message.labels.pop_back();
  expect_both(message, {"E-LABEL-NOT-INHERITED"});
}

TEST_F(SourceRules, RefuseALabelOfNoSource) {
  auto message = realm.notice("ru-example", {"kz-example"});
  message.labels.push_back({"cn-example", 1, "restricted", "", {}});
  expect_both(message, {"E-LABEL-NOT-INHERITED"});
}

TEST_F(SourceRules, RefuseAClosureDeeperThanTheLimit) {
  auto line = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  for (std::size_t depth = 1; depth < kMaxClosureDepth; ++depth)
    line = realm.hold(realm.derived("ru-example", {"kz-example"}, {line}));
  expect_both(to_kz({line}), {});
  line = realm.hold(realm.derived("ru-example", {"kz-example"}, {line}));
  expect_both(to_kz({line}), {"E-LIMIT"});
}

TEST_F(SourceRules, RefuseASourceUnderAnAgreementNotKnownHere) {
  const auto line = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}, "open"));
  auto other = realm.held.at(line.id).message;
  other.agreement_version = 2;
  expect_both(to_kz({realm.hold(other)}), {"E-AGREEMENT-VERSION"});
  other.agreement = "xx-1999";
  expect_both(to_kz({realm.hold(other)}), {"E-AGREEMENT-UNKNOWN"});
}

TEST_F(SourceRules, ForwardExactlyOneOriginal) {
  const auto one = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  auto message = realm.forward("ru-example", {"kz-example"}, one);
  expect_both(message, {});
  message.sources.front().relation = Relation::quotes;
  expect_both(message, {"E-SOURCE-MISMATCH"});
  message = realm.forward("ru-example", {"kz-example"}, one);
  message.sources = {};
  message.labels.pop_back();
  message.providers = {"ru-example"};
  expect_both(message, {"E-SOURCE-UNPROVEN"});
}

// The wraps of the whole do not go with an extract, and of something protected nobody makes others.
TEST_F(SourceRules, ForwardPartsOfAnOpenOriginalAndOfAProtectedOneToNobodyInItsAudience) {
  auto message = realm.forward("ru-example", {"kz-example"},
                               realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}, "open")));
  message.sources.front().extent.parts = {0};
  expect_both(message, {});
  message.sources.front().extent.parts = {0, 2};
  expect_both(message, {"E-SOURCE-MISMATCH"});
  message =
      realm.forward("ru-example", {"kz-example"}, realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"})));
  message.sources.front().extent.parts = {0};
  expect_both(message, {"E-WRAP-FOREIGN"});
}

TEST_F(SourceRules, RefuseAForwardOfTwo) {
  auto one = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}), Relation::forwards);
  auto other = realm.notice("cn-example", {"kz-example", "ru-example"});
  other.created = other.created - hours(1);
  auto message = to_kz({one, realm.hold(other, Relation::forwards)});
  message.kind = "forward";
  expect_both(message, {"E-SOURCE-MISMATCH"});
}

TEST_F(SourceRules, LetNoOtherKindForward) {
  const auto one = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}), Relation::forwards);
  expect_both(to_kz({one}), {"E-SOURCE-MISMATCH"});
}

}  // namespace
}  // namespace chancery::core

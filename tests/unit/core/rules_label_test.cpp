#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

class LabelRules : public testing::Test {
 protected:
  LabelRules() : message(realm.notice("cn-example", {"ru-example"})) {}

  void expect(const Codes& at_release, const Codes& at_acceptance) const {
    EXPECT_EQ(realm.release(message).codes(), at_release) << message.to_text();
    EXPECT_EQ(realm.accept("ru-example", message).codes(), at_acceptance) << message.to_text();
  }
  void expect_both(const Codes& codes) const { expect(codes, codes); }
  void regard_in(const std::string& policy, const std::string& classification, const std::string& as) {
    for (auto& regard : realm.policy(policy).regards)
      if (regard.policy == "cn-example" && regard.classification == classification) regard.as = as;
  }

  Realm realm;
  Message message;
};

TEST_F(LabelRules, RequireALabel) {
  message.labels = {};
  expect_both({"E-LABEL-MISSING"});
}

TEST_F(LabelRules, RefuseAnUnknownClassOrCategory) {
  message.labels.front().classification = "cosmic";
  expect_both({"E-LABEL-UNKNOWN"});
  message.labels.front().classification = "restricted";
  message.labels.front().categories = {"gardening"};
  expect_both({"E-LABEL-UNKNOWN"});
  message.labels.front().categories = {"network"};
  expect_both({});
}

TEST_F(LabelRules, HoldAReviewDateToWhatTheClassDemands) {
  realm.policy("cn-example").classes[1].review_required = true;
  realm.policy("cn-example").classes[1].review_within_days = 30;
  expect_both({"E-LABEL-REVIEW"});
  message.labels.front().review = to_string(message.created + days(30)).substr(0, 10);
  expect_both({});
  message.labels.front().review = to_string(message.created + days(31)).substr(0, 10);
  expect_both({"E-LABEL-REVIEW"});
}

TEST_F(LabelRules, LeaveAForeignLabelOfAVersionNoTableNamesUndecided) {
  for (auto& row : realm.policy("ru-example").regards) row.from_version = row.to_version = 2;
  expect({"E-LABEL-UNKNOWN"}, {"E-LABEL-POLICY-UNKNOWN"});
}

TEST_F(LabelRules, LeaveACategoryThatChangesAccessAndHasNoRowUndecided) {
  message.labels.front().categories = {"network"};
  realm.policy("ru-example").category_regards = {};
  expect({"E-LABEL-UNKNOWN"}, {"E-LABEL-POLICY-UNKNOWN"});
  realm.policy("cn-example").categories.front().kind = CategoryKind::informative;
  expect_both({});
}

TEST_F(LabelRules, RefuseALabelOfAnothersPolicyAsOnesOwn) {
  message.labels = {{"kz-example", 1, "restricted", "", {}}};
  message.label_policy = realm.policy("kz-example").digest;
  expect_both({"E-LABEL-UNKNOWN"});
}

TEST_F(LabelRules, RefuseALabelUnderOtherDataThanItNames) {
  message.label_policy = realm.policy("kz-example").digest;
  expect_both({"E-LABEL-UNKNOWN"});
}

TEST_F(LabelRules, DeferAtAcceptanceAPolicyNotKnownHereYet) {
  message.label_policy = digest_of("newer data");
  expect({"E-LABEL-UNKNOWN"}, {"E-LABEL-POLICY-UNKNOWN"});
  message.labels.front().version = 2;
  message.labels.front().classification = "cosmic";
  expect({"E-LABEL-UNKNOWN"}, {"E-LABEL-POLICY-UNKNOWN"});
  EXPECT_EQ(realm.accept("ru-example", message).verdict(), Verdict::defer);
}

TEST_F(LabelRules, DeferAtAcceptanceASourceUnderAPolicyNotKnownHereYet) {
  auto source = realm.notice("kz-example", {"cn-example", "ru-example"});
  source.label_policy = digest_of("newer data of kz-example");
  message = realm.derived("cn-example", {"ru-example"}, {realm.hold(source)});
  expect({"E-LABEL-UNKNOWN"}, {"E-LABEL-POLICY-UNKNOWN"});
  source = realm.notice("kz-example", {"cn-example", "ru-example"});
  source.labels.front().version = 2;
  message = realm.derived("cn-example", {"ru-example"}, {realm.hold(source)});
  expect({"E-LABEL-UNKNOWN"}, {"E-LABEL-POLICY-UNKNOWN"});
}

TEST_F(LabelRules, RefuseAStateSecretWithItsClause) {
  message.labels.front().classification = "secret";
  expect_both({"E-LABEL-STATE-SECRET"});
  EXPECT_EQ(realm.release(message).reasons().front(),
            (Reason{ReasonCode::state_secret, "S6.3", "6(1)", "cn-example/1/secret"}));
}

TEST_F(LabelRules, RefuseWhatIsAStateSecretUnderThePartyOfNobodyAddressed) {
  regard_in("kz-example", "restricted", "secret");
  expect_both({"E-LABEL-STATE-SECRET"});
  std::erase_if(realm.agreement("sco-2009").status, [](const PartyStatus& row) { return row.party == "KZ"; });
  expect_both({});
}

// Nobody can say what it is to that Party: a secret, restricted, or neither.
TEST_F(LabelRules, DecideNothingWhereABoundPartySaysNothing) {
  message.labels.front().classification = "open";
  std::erase_if(realm.policies, [](const LabelPolicy& policy) { return policy.party == "KZ"; });
  expect({"E-LABEL-UNKNOWN"}, {"E-LABEL-POLICY-UNKNOWN"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "cn-example/1/open (KZ)");
  std::erase_if(realm.agreement("sco-2009").status, [](const PartyStatus& row) { return row.party == "KZ"; });
  expect_both({});
}

TEST_F(LabelRules, AskNobodyWhereTheAgreementNeitherBarsNorProtects) {
  std::erase_if(realm.policies, [](const LabelPolicy& policy) { return policy.party == "KZ"; });
  realm.agreement("sco-2009").bars_state_secrets = realm.agreement("sco-2009").protects_restricted = false;
  expect_both({});
}

// A Party's catalogue of categories binds whoever writes and whoever receives, while it is bound.
TEST_F(LabelRules, RefuseACategoryThatABoundPartyExcludes) {
  message.labels.front().categories = {"network"};
  expect_both({});
  realm.policy("kz-example").exclusions = {{"cn-example", "network", "sco-2009"}};
  expect_both({"E-LABEL-EXCLUDED"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "cn-example/1/network (KZ)");
  realm.policy("kz-example").exclusions.front().agreement = {};
  expect_both({"E-LABEL-EXCLUDED"});
  realm.policy("kz-example").exclusions.front().agreement = "cn-ru-2015";
  expect_both({});
  realm.policy("kz-example").exclusions = {{"ru-example", "network", ""}};
  expect_both({});
  realm.policy("kz-example").exclusions = {{"cn-example", "network", ""}};
  std::erase_if(realm.agreement("sco-2009").status, [](const PartyStatus& row) { return row.party == "KZ"; });
  expect_both({});
}

TEST_F(LabelRules, RefuseASourceOfAnExcludedCategory) {
  auto source = realm.notice("ru-example", {"cn-example", "kz-example"}, "open");
  source.labels.front().categories = {"network"};
  message = realm.derived("cn-example", {"ru-example"}, {realm.hold(source)});
  expect_both({});
  realm.policy("ru-example").exclusions = {{"ru-example", "network", ""}};
  const auto codes = realm.release(message).codes();
  EXPECT_EQ(codes, (Codes{"E-LABEL-EXCLUDED"}));
}

TEST_F(LabelRules, LetASecretPassWhereTheAgreementDoesNotBarIt) {
  message.labels.front().classification = "secret";
  realm.agreement("sco-2009").bars_state_secrets = false;
  expect_both({});
}

TEST_F(LabelRules, ScreenASourceUnderItsOwnAgreement) {
  auto source = realm.notice("ru-example", {"cn-example"}, "secret");
  realm.agreement("sco-2009").bars_state_secrets = false;
  source.agreement = "cn-ru-2015";
  source.directions = {"cn-ru-2015/3/5"};
  message = realm.derived("cn-example", {"ru-example"}, {realm.hold(source)});
  expect_both({"E-LABEL-STATE-SECRET"});
}

TEST_F(LabelRules, HoldRecipientsUnderTheCeiling) {
  message.recipients = {"kz-example", "ru-example"};
  message.releasable_to = {"ru-example"};
  expect_both({"E-LABEL-CEILING"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "kz-example");
  message.releasable_to = {"kz-example", "ru-example"};
  expect_both({});
}

TEST_F(LabelRules, HoldTheCeilingOfASourceToo) {
  auto source = realm.notice("cn-example", {"ru-example"}, "open");
  source.releasable_to = {"ru-example"};
  const auto line = realm.hold(source);
  message = realm.derived("ru-example", {"kz-example"}, {line});
  EXPECT_EQ(realm.release(message).codes(), Codes{"E-LABEL-CEILING"});
  EXPECT_EQ(realm.accept("kz-example", message).codes(), Codes{"E-LABEL-CEILING"});
  EXPECT_TRUE(realm.release(realm.derived("ru-example", {"cn-example"}, {line})).allowed()) << "who set it may have it";
}

}  // namespace
}  // namespace chancery::core

#include "daemon/core/handling.h"

#include <gtest/gtest.h>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

std::string handling_text() { return sample_handling().to_text(); }

TEST(HandlingParse, GivesBackWhatWasWritten) {
  auto first = sample_handling();
  first.previous.reset();
  for (const auto& handling : {sample_handling(), first}) {
    const auto parsed = Handling::parse(handling.to_text());
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    EXPECT_EQ(*parsed, handling);
  }
}

TEST(HandlingParse, RefusesEveryCommonMutation) { expect_all_malformed<Handling>(common_mutations(handling_text())); }

TEST(HandlingParse, RefusesValuesOutOfTheirGrammar) {
  expect_malformed<Handling>(handling_text(), {{"label ru-example/1", "label ru-example"},
                                               {"authority ru-example", "authority RU"},
                                               {"2027-06-01", "2027-13-01"}});
}

// RU holds what CN wrote, and marks it under its own policy.
class HandlingTest : public testing::Test {
 protected:
  HandlingTest() : message(realm.notice("cn-example", {"ru-example"})) {}

  template <class Run>
  auto at(Run run) const {
    const auto book = realm.book();
    const Directory directory(realm.peers);
    return run(World{book, directory, realm.joint_acts, "ru-example", realm.now});
  }
  [[nodiscard]] Decision decide(const std::string& classification, std::vector<std::string> categories = {}) const {
    const Label proposed{"ru-example", 1, classification, review, std::move(categories)};
    return at([&](const World& world) { return decide_handling(world, user, message, current, proposed); });
  }
  Realm realm;
  Message message;
  User user{"officer", Role::officer, "secret", {"network"}};
  std::optional<Label> current;
  std::string review{};
};

TEST_F(HandlingTest, MayBeAsStrictAsTheLabelOrStricter) {
  EXPECT_TRUE(decide("restricted").allowed());
  EXPECT_TRUE(decide("restricted", {"network"}).allowed());
  EXPECT_TRUE(decide("secret").allowed());
}

TEST_F(HandlingTest, IsRefusedWithItsArticleWhenItIsLaxer) {
  realm.agreement("sco-2009").grounds.push_back({ReasonCode::label_laxer, "S6.7", "6(3)"});
  EXPECT_EQ(decide("open").reasons(),
            (std::vector<Reason>{{ReasonCode::label_laxer, "S6.7", "6(3)", "ru-example/1 restricted -"}}));
  message.labels.front().categories = {"network"};
  EXPECT_EQ(decide("restricted").codes(), Codes{"E-LABEL-LAXER"});
  EXPECT_TRUE(decide("restricted", {"network"}).allowed());
}

TEST_F(HandlingTest, IsHeldToEveryLabelAMessageCarries) {
  message.labels.push_back({"kz-example", 1, "secret", "", {}});
  EXPECT_EQ(decide("restricted").codes(), Codes{"E-LABEL-LAXER"});
  EXPECT_TRUE(decide("secret").allowed());
}

TEST_F(HandlingTest, OfficersMakeStricterAndApproversTakeBack) {
  current = Label{"ru-example", 1, "secret", "", {}};
  EXPECT_EQ(decide("restricted").codes(), Codes{"E-LABEL-LOWERED"});
  user.role = Role::approver;
  EXPECT_TRUE(decide("restricted").allowed());
  EXPECT_EQ(decide("open").codes(), Codes{"E-LABEL-LAXER"}) << "never below the original";
}

TEST_F(HandlingTest, IsAboutMessagesOfOthers) {
  message.originator = "ru-example";
  EXPECT_EQ(decide("secret").codes(), Codes{"E-NOT-ADDRESSED"});
}

TEST_F(HandlingTest, IsUnderTheOwnPolicyAlone) {
  EXPECT_EQ(decide("cosmic").codes(), Codes{"E-LABEL-UNKNOWN"});
  EXPECT_EQ(decide("restricted", {"gardening"}).codes(), Codes{"E-LABEL-UNKNOWN"});
  at([&](const World& world) {
    EXPECT_EQ(decide_handling(world, user, message, {}, {"cn-example", 1, "secret", "", {}}).codes(),
              Codes{"E-LABEL-UNKNOWN"});
    EXPECT_EQ(decide_handling(world, user, message, {}, {"ru-example", 2, "secret", "", {}}).codes(),
              Codes{"E-LABEL-UNKNOWN"});
  });
}

TEST_F(HandlingTest, IsUndecidedWhereTheOwnPolicyRegardsTheOriginalAsNothing) {
  realm.policy("ru-example").regards = {};
  EXPECT_EQ(decide("secret").codes(), Codes{"E-LABEL-UNKNOWN"});
}

TEST_F(HandlingTest, HasTheReviewDateItsClassDemands) {
  realm.policy("ru-example").classes[2].review_required = true;
  EXPECT_EQ(decide("secret").codes(), Codes{"E-LABEL-REVIEW"});
  review = "2027-01-01";
  EXPECT_TRUE(decide("secret").allowed());
  realm.policy("ru-example").classes[2].review_within_days = 10;
  EXPECT_EQ(decide("secret").codes(), Codes{"E-LABEL-REVIEW"});
}

TEST_F(HandlingTest, IsByDefaultWhatTheOwnPolicyRegardsAllLabelsAs) {
  message.labels.push_back({"kz-example", 1, "open", "", {"network"}});
  at([&](const World& world) {
    EXPECT_EQ(own_label(world, message), (Label{"ru-example", 1, "restricted", "", {"network"}}));
  });
  realm.policy("ru-example").category_regards = {};
  at([&](const World& world) { EXPECT_EQ(own_label(world, message), std::nullopt); });
}

TEST_F(HandlingTest, IsShownWhereItProtectsMoreThanTheRegardedLabel) {
  const auto held = [&](const char* classification, std::vector<std::string> categories) {
    const Label handling{"ru-example", 1, classification, "", std::move(categories)};
    return at([&](const World& world) { return held_as(world, message, handling); });
  };
  EXPECT_EQ(at([&](const World& world) { return held_as(world, message, {}); }),
            (Label{"ru-example", 1, "restricted", "", {}}));
  EXPECT_EQ(held("secret", {}), (Label{"ru-example", 1, "secret", "", {}}));
  // The tables became stricter after the record was made.
  for (auto& row : realm.policy("ru-example").regards)
    if (row.policy == "cn-example" && row.classification == "restricted") row.as = "secret";
  EXPECT_EQ(held("restricted", {"network"}), (Label{"ru-example", 1, "secret", "", {"network"}}));
  auto next = realm.policy("ru-example");
  next.version = 2;
  realm.policies.push_back(next);
  EXPECT_EQ(held("secret", {"network"}), (Label{"ru-example", 2, "secret", "", {"network"}}));
}

TEST_F(HandlingTest, KeepsFromThePublicWhatIsMarkedBeyondTheOriginal) {
  const auto codes = [&](const std::optional<Label>& handling) {
    return at([&](const World& world) { return decide_publication(world, message, handling).codes(); });
  };
  EXPECT_EQ(codes({}), Codes{});
  EXPECT_EQ(codes(Label{"ru-example", 1, "restricted", "", {}}), Codes{});
  EXPECT_EQ(codes(Label{"ru-example", 1, "restricted", "", {"network"}}), Codes{"E-LABEL-LAXER"});
  EXPECT_EQ(codes(Label{"ru-example", 1, "secret", "", {}}), Codes{"E-LABEL-LAXER"});
  realm.policy("ru-example").regards = {};
  EXPECT_EQ(codes(Label{"ru-example", 1, "restricted", "", {}}), Codes{"E-LABEL-LAXER"}) << "undecided";
}

class DecideUse : public HandlingTest {
 protected:
  DecideUse() : made(realm.notice("ru-example", {"kz-example"})) {}
  [[nodiscard]] Codes codes(const std::vector<Label>& handling) const {
    return at([&](const World& world) { return decide_use(world, made, handling).codes(); });
  }
  Message made;
};

TEST_F(DecideUse, LetsNothingOutUnderALaxerMarkThanItIsHandledUnder) {
  EXPECT_EQ(codes({}), Codes{});
  EXPECT_EQ(codes({{"ru-example", 1, "restricted", "", {}}}), Codes{});
  EXPECT_EQ(codes({{"ru-example", 1, "restricted", "", {"network"}}}), Codes{"E-LABEL-LAXER"});
  made.labels.front().classification = "open";
  EXPECT_EQ(codes({{"ru-example", 1, "restricted", "", {}}}), Codes{"E-LABEL-LAXER"});
}

TEST_F(DecideUse, LetsOutNothingThatIsHandledAsAStateSecret) {
  made.labels.front().classification = "secret";
  EXPECT_EQ(codes({{"ru-example", 1, "secret", "", {}}}), Codes{"E-LABEL-STATE-SECRET"});
  realm.agreement("sco-2009").bars_state_secrets = false;
  EXPECT_EQ(codes({{"ru-example", 1, "secret", "", {}}}), Codes{});
}

}  // namespace
}  // namespace chancery::core

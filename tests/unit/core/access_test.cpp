#include "daemon/core/access.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"

namespace chancery::core {
namespace {

constexpr Permission kPermissions[] = {Permission::compose,         Permission::approve,     Permission::list,
                                       Permission::read_body,       Permission::acknowledge, Permission::handle,
                                       Permission::export_evidence, Permission::administer,  Permission::audit};

// Rows: officer, approver, administrator, auditor; columns in the order above. Written from the description of the
// roles.
constexpr const char* kTable[] = {"y-yyyyy--", "yyyyyyy--", "-------y-", "--y---y-y"};

TEST(Permits, FollowsTheTableOfRoles) {
  constexpr Role roles[] = {Role::officer, Role::approver, Role::administrator, Role::auditor};
  for (std::size_t r = 0; r < std::size(roles); ++r)
    for (std::size_t p = 0; p < std::size(kPermissions); ++p)
      EXPECT_EQ(permits(roles[r], kPermissions[p]), kTable[r][p] == 'y')
          << to_string(roles[r]) << " " << to_string(kPermissions[p]);
}

class DecideAccess : public testing::Test {
 protected:
  DecideAccess() : message(realm.notice("cn-example", {"ru-example"})) {}

  [[nodiscard]] Decision decide(const User& user, Permission permission) const {
    const auto book = realm.book();
    const Directory directory(realm.peers);
    return decide_access({book, directory, realm.joint_acts, "ru-example", realm.now}, user, permission, message,
                         handling);
  }
  [[nodiscard]] Codes reading(const std::string& clearance) const {
    return decide({"officer", Role::officer, clearance}, Permission::read_body).codes();
  }
  void regard_in_ru(const std::string& classification, const std::string& as) {
    for (auto& regard : realm.policy("ru-example").regards)
      if (regard.policy == "cn-example" && regard.classification == classification) regard.as = as;
  }

  Realm realm;
  Message message;
  std::vector<Label> handling;
};

TEST_F(DecideAccess, RefusesWhatTheRoleMayNotDo) {
  EXPECT_EQ(decide({"auditor", Role::auditor, "secret"}, Permission::read_body).codes(), Codes{"E-ROLE"});
  EXPECT_EQ(decide({"admin", Role::administrator, "secret"}, Permission::list).codes(), Codes{"E-ROLE"});
  EXPECT_EQ(decide({"officer", Role::officer, "secret"}, Permission::approve).codes(), Codes{"E-ROLE"});
}

TEST_F(DecideAccess, NeedsAClearanceOfAtLeastTheClassItIsRegardedAs) {
  EXPECT_EQ(reading(""), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("open"), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("unheard-of"), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("restricted"), Codes{});
  EXPECT_EQ(reading("secret"), Codes{});
  regard_in_ru("restricted", "secret");
  EXPECT_EQ(reading("restricted"), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("secret"), Codes{});
}

TEST_F(DecideAccess, NamesClauseAndClass) {
  EXPECT_EQ(decide({"officer", Role::officer, ""}, Permission::read_body).reasons(),
            (std::vector<Reason>{{ReasonCode::clearance, "S6.4", "6(2)", "cn-example/1/restricted"}}));
}

TEST_F(DecideAccess, LetsEverybodyWithTheRoleReadWhatIsOpenEverywhere) {
  message.labels.front().classification = "open";
  EXPECT_EQ(reading(""), Codes{});
  regard_in_ru("open", "restricted");
  EXPECT_EQ(reading(""), Codes{"E-CLEARANCE"});
}

TEST_F(DecideAccess, NeedsAClearanceForWhatOnlyAnotherPartyRestricts) {
  regard_in_ru("restricted", "open");
  EXPECT_EQ(reading(""), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("open"), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("restricted"), Codes{});
}

TEST_F(DecideAccess, LetsNobodyReadWhatTheOwnPolicyDoesNotRegard) {
  realm.policy("ru-example").regards = {};
  EXPECT_EQ(reading("secret"), Codes{"E-CLEARANCE"});
}

TEST_F(DecideAccess, NeedsAClearanceForEverythingUnderAnAgreementThatIsNotKnownHere) {
  message.labels.front().classification = "open";
  EXPECT_EQ(reading(""), Codes{});
  message.agreement_version = 9;
  EXPECT_EQ(reading(""), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("restricted"), Codes{});
}

TEST_F(DecideAccess, AsksForEveryLabel) {
  message.labels.push_back({"kz-example", 1, "secret", "", {}});
  EXPECT_EQ(reading("restricted"), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("secret"), Codes{});
}

TEST_F(DecideAccess, AsksForTheCategoriesALabelIsRegardedToHave) {
  message.labels.front().categories = {"network"};
  const auto with = [&](std::vector<std::string> categories) {
    return decide({"officer", Role::officer, "restricted", std::move(categories)}, Permission::read_body);
  };
  EXPECT_EQ(with({}).reasons(),
            (std::vector<Reason>{{ReasonCode::clearance, "S6.4", "6(2)", "cn-example/1/restricted (network)"}}));
  EXPECT_TRUE(with({"network"}).allowed());
  message.labels.front().classification = "open";
  EXPECT_FALSE(with({}).allowed()) << "a restrictive category counts whatever the class";
  realm.policy("ru-example").categories.front().kind = CategoryKind::informative;
  EXPECT_TRUE(with({}).allowed());
}

TEST_F(DecideAccess, RefusesCategoriesWhereTheOwnPartyIsNotKnown) {
  message.labels.front().classification = "open";
  realm.peers.erase("ru-example");
  EXPECT_EQ(reading(""), Codes{});
  message.labels.front().categories = {"network"};
  EXPECT_EQ(reading("secret"), Codes{"E-CLEARANCE"});
}

TEST_F(DecideAccess, TakesTheStricterOfTheLabelAndTheOwnHandling) {
  message.labels.front().classification = "open";
  EXPECT_EQ(reading(""), Codes{});
  handling = {{"ru-example", 1, "restricted", "", {}}};
  EXPECT_EQ(reading(""), Codes{"E-CLEARANCE"});
  EXPECT_EQ(reading("restricted"), Codes{});
  handling.front().categories = {"network"};
  EXPECT_EQ(reading("restricted"), Codes{"E-CLEARANCE"});
  handling = {{"ru-example", 1, "open", "", {}}};
  message.labels.front().classification = "secret";
  EXPECT_EQ(reading("restricted"), Codes{"E-CLEARANCE"}) << "a laxer record lets nobody in";
}

TEST_F(DecideAccess, NeedsNoClearanceToListOrExportEvidence) {
  for (const auto permission : {Permission::list, Permission::export_evidence})
    EXPECT_TRUE(decide({"officer", Role::officer, ""}, permission).allowed());
  EXPECT_TRUE(decide({"auditor", Role::auditor, ""}, Permission::audit).allowed());
}

TEST_F(DecideAccess, RefusesWhereTheOwnPartyIsNotKnown) {
  realm.peers.erase("ru-example");
  EXPECT_EQ(reading("secret"), Codes{"E-CLEARANCE"});
}

TEST_F(DecideAccess, LeavesHeldCopiesReadableWhenTheDesignationHasRunOut) {
  realm.designation("ru-example").valid_to = realm.now - days(1);
  EXPECT_EQ(reading("restricted"), Codes{});
}

TEST_F(DecideAccess, LetsNobodyApproveWhatHeComposed) {
  const auto book = realm.book();
  const Directory directory(realm.peers);
  const World world{book, directory, realm.joint_acts, "ru-example", realm.now};
  const User approver{"approver", Role::approver, "restricted"};
  EXPECT_TRUE(decide_approval(world, approver, "officer", message, {}).allowed());
  EXPECT_EQ(decide_approval(world, approver, "approver", message, {}).codes(), Codes{"E-APPROVAL-SAME-PERSON"});
  EXPECT_EQ(decide_approval(world, {"officer", Role::officer, "restricted"}, "other", message, {}).codes(),
            Codes{"E-ROLE"});
}

class IsRestricted : public testing::Test {
 protected:
  IsRestricted() : message(realm.notice("cn-example", {"kz-example", "ru-example"})) {}
  [[nodiscard]] bool restricted() const {
    const auto book = realm.book();
    const Directory directory(realm.peers);
    return is_restricted({book, directory, realm.joint_acts, "cn-example", realm.now}, message);
  }
  Realm realm;
  Message message;
};

TEST_F(IsRestricted, IsWhatTheOwnPolicySays) {
  EXPECT_TRUE(restricted());
  message.labels.front().classification = "open";
  EXPECT_FALSE(restricted());
}

TEST_F(IsRestricted, IsWhatABoundPartySays) {
  message.labels.front().classification = "open";
  for (auto& regard : realm.policy("kz-example").regards)
    if (regard.policy == "cn-example" && regard.classification == "open") regard.as = "restricted";
  EXPECT_TRUE(restricted());
  // Not bound, so its law does not speak.
  auto& status = realm.agreement("sco-2009").status;
  std::erase_if(status, [](const PartyStatus& row) { return row.party == "KZ"; });
  EXPECT_FALSE(restricted());
}

TEST_F(IsRestricted, IsWhatABoundPartySaysNothingAbout) {
  message.labels.front().classification = "open";
  std::erase_if(realm.policy("kz-example").regards, [](const Regard& r) { return r.classification == "open"; });
  EXPECT_TRUE(restricted());
}

TEST_F(IsRestricted, IsWhatCannotBeJudged) {
  message.labels.front().classification = "unheard-of";
  EXPECT_TRUE(restricted());
  message.labels = {};
  EXPECT_TRUE(restricted());
  message.labels = {{"cn-example", 1, "open", "", {}}};
  message.agreement_version = 9;
  EXPECT_TRUE(restricted());
}

}  // namespace
}  // namespace chancery::core

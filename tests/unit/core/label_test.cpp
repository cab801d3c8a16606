#include "daemon/core/label.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"

namespace chancery::core {
namespace {

const std::vector<std::string> kAll = {"CN", "KZ", "RU"};

Label label(const std::string& policy, const std::string& classification, std::vector<std::string> categories = {}) {
  return {policy, 1, classification, "", std::move(categories)};
}

TEST(LabelBook, FindsPoliciesByVersionDigestAndParty) {
  Realm realm;
  auto next = realm.policies.front();
  next.version = 2;
  next.digest = Digest();
  realm.policies.push_back(next);
  const LabelBook book(realm.policies);
  EXPECT_EQ(book.find("cn-example", 1)->party, "CN");
  EXPECT_EQ(book.find("cn-example", 3), nullptr);
  EXPECT_EQ(book.find(Digest())->version, 2u);
  EXPECT_EQ(book.of_party("CN")->version, 2u);
  EXPECT_EQ(book.of_party("UZ"), nullptr);
}

TEST(LabelBook, KnowsALabelByItsClassAndAllItsCategories) {
  const LabelBook book(Realm().policies);
  EXPECT_TRUE(book.knows(label("cn-example", "open")));
  EXPECT_TRUE(book.knows(label("cn-example", "open", {"network"})));
  EXPECT_FALSE(book.knows(label("cn-example", "open", {"gardening", "network"})));
  EXPECT_FALSE(book.knows(label("cn-example", "cosmic")));
  EXPECT_FALSE(book.knows(label("uz-example", "open")));
}

TEST(LabelBook, RegardsALabelAsTheStrictestOfItsOwnAndThePartiesPolicies) {
  Realm realm;
  const LabelBook book(realm.policies);
  EXPECT_FALSE(book.restricted(label("cn-example", "open"), kAll));
  EXPECT_TRUE(book.restricted(label("cn-example", "restricted"), {}));
  EXPECT_TRUE(book.restricted(label("cn-example", "secret"), {}));
  EXPECT_TRUE(book.state_secret(label("cn-example", "secret"), {}));
  EXPECT_FALSE(book.state_secret(label("cn-example", "restricted"), kAll));
  for (auto& regard : realm.policy("kz-example").regards)
    if (regard.policy == "cn-example" && regard.classification == "open") regard.as = "secret";
  const LabelBook strict(realm.policies);
  EXPECT_TRUE(strict.state_secret(label("cn-example", "open"), kAll));
  EXPECT_TRUE(strict.restricted(label("cn-example", "open"), kAll));
  EXPECT_FALSE(strict.restricted(label("cn-example", "open"), {"CN", "RU"}));
}

TEST(LabelBook, CountsAnUnknownLabelAsBoth) {
  const LabelBook book(Realm().policies);
  for (const auto& unknown : {label("cn-example", "cosmic"), label("uz-example", "open")}) {
    EXPECT_TRUE(book.restricted(unknown, {}));
    EXPECT_TRUE(book.state_secret(unknown, {}));
  }
}

TEST(LabelBook, GoesByTheNewestVersionOfAPartysPolicy) {
  Realm realm;
  auto next = realm.policy("kz-example");
  next.version = 2;
  for (auto& regard : next.regards)
    if (regard.policy == "cn-example" && regard.classification == "open") regard.as = "restricted";
  realm.policies.insert(realm.policies.begin(), next);
  EXPECT_TRUE(LabelBook(realm.policies).restricted(label("cn-example", "open"), kAll));
}

TEST(LabelBook, LeavesAForeignClassOfAVersionItsTableDoesNotNameUndecided) {
  Realm realm;
  auto next = realm.policy("cn-example");
  next.version = 2;
  realm.policies.push_back(next);
  auto second = label("cn-example", "open");
  second.version = 2;
  const LabelBook book(realm.policies);
  EXPECT_TRUE(book.knows(second));
  EXPECT_EQ(book.regard(*book.of_party("RU"), second), std::nullopt);
  EXPECT_EQ(book.silent(second, kAll), (std::vector<std::string>{"KZ", "RU"}));
  for (auto& row : realm.policy("ru-example").regards) row.to_version = 2;
  const LabelBook wider(realm.policies);
  EXPECT_EQ(wider.regard(*wider.of_party("RU"), second), label("ru-example", "open"));
  EXPECT_EQ(wider.silent(second, kAll), std::vector<std::string>{"KZ"});
  second.version = 3;
  EXPECT_EQ(wider.regard(*wider.of_party("RU"), second), std::nullopt);
}

TEST(LabelBook, RegardsCategoriesAndLeavesTheOriginalAsItIs) {
  Realm realm;
  realm.policy("cn-example").categories.push_back({"note", CategoryKind::informative, {}, {}});
  realm.policy("cn-example").categories.push_back({"team", CategoryKind::permissive, {}, {}});
  realm.policy("ru-example").categories.push_back({"sety", CategoryKind::restrictive, {}, {}});
  realm.policy("ru-example").category_regards = {{"cn-example", "network", "sety"}};
  const LabelBook book(realm.policies);
  const auto& ru = *book.of_party("RU");
  const Label original{"cn-example", 1, "restricted", "2027-01-01", {"network", "note"}};
  const auto text = original.text();
  EXPECT_EQ(book.regard(ru, original), (Label{"ru-example", 1, "restricted", "2027-01-01", {"sety"}}));
  EXPECT_EQ(original.text(), text);
  EXPECT_EQ(book.regard(ru, label("cn-example", "open", {"team"})), std::nullopt) << "a category that changes access";
  EXPECT_EQ(book.silent(label("cn-example", "open", {"team"}), {"RU"}), std::vector<std::string>{"RU"});
  EXPECT_EQ(book.regard(ru, label("cn-example", "open", {"unheard-of"})), std::nullopt);
  EXPECT_EQ(book.regard(*book.of_party("CN"), original), original) << "its own labels are themselves";
}

// A = restricted in KZ, restricted there = secret in RU, but A itself open in RU: what stands in no row does not hold.
TEST(LabelBook, InfersNothingFromTwoRowsTogether) {
  Realm realm;
  const auto set = [&](const char* of, const char* policy, const char* from, const char* as) {
    for (auto& row : realm.policy(of).regards)
      if (row.policy == policy && row.classification == from) row.as = as;
  };
  set("kz-example", "cn-example", "open", "restricted");
  set("ru-example", "kz-example", "restricted", "secret");
  const LabelBook book(realm.policies);
  const auto in_kz = *book.regard(*book.of_party("KZ"), label("cn-example", "open"));
  EXPECT_EQ(in_kz.classification, "restricted");
  EXPECT_EQ(book.regard(*book.of_party("RU"), in_kz)->classification, "secret");
  EXPECT_EQ(book.regard(*book.of_party("RU"), label("cn-example", "open"))->classification, "open");
}

LabelBook book_with_all_kinds() {
  Realm realm;
  realm.policy("cn-example").categories = {{"alpha", CategoryKind::permissive, {}, {}},
                                           {"beta", CategoryKind::permissive, {}, {}},
                                           {"network", CategoryKind::restrictive, {}, {}},
                                           {"note", CategoryKind::informative, {}, {}}};
  return LabelBook(realm.policies);
}

TEST(Dominates, CountsAPermissiveCategoryAsAWayIn) {
  const auto book = book_with_all_kinds();
  const auto open = label("cn-example", "open"), alpha = label("cn-example", "open", {"alpha"}),
             either = label("cn-example", "open", {"alpha", "beta"});
  EXPECT_TRUE(dominates(book, alpha, open));
  EXPECT_FALSE(dominates(book, open, alpha));
  EXPECT_TRUE(dominates(book, alpha, either)) << "fewer get in";
  EXPECT_FALSE(dominates(book, either, alpha));
  EXPECT_TRUE(dominates(book, open, label("cn-example", "open", {"note"})));
  EXPECT_TRUE(dominates(book, label("cn-example", "open", {"note"}), open));
}

TEST(Join, TakesTheHigherClassAllThatRestrictsAndWhatPermitsInBoth) {
  const auto book = book_with_all_kinds();
  const Label a{"cn-example", 1, "open", "2027-01-01", {"alpha", "beta", "note"}};
  const Label b{"cn-example", 1, "restricted", "2028-01-01", {"beta", "network"}};
  EXPECT_EQ(join(book, a, b), (Label{"cn-example", 1, "restricted", "2028-01-01", {"beta", "network", "note"}}));
  EXPECT_EQ(join(book, a, label("cn-example", "restricted")),
            (Label{"cn-example", 1, "restricted", "", {"alpha", "beta", "note"}}))
      << "one has no review date";
}

TEST(Join, HasNoLabelForTwoPoliciesNorForWhatNobodyMay) {
  const auto book = book_with_all_kinds();
  EXPECT_EQ(join(book, label("cn-example", "open"), label("ru-example", "open")), std::nullopt);
  EXPECT_EQ(join(book, label("cn-example", "open", {"alpha"}), label("cn-example", "open", {"beta"})), std::nullopt);
  EXPECT_EQ(join(book, label("cn-example", "cosmic"), label("cn-example", "open")), std::nullopt);
}

TEST(Admits, AsksForEveryRestrictiveAndForOnePermissiveCategory) {
  const auto book = book_with_all_kinds();
  const auto& policy = *book.of_party("CN");
  const auto admits_to = [&](std::vector<std::string> categories, std::vector<std::string> held) {
    return admits(policy, label("cn-example", "open", std::move(categories)), held);
  };
  EXPECT_TRUE(admits_to({}, {}));
  EXPECT_TRUE(admits_to({"note"}, {}));
  EXPECT_FALSE(admits_to({"network"}, {}));
  EXPECT_TRUE(admits_to({"network"}, {"network"}));
  EXPECT_FALSE(admits_to({"alpha", "beta"}, {"network"}));
  EXPECT_TRUE(admits_to({"alpha", "beta"}, {"beta"}));
  EXPECT_FALSE(admits_to({"alpha", "network"}, {"alpha"}));
  EXPECT_FALSE(admits_to({"unheard-of"}, {"unheard-of"}));
}

TEST(ReviewFits, HoldsTheDateToWhatTheClassDemandsAndAllows) {
  LabelClass of;
  auto one = label("cn-example", "open");
  const auto made = parse_instant("2026-11-22T06:00:04.000Z").value();
  EXPECT_TRUE(review_fits(of, one, made));
  of.review_required = true;
  EXPECT_FALSE(review_fits(of, one, made));
  of.review_within_days = 10;
  one.review = "2026-12-02";
  EXPECT_TRUE(review_fits(of, one, made));
  one.review = "2026-12-03";
  EXPECT_FALSE(review_fits(of, one, made));
}

TEST(Dominates, WithinOnePolicyByRankAndCategories) {
  const LabelBook book(Realm().policies);
  EXPECT_TRUE(dominates(book, label("cn-example", "restricted"), label("cn-example", "open")));
  EXPECT_FALSE(dominates(book, label("cn-example", "open"), label("cn-example", "restricted")));
  EXPECT_FALSE(dominates(book, label("cn-example", "restricted"), label("cn-example", "open", {"network"})));
  EXPECT_TRUE(dominates(book, label("cn-example", "open", {"network"}), label("cn-example", "open")));
  EXPECT_FALSE(dominates(book, label("ru-example", "secret"), label("cn-example", "open"))) << "never across policies";
  EXPECT_FALSE(dominates(book, label("cn-example", "cosmic"), label("cn-example", "cosmic")));
}

}  // namespace
}  // namespace chancery::core

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

#include "daemon/core/agreement.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"

namespace chancery::core {
namespace {

TEST(Agreement, BindsAPartyFromItsFirstDayToBeforeItsLast) {
  Agreement a;
  a.status = {{"RU", {100}, Instant{200}, true, ""}, {"CN", {150}, std::nullopt, true, ""}};
  EXPECT_FALSE(a.bound("RU", {99}));
  EXPECT_TRUE(a.bound("RU", {100}));
  EXPECT_TRUE(a.bound("RU", {199}));
  EXPECT_FALSE(a.bound("RU", {200}));
  EXPECT_TRUE(a.bound("CN", {1'000'000}));
  EXPECT_FALSE(a.bound("KZ", {150}));
}

TEST(Agreement, NamesThePartiesOfADateSortedAndOnce) {
  Agreement a;
  a.status = {
      {"RU", {100}, Instant{200}, true, ""}, {"CN", {150}, std::nullopt, true, ""}, {"RU", {120}, {}, true, ""}};
  EXPECT_EQ(a.parties_at({99}), Codes{});
  EXPECT_EQ(a.parties_at({130}), Codes{"RU"});
  EXPECT_EQ(a.parties_at({160}), (Codes{"CN", "RU"}));
  EXPECT_EQ(a.parties_at({250}), (Codes{"CN", "RU"}));
}

TEST(Agreement, GroundsAReasonOnItsClauseOrOnNone) {
  const Realm realm;
  const auto& a = realm.agreements.front();
  EXPECT_EQ(a.reason(ReasonCode::consent_required, "kz-example"),
            (Reason{ReasonCode::consent_required, "S6.9", "6(3)", "kz-example"}));
  EXPECT_EQ(a.reason(ReasonCode::expired), (Reason{ReasonCode::expired, "", "", ""}));
}

TEST(AgreementBook, FindsTheNewestVersionOrTheOneAskedFor) {
  Agreement one, two;
  one.id = two.id = "sco-2009";
  two.version = 2;
  const AgreementBook book({two, one}, LabelBook(), Digest());
  EXPECT_EQ(book.find("sco-2009")->version, 2u);
  EXPECT_EQ(book.find("sco-2009", 1)->version, 1u);
  EXPECT_EQ(book.find("sco-2009", 3), nullptr);
  EXPECT_EQ(book.find("cn-ru-2015"), nullptr);
}

TEST(Agreement, FindsItemsByCode) {
  const Realm realm;
  EXPECT_EQ(realm.agreements.front().find("sco-2009/2/3")->kind, ItemKind::threat);
  EXPECT_EQ(realm.agreements.front().find("sco-2009/2/4"), nullptr);
}

}  // namespace
}  // namespace chancery::core

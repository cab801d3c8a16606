#include "daemon/core/quotation.h"

#include <gmock/gmock.h>

#include "tests/unit/core/realm.h"

namespace chancery::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// ru holds what cn wrote to it, and quotes it.
class DecideQuotation : public testing::Test {
 protected:
  DecideQuotation() : line(realm.hold(realm.notice("cn-example", {"ru-example"}))) {}

  [[nodiscard]] Quoted held() const { return {line.id, realm.held.at(line.id).message}; }
  [[nodiscard]] Codes codes(const Message& message, const Quotes& quotes,
                            const std::vector<IndependentSource>& independent = {}) const {
    return decide(message, quotes, independent).codes();
  }
  [[nodiscard]] Decision decide(const Message& message, const Quotes& quotes,
                                const std::vector<IndependentSource>& independent = {}) const {
    const auto book = realm.book();
    const Directory directory(realm.peers);
    const JointActBook joint_acts;
    return decide_quotation({book, directory, joint_acts, message.originator, realm.now}, message, realm.lookup(),
                            independent, quotes);
  }

  Realm realm;
  SourceLine line;
};

TEST_F(DecideQuotation, RefusesForEachThatIsNotNamedWithItsShortId) {
  const auto other = realm.hold(realm.notice("kz-example", {"ru-example"}));
  const auto decision = decide(realm.notice("ru-example", {"kz-example"}, "open"),
                               {{held(), {other.id, realm.held.at(other.id).message}}, true});
  ASSERT_EQ(decision.reasons().size(), 2U);
  EXPECT_EQ(decision.reasons()[0].code, ReasonCode::quote_undeclared);
  EXPECT_EQ(decision.reasons()[0].subject, line.id.short_text());
  EXPECT_EQ(decision.reasons()[1].subject, other.id.short_text());
}

TEST_F(DecideQuotation, AllowsWhatIsNamedItselfOrByWhatIsNamed) {
  const auto derived = realm.hold(realm.derived("kz-example", {"ru-example"}, {line}));
  EXPECT_THAT(codes(realm.derived("ru-example", {"cn-example"}, {line}), {{held()}, true}), IsEmpty());
  EXPECT_THAT(codes(realm.derived("ru-example", {"cn-example"}, {derived}), {{held()}, true}), IsEmpty());
}

TEST_F(DecideQuotation, AllowsOfWhatIsNamedInPartNoMoreThanThatPart) {
  auto part = line;
  part.extent.parts = {0, 2};
  auto quoted = held();
  const auto of = [&](const std::vector<std::uint32_t>& parts, const std::vector<SourceLine>& sources) {
    quoted.parts.parts = parts;
    return codes(realm.derived("ru-example", {"cn-example"}, sources), {{quoted}, true});
  };
  EXPECT_THAT(of({0}, {part}), IsEmpty());
  EXPECT_THAT(of({0, 2}, {part}), IsEmpty());
  EXPECT_THAT(of({1}, {part}), ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_THAT(of({0, 1}, {part}), ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_THAT(of({1}, {line}), IsEmpty()) << "named whole";
  auto again = part;
  again.relation = Relation::compiles;
  EXPECT_THAT(of({1}, {part, again}), IsEmpty()) << "used in several ways, it is used whole";
}

// Permission is asked for the whole of what only a source names, whatever part of that source is used.
TEST_F(DecideQuotation, AllowsAllOfWhatIsNamedByWhatIsNamedInPart) {
  auto derived = realm.hold(realm.derived("kz-example", {"ru-example"}, {line}));
  derived.extent.parts = {0};
  auto quoted = held();
  quoted.parts.parts = {1};
  EXPECT_THAT(codes(realm.derived("ru-example", {"cn-example"}, {derived}), {{quoted}, true}), IsEmpty());
}

TEST_F(DecideQuotation, AllowsTheOneThatIsSaidToBeIndependentAlone) {
  const auto other = realm.hold(realm.notice("kz-example", {"ru-example"}));
  const Quotes both{{held(), {other.id, realm.held.at(other.id).message}}, true};
  const auto message = realm.notice("ru-example", {"kz-example"}, "open");
  EXPECT_THAT(codes(message, both, {{line.id, "a reason"}}), ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_THAT(codes(message, both, {{line.id, "a reason"}, {other.id, "another"}}), IsEmpty());
}

TEST_F(DecideQuotation, AllowsWhatIsNotRestricted) {
  const auto open = realm.hold(realm.notice("cn-example", {"ru-example"}, "open"));
  EXPECT_THAT(
      codes(realm.notice("ru-example", {"kz-example"}, "open"), {{{open.id, realm.held.at(open.id).message}}, true}),
      IsEmpty());
}

TEST_F(DecideQuotation, AsksForOurOwnOnlyWhenItAddsALabelOrAProvider) {
  const auto own = realm.hold(realm.notice("ru-example", {"cn-example"}));
  const auto of_others = realm.hold(realm.derived("ru-example", {"cn-example"}, {line}));
  const Quotes quotes{{{own.id, realm.held.at(own.id).message}}, true};
  EXPECT_THAT(codes(realm.notice("ru-example", {"kz-example"}), quotes), IsEmpty());
  EXPECT_THAT(codes(realm.notice("ru-example", {"kz-example"}, "open"), quotes), ElementsAre("E-QUOTE-UNDECLARED"));
  EXPECT_THAT(
      codes(realm.notice("ru-example", {"kz-example"}), {{{of_others.id, realm.held.at(of_others.id).message}}, true}),
      ElementsAre("E-QUOTE-UNDECLARED"));
}

TEST_F(DecideQuotation, DefersWhileNotEverythingWasLookedAt) {
  const auto decision = decide(realm.notice("ru-example", {"kz-example"}), {{}, false});
  EXPECT_EQ(decision.verdict(), Verdict::defer);
  EXPECT_THAT(decision.codes(), ElementsAre("E-NOT-NOW"));
}

TEST(PlanDigestOfADraft, HoldsWhatIsSaidToBeIndependent) {
  const Realm realm;
  const auto message = realm.notice("ru-example", {"kz-example"});
  const auto plan = [&](const std::vector<IndependentSource>& independent) {
    return plan_digest(message, {}, independent);
  };
  MessageId one;
  one.value[0] = 1;
  EXPECT_EQ(plan({}), plan_digest(message, {}));
  EXPECT_NE(plan({{one, "a"}}), plan({}));
  EXPECT_NE(plan({{one, "a"}}), plan({{one, "b"}}));
  EXPECT_NE(plan({{one, "a"}}), plan({{{}, "a"}}));
}

}  // namespace
}  // namespace chancery::core

// The tree of steps after a revocation, told by its table; the laws on random trees are in tests/property/core.
#include "daemon/core/dissemination.h"

#include <gmock/gmock.h>

#include "daemon/core/world.h"

namespace chancery::core {
namespace {

using testing::ElementsAre;

const Instant kRevoked = parse_instant("2026-11-22T06:00:00.000Z").value();
const Instant kLater = kRevoked + hours(3);
constexpr auto kNever = std::nullopt;

MessageId grant(std::uint8_t number) {
  MessageId id;
  id.value[0] = number;
  return id;
}

Step step(const std::string& holder, const std::string& receiver, std::uint8_t of_grant, StepState state,
          std::optional<Instant> until = {}) {
  return {holder, receiver, grant(of_grant), until, state};
}

TEST(Ended, IsTheStepUnderTheRevokedGrantAndWhatItsReceiverPassedOn) {
  const std::vector<Step> steps = {step("ru", "kz", 1, StepState::locked), step("kz", "tj", 2, StepState::held),
                                   step("tj", "uz", 3, StepState::held), step("ru", "uz", 4, StepState::held)};
  EXPECT_THAT(ended(steps, {{grant(1), kRevoked}}, {"cn", "ru"}), ElementsAre(kRevoked, kRevoked, kRevoked, kNever));
}

TEST(Ended, SparesWhatAHolderPassesOnWhoHasItByAnotherStep) {
  const std::vector<Step> steps = {step("ru", "kz", 1, StepState::locked), step("ru", "kz", 4, StepState::held),
                                   step("kz", "tj", 2, StepState::held)};
  EXPECT_THAT(ended(steps, {{grant(1), kRevoked}}, {"cn", "ru"}), ElementsAre(kRevoked, kNever, kNever));
  EXPECT_THAT(ended(steps, {{grant(1), kRevoked}, {grant(4), kLater}}, {"cn", "ru"}),
              ElementsAre(kRevoked, kLater, kLater));
}

TEST(Ended, SparesWhatTheOriginalsOwnRecipientsPassOn) {
  const std::vector<Step> steps = {step("ru", "kz", 1, StepState::locked), step("kz", "tj", 2, StepState::held)};
  EXPECT_THAT(ended(steps, {{grant(1), kRevoked}}, {"cn", "ru", "kz"}), ElementsAre(kRevoked, kNever));
}

TEST(Ended, DoesNotCountARefusedStepAsARightToHaveIt) {
  const std::vector<Step> steps = {step("ru", "kz", 1, StepState::locked), step("ru", "kz", 4, StepState::refused),
                                   step("kz", "tj", 2, StepState::held)};
  EXPECT_THAT(ended(steps, {{grant(1), kRevoked}}, {"cn", "ru"}), ElementsAre(kRevoked, kNever, kRevoked));
}

TEST(Ended, AreStepsInACircleThatNobodyOutsideFeeds) {
  const std::vector<Step> steps = {step("ru", "kz", 1, StepState::held), step("kz", "tj", 2, StepState::held),
                                   step("tj", "kz", 3, StepState::held), step("kz", "uz", 4, StepState::held)};
  EXPECT_THAT(ended(steps, {{grant(1), kRevoked}}, {"cn", "ru"}), ElementsAre(kRevoked, kRevoked, kRevoked, kRevoked));
  auto fed = steps;
  fed.push_back(step("cn", "tj", 5, StepState::held));
  EXPECT_THAT(ended(fed, {{grant(1), kRevoked}, {grant(5), kLater}}, {"cn", "ru"}),
              ElementsAre(kRevoked, kLater, kLater, kLater, kLater));
}

// A report may be missing: then nobody knows how the first of them came by it.
TEST(Ended, InACircleWithoutAKnownBeginningIsWhatTheRevokedStepFed) {
  const std::vector<Step> steps = {step("kz", "tj", 2, StepState::held), step("tj", "kz", 3, StepState::held)};
  EXPECT_THAT(ended(steps, {}, {"cn", "ru"}), ElementsAre(kNever, kNever));
  EXPECT_THAT(ended(steps, {{grant(2), kRevoked}}, {"cn", "ru"}), ElementsAre(kRevoked, kRevoked));
  EXPECT_THAT(ended(steps, {{grant(3), kRevoked}}, {"cn", "ru"}), ElementsAre(kNever, kRevoked));
}

TEST(Coverage, CountsCopiesByWhatTheirHoldersSigned) {
  const std::vector<Step> steps = {step("ru", "a", 1, StepState::locked),   step("ru", "b", 1, StepState::erased),
                                   step("ru", "c", 1, StepState::retained), step("ru", "d", 1, StepState::held),
                                   step("ru", "e", 1, StepState::refused),  step("ru", "f", 1, StepState::permitted),
                                   step("ru", "g", 2, StepState::held)};
  const auto counted = coverage(steps, ended(steps, {{grant(1), kRevoked}}, {"ru"}), kLater);
  EXPECT_EQ(counted, (Coverage{4, 1, 1, 1, 1, true}));
}

// tests/model/consent: a permit has run out, for completeness, when the provider's clock is past its end + margin.
TEST(Coverage, IsCompleteWhenEveryPermitHasRunOutByEveryClockOrItsReceiverHasAnswered) {
  const auto until = kRevoked + minutes(7);
  for (const auto state : {StepState::permitted, StepState::held}) {
    const std::vector<Step> steps = {step("ru", "kz", 1, state, until)};
    const auto ends = ended(steps, {{grant(1), kRevoked}}, {"ru"});
    EXPECT_FALSE(coverage(steps, ends, until + kClockMargin - Duration{1}).complete);
    EXPECT_TRUE(coverage(steps, ends, until + kClockMargin).complete);
  }
  for (const auto state : {StepState::locked, StepState::erased, StepState::retained, StepState::refused}) {
    const std::vector<Step> steps = {step("ru", "kz", 1, state, until)};
    EXPECT_TRUE(coverage(steps, ended(steps, {{grant(1), kRevoked}}, {"ru"}), kRevoked).complete);
  }
}

TEST(Coverage, OfADetachedGrantIsCompleteWhenAllKnowOrItRanOutByEveryClock) {
  const auto now = parse_instant("2026-11-22T06:00:00.000Z").value();
  const auto complete = [&](DetachedEnd grant) { return coverage({}, {}, now, {grant}).complete; };
  EXPECT_FALSE(complete({now + days(3), false})) << "a use nobody has reported yet may still be on its way";
  EXPECT_TRUE(complete({now + days(3), true}));
  EXPECT_FALSE(complete({now - kClockMargin + Duration{1}, false})) << "a receiver may be behind";
  EXPECT_TRUE(complete({now - kClockMargin, false}));
  EXPECT_TRUE(coverage({}, {}, now).complete);
}

}  // namespace
}  // namespace chancery::core

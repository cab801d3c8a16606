#include "daemon/core/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "daemon/core/dispatch.h"

namespace chancery::core {
namespace {

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
constexpr Instant kNow{1'000'000};

std::int64_t wait(const RetryPolicy& policy, std::uint32_t attempts, std::uint32_t chance) {
  return (next_attempt(policy, attempts, kNow, chance) - kNow).ms;
}

TEST(NextAttempt, DoublesTheLongestWaitUpToTheCap) {
  const RetryPolicy policy{seconds(2), seconds(60)};
  for (const auto& [attempts, longest] :
       {std::pair(0u, 2000), {1u, 4000}, {2u, 8000}, {4u, 32000}, {5u, 60000}, {6u, 60000}})
    EXPECT_EQ(wait(policy, attempts, kMost), longest) << attempts;
}

TEST(NextAttempt, IsSpreadEvenlyAndNeverNow) {
  const RetryPolicy policy{Duration{4}, Duration{4}};
  EXPECT_EQ(wait(policy, 0, 0), 1);
  EXPECT_EQ(wait(policy, 0, 1u << 30), 2);
  EXPECT_EQ(wait(policy, 0, 1u << 31), 3);
  EXPECT_EQ(wait(policy, 0, 3u << 30), 4);
  EXPECT_EQ(wait(policy, 0, kMost), 4);
}

TEST(NextAttempt, NeverGivesUpAndNeverOverflows) {
  const RetryPolicy policy;
  EXPECT_EQ(wait(policy, kMost, kMost), minutes(10).ms);
  const RetryPolicy huge{Duration{std::numeric_limits<std::int64_t>::max()},
                         Duration{std::numeric_limits<std::int64_t>::max()}};
  EXPECT_EQ(wait(huge, kMost, kMost), days(24).ms);
  const RetryPolicy none{Duration{0}, Duration{-1}};
  EXPECT_EQ(wait(none, 3, kMost), 1);
}

TEST(GoesBefore, PutsPrecedenceFirstAndKeepsDispatchOrderWithin) {
  std::vector<Waiting> waiting = {{Precedence::routine, 1},  {Precedence::flash, 4}, {Precedence::routine, 2},
                                  {Precedence::priority, 3}, {Precedence::flash, 5}, {Precedence::immediate, 6}};
  std::sort(waiting.begin(), waiting.end(), goes_before);
  std::vector<std::uint64_t> order;
  for (const auto& w : waiting) order.push_back(w.sequence);
  EXPECT_EQ(order, (std::vector<std::uint64_t>{4, 5, 6, 3, 1, 2}));
}

TEST(WindowLeft, EndsAtTheWindow) {
  EXPECT_EQ(window_left(0), kMissingWindow);
  EXPECT_EQ(window_left(kMissingWindow - 1), 1u);
  EXPECT_EQ(window_left(kMissingWindow), 0u);
  EXPECT_EQ(window_left(kMissingWindow + 1), 0u);
}

}  // namespace
}  // namespace chancery::core

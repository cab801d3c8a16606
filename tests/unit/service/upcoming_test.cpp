#include "daemon/service/upcoming.h"

#include <gtest/gtest.h>

namespace chancery::service {
namespace {

core::MessageId id_of(std::uint64_t number) {
  core::MessageId id;
  id.value.back() = static_cast<std::uint8_t>(number);
  return id;
}

store::OutboxRow row(std::uint64_t sequence, core::Precedence precedence = core::Precedence::routine) {
  store::OutboxRow out;
  out.sequence = sequence;
  out.message = id_of(sequence);
  out.precedence = precedence;
  return out;
}

store::News news(std::vector<store::OutboxRow> rows) {
  store::News out;
  for (auto& one : rows) out.dispatches.push_back({std::move(one), std::make_shared<store::OutgoingMessage>()});
  return out;
}

std::vector<std::uint64_t> order(Upcoming& upcoming) {
  std::vector<std::uint64_t> out;
  for (const auto& [of, message] : upcoming.messages()) out.push_back(message.row->sequence);
  return out;
}

using Sequences = std::vector<std::uint64_t>;

class UpcomingTest : public testing::Test {
 protected:
  Upcoming upcoming_;
  Window window_{10, 1 << 20};
};

TEST_F(UpcomingTest, GoesByPrecedenceAndThenByNumberWhateverWasReadOrTold) {
  upcoming_.hear(news({row(5), row(6, core::Precedence::flash)}), window_);
  upcoming_.read({row(3), row(4, core::Precedence::priority)}, window_);
  EXPECT_EQ(order(upcoming_), (Sequences{6, 4, 3, 5}));
}

TEST_F(UpcomingTest, WhatWasToldAndIsReadStandsOnce) {
  upcoming_.hear(news({row(1), row(2)}), window_);
  upcoming_.read({row(1), row(2), row(3)}, window_);
  EXPECT_EQ(order(upcoming_), (Sequences{1, 2, 3}));
  EXPECT_EQ(upcoming_.read(), 1U);
  EXPECT_EQ(upcoming_.told(), 2U);
  upcoming_.hear(news({row(3)}), window_);
  EXPECT_EQ(order(upcoming_), (Sequences{1, 2, 3}));
}

TEST_F(UpcomingTest, HoldsSoManyBytesOfContentsAndReadsTheOthersWhenTheyGo) {
  for (std::uint64_t i = 1; i <= 100; ++i) {
    auto told = news({row(i)});
    told.dispatches[0].bytes = 1 << 20;
    upcoming_.hear(std::move(told), window_);
  }
  EXPECT_EQ(upcoming_.told(), 100U);
  EXPECT_EQ(upcoming_.bytes(), 4U << 20);
  const auto held = [&] {
    std::size_t count = 0;
    for (const auto& [of, message] : upcoming_.messages()) count += message.content != nullptr;
    return count;
  };
  EXPECT_EQ(held(), 4U);
  upcoming_.done(upcoming_.messages().begin());
  EXPECT_EQ(upcoming_.bytes(), 3U << 20);
  upcoming_.forget();
  EXPECT_EQ(upcoming_.bytes(), 0U);
}

TEST_F(UpcomingTest, WhatIsReadReplacesWhatWasRead) {
  upcoming_.hear(news({row(9)}), window_);
  upcoming_.read({row(1), row(2)}, window_);
  upcoming_.read({row(2)}, window_);
  EXPECT_EQ(order(upcoming_), (Sequences{2, 9}));
  EXPECT_EQ(upcoming_.read(), 1U);
}

TEST_F(UpcomingTest, LeavesOutWhatIsInFlight) {
  window_.add({id_of(1), {}, 1, 1, 0, 10, now()});
  upcoming_.hear(news({row(1), row(2)}), window_);
  upcoming_.read({row(1), row(3)}, window_);
  EXPECT_EQ(order(upcoming_), (Sequences{2, 3}));
}

TEST_F(UpcomingTest, ForgetsWhatNoLongerHolds) {
  upcoming_.hear(news({row(1)}), window_);
  upcoming_.read({row(2)}, window_);
  auto later = news({row(3)});
  later.changed = true;
  upcoming_.hear(std::move(later), window_);
  EXPECT_EQ(order(upcoming_), Sequences{3});
  EXPECT_EQ(upcoming_.read(), 0U);
}

TEST_F(UpcomingTest, HasTheDispatchesFromANumberOnAndNoneAcrossAGap) {
  upcoming_.hear(news({row(1), row(2), row(3)}), window_);
  EXPECT_EQ(upcoming_.from({1, 2}, 10).size(), 2U);
  EXPECT_EQ(upcoming_.from({1, 2}, 1).size(), 1U);
  EXPECT_TRUE(upcoming_.is_end({1, 4}));
  EXPECT_TRUE(upcoming_.from({1, 4}, 10).empty());
  upcoming_.hear(news({row(6)}), window_);
  EXPECT_TRUE(upcoming_.from({1, 4}, 10).empty());
  EXPECT_FALSE(upcoming_.is_end({1, 4}));
  EXPECT_EQ(upcoming_.from({1, 6}, 10).size(), 1U);
}

TEST_F(UpcomingTest, DoesNotKnowTheEndOnceMoreWasDispatchedThanItWasTold) {
  auto told = news({row(1)});
  told.more = true;
  upcoming_.hear(std::move(told), window_);
  EXPECT_FALSE(upcoming_.is_end({1, 2}));
  upcoming_.reached({1, 5});
  EXPECT_TRUE(upcoming_.is_end({1, 5}));
}

}  // namespace
}  // namespace chancery::service

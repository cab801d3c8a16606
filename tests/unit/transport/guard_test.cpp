#include "daemon/transport/guard.h"

#include <gtest/gtest.h>

namespace chancery::transport {
namespace {

constexpr std::uint64_t kKiB = 1024;
const Instant kStart{1'700'000'000'000};

// A connection as the guard sees it, sampled ten times a second.
struct Connection {
  Account account{GuardLimits{}};
  Sample sample{0, 0, 0, false, kStart};

  bool after(std::uint64_t received, std::uint64_t useful, Duration passed = {100}) {
    sample.received += received;
    sample.useful += useful;
    sample.now = sample.now + passed;
    return account.allows(sample);
  }
};

TEST(Guard, ForgivesAQuarterOfAMebibyte) {
  Connection c;
  EXPECT_TRUE(c.after(256 * kKiB, 0));
}

TEST(Guard, CutsWhatIsBeyondWithoutUse) {
  Connection c;
  EXPECT_FALSE(c.after(257 * kKiB, 0));
}

TEST(Guard, LetsALongHonestStreamRunForEver) {
  Connection c;
  c.sample.in_use = true;
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(c.after(64 * kKiB, 63 * kKiB)) << i;
}

TEST(Guard, LetsAQuietConnectionPingForAYear) {
  Connection c;
  for (int minute = 0; minute < 365 * 24 * 60; ++minute) ASSERT_TRUE(c.after(400, 0, minutes(1))) << minute;
}

TEST(Guard, SavesNothingUpForAnAttack) {
  Connection c;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(c.after(64 * kKiB, 64 * kKiB));
  EXPECT_TRUE(c.after(0, 0, hours(24)));
  EXPECT_FALSE(c.after(300 * kKiB, 0));
}

TEST(Guard, CutsAFloodBesideHonestFrames) {
  Connection c;
  c.sample.in_use = true;
  int samples = 0;
  while (c.after(1000 * kKiB, 64 * kKiB) && samples < 100) ++samples;
  EXPECT_LT(samples, 5);
}

TEST(Guard, WaitsForOneLargeFrameOnItsWay) {
  Connection c;
  c.sample.in_use = true;
  for (int tenth = 0; tenth < 10; ++tenth) ASSERT_TRUE(c.after(102 * kKiB, 0)) << tenth;
  EXPECT_TRUE(c.after(4 * kKiB, 1024 * kKiB));
  EXPECT_EQ(c.account.debt(), 0U);
}

TEST(Guard, WaitsForAFrameThatIsOnItsWayWhenItFirstLooks) {
  Connection c;
  c.sample.in_use = true;
  c.sample.memory = 100'000 * kKiB;
  EXPECT_TRUE(c.after(1000 * kKiB, 0));
  c.sample.memory = 140'000 * kKiB;
  EXPECT_FALSE(c.after(100 * kKiB, 0));
}

TEST(Guard, WaitsForNoFrameWhereNoStreamIsOpen) {
  Connection c;
  EXPECT_TRUE(c.after(200 * kKiB, 0));
  EXPECT_FALSE(c.after(100 * kKiB, 0));
}

TEST(Guard, DoesNotTakeResetStreamsForAFrameWhenMemoryGrows) {
  Connection c;
  c.sample.in_use = true;
  c.sample.memory = 50'000 * kKiB;
  EXPECT_TRUE(c.after(200 * kKiB, 0));
  c.sample.memory = 70'000 * kKiB;
  EXPECT_TRUE(c.after(100 * kKiB, 0));
  c.sample.memory = 90'000 * kKiB;
  EXPECT_FALSE(c.after(100 * kKiB, 0));
}

TEST(Growth, IsMeasuredFromTheLeastSeen) {
  constexpr std::uint64_t kMiB = 1024 * kKiB;
  Growth growth{GuardLimits{}};
  EXPECT_TRUE(growth.allows(50 * kMiB));
  EXPECT_TRUE(growth.allows(306 * kMiB));
  EXPECT_FALSE(growth.allows(307 * kMiB));
  EXPECT_TRUE(growth.allows(30 * kMiB));
  EXPECT_FALSE(growth.allows(287 * kMiB));
  EXPECT_FALSE(growth.worth_trimming(94 * kMiB));
  EXPECT_TRUE(growth.worth_trimming(95 * kMiB));
}

TEST(Growth, FollowsWhatStaysWhileNobodyIsThere) {
  constexpr std::uint64_t kMiB = 1024 * kKiB;
  Growth growth{GuardLimits{}};
  EXPECT_FALSE(growth.worth_trimming(100 * kMiB)) << "none seen yet";
  EXPECT_TRUE(growth.allows(30 * kMiB));
  growth.raise_least(300 * kMiB);
  EXPECT_FALSE(growth.allows(300 * kMiB)) << "gRPC may free it yet";
  for (int i = 0; i < 300; ++i) growth.raise_least(300 * kMiB);
  EXPECT_TRUE(growth.allows(556 * kMiB));
  EXPECT_FALSE(growth.allows(557 * kMiB));
}

TEST(Penalties, BarTheAuthorityLongerEachTimeUpToTenMinutes) {
  Penalties penalties;
  auto now = kStart;
  for (const int wait : {30, 60, 120, 240, 480, 600, 600}) {
    penalties.charge("ru-example", now);
    EXPECT_TRUE(penalties.barred("ru-example", now + seconds(wait - 1))) << wait;
    EXPECT_FALSE(penalties.barred("ru-example", now + seconds(wait))) << wait;
    now = now + seconds(wait);
  }
  EXPECT_FALSE(penalties.barred("kz-example", kStart));
}

TEST(Penalties, AreForgottenAfterAnHour) {
  Penalties penalties;
  for (int i = 0; i < 5; ++i) penalties.charge("ru-example", kStart);
  const auto later = kStart + hours(2);
  penalties.charge("ru-example", later);
  EXPECT_FALSE(penalties.barred("ru-example", later + seconds(30)));
}

}  // namespace
}  // namespace chancery::transport

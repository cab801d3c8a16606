#include "crypto/instant.h"

#include <gtest/gtest.h>

namespace chancery {
namespace {

// Expected values from `date -u -d <text> +%s`.
TEST(InstantText, MatchesTheCalendarOfDate) {
  const std::pair<std::int64_t, const char*> cases[] = {{0, "1970-01-01T00:00:00.000Z"},
                                                        {1'795'327'203'125, "2026-11-22T06:00:03.125Z"},
                                                        {951'782'400'000, "2000-02-29T00:00:00.000Z"},
                                                        {-1, "1969-12-31T23:59:59.999Z"},
                                                        {-62'135'596'800'000, "0001-01-01T00:00:00.000Z"},
                                                        {253'402'300'799'999, "9999-12-31T23:59:59.999Z"}};
  for (const auto& [ms, text] : cases) {
    EXPECT_EQ(to_string(Instant{ms}), text);
    EXPECT_EQ(parse_instant(text).value().ms, ms) << text;
  }
}

TEST(InstantText, RefusesWhatNoCalendarHolds) {
  for (const auto* text : {"2026-02-29T00:00:00.000Z", "1900-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z",
                           "2026-00-01T00:00:00.000Z", "2026-04-31T00:00:00.000Z", "2026-01-01T24:00:00.000Z",
                           "2026-01-01T00:60:00.000Z", "2026-06-30T23:59:60.000Z", "0000-01-01T00:00:00.000Z"})
    EXPECT_FALSE(parse_instant(text).has_value()) << text;
}

TEST(InstantText, RefusesEveryOtherSpelling) {
  for (const auto* text : {"", "2026-11-22T06:00:03Z", "2026-11-22T06:00:03.12Z", "2026-11-22T06:00:03.1250Z",
                           "2026-11-22t06:00:03.125Z", "2026-11-22T06:00:03.125z", "2026-11-22T06:00:03.125+00:00",
                           "2026-11-22 06:00:03.125Z", " 2026-11-22T06:00:03.125Z", "2026-11-22T06:00:03.125Z ",
                           "+026-11-22T06:00:03.125Z", "2026-11-22T06:00:03,125Z"})
    EXPECT_FALSE(parse_instant(text).has_value()) << text;
}

TEST(InstantText, ClampsWhatFourDigitsCannotHold) {
  EXPECT_EQ(to_string(Instant{INT64_MAX}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_string(Instant{INT64_MIN}), "0001-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace chancery

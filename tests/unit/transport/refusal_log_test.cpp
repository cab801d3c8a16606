#include "daemon/transport/refusal_log.h"

#include <gtest/gtest.h>

namespace chancery::transport {
namespace {

const Instant kBegin{1'700'000'000'000};

struct Lines {
  std::vector<std::string> all;
  RefusalLog log{[this](service::LogLevel, const std::string& event, const std::string& detail) {
    all.push_back(event + " " + detail);
  }};
};

TEST(RefusalLog, ListsTenAMinuteThenTheirSum) {
  Lines lines;
  for (int i = 0; i < 5000; ++i) lines.log.note("reason certificate", kBegin + Duration{i});
  EXPECT_EQ(lines.all.size(), 10U);
  lines.log.tick(kBegin + seconds(59));
  EXPECT_EQ(lines.all.size(), 10U);
  lines.log.tick(kBegin + seconds(60));
  ASSERT_EQ(lines.all.size(), 11U);
  EXPECT_EQ(lines.all.back(), "connection.refused reason unlisted count 4990");
  lines.log.note("reason certificate", kBegin + seconds(61));
  EXPECT_EQ(lines.all.back(), "connection.refused reason certificate");
}

TEST(RefusalLog, SaysNothingOfAQuietMinute) {
  Lines lines;
  for (int minute = 0; minute < 60; ++minute) lines.log.tick(kBegin + minutes(minute));
  EXPECT_TRUE(lines.all.empty());
}

TEST(RefusalLog, IsNotSilencedByAClockThatWasSetBack) {
  Lines lines;
  for (int i = 0; i < 20; ++i) lines.log.note("reason limit", kBegin);
  lines.log.note("reason limit", kBegin + hours(-24));
  EXPECT_EQ(lines.all.size(), 12U) << "ten, the sum, and one of the new minute";
}

}  // namespace
}  // namespace chancery::transport

#include "daemon/transport/refusal_log.h"

#include <gtest/gtest.h>

namespace chancery::transport {
namespace {

const Instant kBegin{1'700'000'000'000};

struct Lines {
  std::vector<std::string> all;
  RefusalLog log{[this](const service::LogLine& line) { all.push_back(service::to_string(line)); }};
};

TEST(RefusalLog, ListsTenAMinuteThenTheirSum) {
  Lines lines;
  for (int i = 0; i < 5000; ++i) lines.log.note({"certificate", "somebody"}, kBegin + Duration{i});
  EXPECT_EQ(lines.all.size(), 10U);
  lines.log.tick(kBegin + seconds(59));
  EXPECT_EQ(lines.all.size(), 10U);
  lines.log.tick(kBegin + seconds(60));
  ASSERT_EQ(lines.all.size(), 11U);
  EXPECT_EQ(lines.all.back(), "<4>event=\"log.unlisted\" of=\"connection.refused\" count=\"4990\"\n");
  lines.log.note({"certificate", "somebody"}, kBegin + seconds(61));
  EXPECT_EQ(lines.all.back(), "<4>event=\"connection.refused\" reason=\"certificate\" who=\"somebody\" count=\"1\"\n");
}

TEST(RefusalLog, SaysNothingOfAQuietMinute) {
  Lines lines;
  for (int minute = 0; minute < 60; ++minute) lines.log.tick(kBegin + minutes(minute));
  EXPECT_TRUE(lines.all.empty());
}

TEST(RefusalLog, IsNotSilencedByAClockThatWasSetBack) {
  Lines lines;
  for (int i = 0; i < 20; ++i) lines.log.note({"limit", "10.0.0.1", 3}, kBegin);
  lines.log.note({"limit", "10.0.0.1", 3}, kBegin + hours(-24));
  ASSERT_EQ(lines.all.size(), 12U) << "ten, the sum, and one of the new minute";
  EXPECT_EQ(lines.all[10], "<4>event=\"log.unlisted\" of=\"connection.refused\" count=\"30\"\n")
      << "ten lines of three each";
}

}  // namespace
}  // namespace chancery::transport

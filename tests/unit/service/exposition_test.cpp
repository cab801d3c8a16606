#include "daemon/service/exposition.h"

#include <gtest/gtest.h>

#include "daemon/service/event_counts.h"
#include "daemon/store/tally.h"

namespace chancery::service {
namespace {

// As prometheus.io/docs/instrumenting/exposition_formats shows it.
TEST(Exposition, HasHelpTypeAndSamplesOfEachFamily) {
  Exposition out;
  out.counter("acts_total", "Acts.").sample(std::uint64_t{7}, {{"act", "read"}, {"by", "a\"b\\c\nd"}});
  out.gauge("age_seconds", "Line\nand \\.").sample(1.5);
  EXPECT_EQ(out.text(),
            "# HELP acts_total Acts.\n# TYPE acts_total counter\n"
            "acts_total{act=\"read\",by=\"a\\\"b\\\\c\\nd\"} 7\n"
            "# HELP age_seconds Line\\nand \\\\.\n# TYPE age_seconds gauge\nage_seconds 1.5\n");
}

TEST(Exposition, OfAHistogramCountsUpToInfinity) {
  Exposition out;
  out.histogram("took_seconds", "It took.", {0.001, 1}, {2, 5}, 6, 9.25);
  EXPECT_EQ(out.text(),
            "# HELP took_seconds It took.\n# TYPE took_seconds histogram\n"
            "took_seconds_bucket{le=\"0.001\"} 2\ntook_seconds_bucket{le=\"1\"} 5\n"
            "took_seconds_bucket{le=\"+Inf\"} 6\ntook_seconds_sum 9.25\ntook_seconds_count 6\n");
}

TEST(Durations, AreCountedUnderTheirBoundAndAllAbove) {
  store::Durations durations;
  durations.add(std::chrono::milliseconds(1));  // not more than the second bound
  durations.add(std::chrono::milliseconds(3));
  durations.add(std::chrono::seconds(100));
  const auto all = durations.cumulative();
  ASSERT_EQ(all.size(), store::Durations::kBounds.size());
  EXPECT_EQ(all.at(0), 0U);
  EXPECT_EQ(all.at(1), 1U);
  EXPECT_EQ(all.at(3), 2U);
  EXPECT_EQ(all.back(), 2U);
  EXPECT_EQ(durations.count(), 3U);
  EXPECT_NEAR(durations.sum(), 100.004, 1e-9);
}

TEST(EventCounts, CountWhatALineStandsForAndWhatWasNotWritten) {
  const EventCounts counts;
  std::size_t lines = 0;
  const auto log = counts.counted([&](const LogLine&) { ++lines; });
  log(log_line<LogEvent::guard_cut>("a", "b", "1", "2"));
  log(log_line<LogEvent::connection_refused>("limit", "10.0.0.1", std::uint64_t{5}));
  log(log_line<LogEvent::log_unlisted>("connection.refused", std::uint64_t{40}));
  EXPECT_EQ(counts.of(LogEvent::guard_cut), 1U);
  EXPECT_EQ(counts.of(LogEvent::connection_refused), 45U);
  EXPECT_EQ(counts.of(LogEvent::peer_malformed), 0U);
  EXPECT_EQ(lines, 3U);
}

}  // namespace
}  // namespace chancery::service

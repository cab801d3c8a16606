#include "daemon/service/log.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/page.h"

namespace chancery::service {
namespace {

std::string word(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warning:
      return "warning";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      return "debug";
  }
  return {};
}

TEST(LogPage, NamesEveryEventWhatItMeansAndWhatToDo) {
  std::string table = "| event | level | fields | means | to do |\n|---|---|---|---|---|\n";
  for (const auto& info : kLogEvents)
    table += "| `" + std::string(info.id) + "` | " + word(info.level) + " | " + std::string(info.fields) + " | " +
             std::string(info.meaning) + " | " + std::string(info.action) + " |\n";
  test::expect_section("daemon/LOG.md", "events", table);
}

TEST(LogEvents, HaveIdsOfTheirOwnAndEverybodyCanReadThem) {
  std::set<std::string_view> ids;
  for (const auto& info : kLogEvents) {
    EXPECT_TRUE(ids.insert(info.id).second) << info.id;
    EXPECT_EQ(info.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz.-"), std::string_view::npos) << info.id;
    EXPECT_EQ(info.fields.find_first_not_of("abcdefghijklmnopqrstuvwxyz "), std::string_view::npos) << info.id;
    EXPECT_FALSE(info.meaning.empty() || info.action.empty()) << info.id;
  }
}

TEST(LogLine, HasItsPriorityItsIdAndItsFieldsInTheirOrder) {
  EXPECT_EQ(to_string(log_line<LogEvent::send_voided>("ru-example", std::uint64_t{7}, "E-EXPIRED")),
            "<4>event=\"send.voided\" peer=\"ru-example\" sequence=\"7\" code=\"E-EXPIRED\"\n");
  EXPECT_EQ(to_string(log_line<LogEvent::store_stuck>()), "<3>event=\"store.stuck\"\n");
}

// What strangers put into a value neither begins a line nor a field, and is seen as what it is.
TEST(LogLine, StaysOneLineOfPrintableAsciiWhateverIsInIt) {
  const std::string hostile = "a\"b\\c\nevent=\"x\"\r\x1b[31m\xff\xd0\xaf";
  const auto line = to_string(log_line<LogEvent::store_failed>(hostile + std::string(1, '\0')));
  EXPECT_EQ(line,
            "<3>event=\"store.failed\" detail=\"a\\\"b\\\\c\\x0aevent=\\\"x\\\"\\x0d\\x1b[31m\\xff\\xd0\\xaf\\x00\"\n");
}

TEST(LogLine, ShowsTheBeginningOfALongValueAndHowLongItWas) {
  const std::string giant(1 << 20, 'x');
  EXPECT_EQ(to_string(log_line<LogEvent::peer_malformed>(giant)),
            "<4>event=\"peer.malformed\" peer=\"" + std::string(kLogValue, 'x') + "...(1048576)\"\n");
  EXPECT_EQ(to_string(log_line<LogEvent::peer_malformed>(std::string(kLogValue, 'x'))),
            "<4>event=\"peer.malformed\" peer=\"" + std::string(kLogValue, 'x') + "\"\n");
}

}  // namespace
}  // namespace chancery::service

#include "client/table.h"

#include <gtest/gtest.h>
#include <time.h>

#include <cstdlib>

#include "tests/unit/client/folder.h"

namespace chancery::client {

TEST(TableText, AlignsByColumnsOfATerminalWhereHanTakesTwo) {
  Table table({"NO", "KIND", "TO"});
  table.add({"1", "威胁通报", "ru-example"});
  table.add({"12", "forward", "kz-example"});
  EXPECT_EQ(table.text(),
            "NO  KIND      TO\n"
            "1   威胁通报  ru-example\n"
            "12  forward   kz-example\n");
}

TEST(TableText, MakesForeignTextVisibleAndKeepsOneLineARow) {
  Table table({"A", "B"});
  table.add({"x\ny\x1b[2J", ""});
  EXPECT_EQ(table.text(), "A                  B\nx\\u000ay\\u001b[2J  -\n");
}

TEST(LocalTime, ShowsDateTimeAndOffset) {
  ::setenv("TZ", "Asia/Shanghai", 1);
  ::tzset();
  EXPECT_EQ(local_time("2026-03-02T01:02:03.125Z"), "2026-03-02 09:02 +08:00");
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(local_time("2026-03-02T01:02:03.125Z"), "2026-03-02 01:02 +00:00");
}

TEST(LocalTime, LeavesWhatIsNoTimeAsItStands) {
  EXPECT_EQ(local_time("soon"), "soon");
  EXPECT_EQ(local_time(""), "");
}

TEST(ShellWord, IsReadBackByAShellAsItWas) {
  EXPECT_EQ(shell_word("people/chen.pem"), "people/chen.pem");
  for (const std::string text : {"", "a b", "it's", "$(id)", "-f", "~", "`x`", "日本", "a\\b", "*"}) {
    const auto ran = test::shell("printf %s " + shell_word(text));
    EXPECT_EQ(ran.output, text);
  }
}

}  // namespace chancery::client

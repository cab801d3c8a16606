#include "client/attachments.h"

#include <gtest/gtest.h>

namespace chancery::client {
namespace {

TEST(SafeFileName, IsTheNameUnlessItLeadsElsewhere) {
  EXPECT_EQ(safe_file_name("traffic.pcap", 1), "traffic.pcap");
  EXPECT_EQ(safe_file_name("донесение № 7.pdf", 1), "донесение № 7.pdf");
  EXPECT_EQ(safe_file_name("附件 一.pdf", 1), "附件 一.pdf");
  for (const auto* name : {"", ".bashrc", "..", "../a", "/etc/passwd", "a/b", "a\nb", "\x1b[2J", "report\u202Efdp.exe",
                           "a\u200Bb", "-rf", "..\\a", "C:a", "a\u2215b", "a\u2044b", "a\uff0fb", " a", "a ", "a."})
    EXPECT_EQ(safe_file_name(name, 7), "attachment-7") << name;
}

}  // namespace
}  // namespace chancery::client

#include "crypto/bytes.h"

#include <gtest/gtest.h>

namespace chancery {
namespace {

TEST(Base64, WritesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : cases) {
    EXPECT_EQ(to_base64(as_bytes(plain)), text);
    EXPECT_EQ(parse_base64(text).value(), to_bytes(plain));
  }
}

TEST(Base64, RefusesEveryOtherSpelling) {
  for (const auto* text : {"Zg", "Zg=", "Zg==\n", " Zg==", "Zh==", "Zm9=", "Zm9v\n", "Z===", "====", "Zg==Zg==", "Zm-v",
                           "Zm_v", "Zm9v    ", "A=B=", "=ABC"})
    EXPECT_FALSE(parse_base64(text).has_value()) << text;
}

TEST(Hex, RefusesEveryOtherSpelling) {
  EXPECT_EQ(to_hex(parse_hex("00ff7f").value()), "00ff7f");
  for (const auto* text : {"0", "0G", "FF", " 00", "00 ", "0x00", "0:"})
    EXPECT_FALSE(parse_hex(text).has_value()) << text;
}

TEST(BigEndian, WritesAndReadsFixedWidths) {
  EXPECT_EQ(u16be(0x0102), (Bytes{1, 2}));
  EXPECT_EQ(u32be(0x01020304), (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(read_be(u64be(0x0102030405060708)), 0x0102030405060708U);
  EXPECT_EQ(read_be({}), 0U);
  EXPECT_DEATH(read_be(Bytes(9)), "read_be");
}

TEST(EqualConstantTime, ComparesContentAndLength) {
  EXPECT_TRUE(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
}

}  // namespace
}  // namespace chancery

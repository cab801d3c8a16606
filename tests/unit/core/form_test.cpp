#include "daemon/core/form.h"

#include <gtest/gtest.h>

namespace chancery::core {
namespace {

void expect_form(Form form, const std::vector<std::string_view>& good, const std::vector<std::string_view>& bad) {
  for (const auto text : good) EXPECT_TRUE(form(text)) << text;
  for (const auto text : bad) EXPECT_FALSE(form(text)) << text;
}

TEST(Form, OfIdentifiersCodesAndLanguages) {
  expect_form(is_identifier, {"a", "sco-2009", "reissue-of"}, {"", "-", "2009", "A", "a_b", "a b", "a."});
  expect_form(is_code, {"sco-2009/3/16", "1", "a.b"}, {"", "-a", "/3", "A", "a b"});
  expect_form(is_language, {"ru", "zh", "kaz"}, {"", "r", "RU", "zh-cn", "russ", "r1"});
  expect_form(is_reason_code, {"E-X", "E-NOT-PARTY"}, {"", "E-", "e-x", "E-x", "E-1", "X-E"});
  expect_form(is_word, {"a", "~", "A#1"}, {"", "-", "a b", "\x7f", std::string_view("\0", 1)});
}

TEST(Form, OfALineThatIsShownAsItIs) {
  expect_form(is_line, {"a", "key incident", "утрата ключа", std::string_view("密钥丢失")},
              {"", "a\nb", "\x1b[2J", "\x7f", "a\u009bb", "a\u202eb", "\xff", "\xc3"});
  EXPECT_TRUE(is_line(std::string(200, 'a')));
  EXPECT_FALSE(is_line(std::string(201, 'a')));
}

TEST(Form, OfDatesThatExist) {
  expect_form(is_date, {"2026-11-22", "2024-02-29"},
              {"", "2026-11-31", "2025-02-29", "2026-1-1", "2026-13-01", "20261122"});
}

TEST(Form, OfEndpoints) {
  expect_form(is_endpoint, {"localhost:1", "10.0.0.1:65535", "[::1]:8443", "a-b.example:80"},
              {"", "localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:080", ":80", "-a:80",
               "a b:80", "[]:80", "[::1:80", "A:80"});
}

TEST(ParseNumber, TakesOneSpellingBelowTwoToThe63) {
  EXPECT_EQ(parse_number("0").value(), 0u);
  EXPECT_EQ(parse_number("9223372036854775807").value(), 9223372036854775807u);
  for (const auto* text : {"", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "a"})
    EXPECT_FALSE(parse_number(text).has_value()) << text;
  EXPECT_FALSE(parse_ordinal("0").has_value());
  EXPECT_EQ(parse_version("4294967295").value(), 4294967295u);
  EXPECT_FALSE(parse_version("4294967296").has_value());
}

TEST(Split, KeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("", ' '), Parts{""});
  EXPECT_EQ(split("a b", ' '), (Parts{"a", "b"}));
  EXPECT_EQ(split(" a  b ", ' '), (Parts{"", "a", "", "b", ""}));
}

}  // namespace
}  // namespace chancery::core

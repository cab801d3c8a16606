#include "daemon/core/display.h"

#include <gtest/gtest.h>
#include <wchar.h>

#include <clocale>
#include <cstdint>

namespace chancery::core {
namespace {

std::string utf8(char32_t c) {
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0u | (c >> 6)), static_cast<char>(0x80u | (c & 0x3Fu))};
  std::string tail = {static_cast<char>(0x80u | ((c >> 6) & 0x3Fu)), static_cast<char>(0x80u | (c & 0x3Fu))};
  if (c < 0x10000) return static_cast<char>(0xE0u | (c >> 12)) + tail;
  return std::string{static_cast<char>(0xF0u | (c >> 18)), static_cast<char>(0x80u | ((c >> 12) & 0x3Fu))} + tail;
}

TEST(Neutralised, LeavesReadableTextAlone) {
  for (const auto* text :
       {"", "plain", "威胁通报 № 7", "Уведомление об угрозе", "қауіп", "naïve — “x”", "\\u001b", "😀"})
    EXPECT_EQ(neutralised(text), text);
}

TEST(Neutralised, ShowsEveryControl) {
  for (char32_t c = 0; c < 0xA0; ++c) {
    if (c >= 0x20 && c < 0x7F) continue;
    char mark[8];
    std::snprintf(mark, sizeof mark, "\\u%04x", static_cast<unsigned>(c));
    EXPECT_EQ(neutralised("a" + utf8(c) + "b"), "a" + std::string(mark) + "b");
  }
  EXPECT_EQ(neutralised("\x1b[2J\x1b]0;title\x07"), "\\u001b[2J\\u001b]0;title\\u0007");
}

TEST(Neutralised, ShowsWhatHidesOrReorders) {
  // experience.md names these ranges; the others are of the same general category.
  for (const auto& [first, last] : {std::pair<char32_t, char32_t>{0x200B, 0x200F},
                                    {0x2028, 0x202E},
                                    {0x2060, 0x2064},
                                    {0x2066, 0x2069},
                                    {0xFE00, 0xFE0F},
                                    {0xFEFF, 0xFEFF},
                                    {0xAD, 0xAD},
                                    {0x61C, 0x61C}})
    for (auto c = first; c <= last; ++c) {
      char mark[8];
      std::snprintf(mark, sizeof mark, "\\u%04x", static_cast<unsigned>(c));
      EXPECT_EQ(neutralised(utf8(c)), mark);
    }
  EXPECT_EQ(neutralised(utf8(0xE0041)), "\\U000e0041") << "tags can spell a hidden text";
}

TEST(Neutralised, ShowsEveryByteThatIsNotUtf8) {
  EXPECT_EQ(neutralised("a\xff"), "a\\xff");
  EXPECT_EQ(neutralised("\xc0\xaf"), "\\xc0\\xaf") << "an overlong slash";
  EXPECT_EQ(neutralised("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(neutralised("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(neutralised("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(neutralised("\xe5\xa8"), "\\xe5\\xa8") << "cut off";
  EXPECT_EQ(neutralised("\x9b"
                        "2J"),
            "\\x9b"
            "2J")
      << "a C1 control as one byte";
}

TEST(IsUtf8, AsRfc3629Says) {
  for (const auto* good : {"", "a\n\x1b", "\xd0\xbf", "\xe4\xb8\xad", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const auto* bad : {"\xd0", "\xcf\xf2", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xff"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Neutralised, TwiceIsTheSame) {
  const std::string text = "a\x1b\xff" + utf8(0x202E) + utf8(0xE0041) + "威";
  EXPECT_EQ(neutralised(neutralised(text)), neutralised(text));
}

TEST(QuotedLines, BeginsEveryLineWithThePrefix) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(quoted_lines("one\ntwo\r\n\nthree", "| "), (Lines{"| one", "| two", "| ", "| three"}));
  EXPECT_EQ(quoted_lines("one\n", "| "), (Lines{"| one"}));
  EXPECT_EQ(quoted_lines("", "| "), Lines{});
  EXPECT_EQ(quoted_lines("a\rb", "| "), (Lines{"| a\\u000db"})) << "a carriage return would overwrite the prefix";
  EXPECT_EQ(quoted_lines("a" + utf8(0x2028) + "b", "| "), (Lines{"| a\\u2028b"}));
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("威胁"), 4u);
  EXPECT_EQ(display_width("угроза"), 6u);
  EXPECT_EQ(display_width("й"), 1u);
  EXPECT_EQ(display_width("и\xcc\x86"), 1u) << "decomposed";
}

TEST(Folded, KeepsToTheColumns) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(folded("", 4), Lines{""});
  EXPECT_EQ(folded("abcd", 4), Lines{"abcd"});
  EXPECT_EQ(folded("abcde", 4), (Lines{"abcd", "e"}));
  EXPECT_EQ(folded("威胁通报", 5), (Lines{"威胁", "通报"}));
  EXPECT_EQ(folded("威胁", 1), (Lines{"威", "胁"})) << "wider than the terminal";
  EXPECT_EQ(folded("и\xcc\x86и\xcc\x86", 1), (Lines{"и\xcc\x86", "и\xcc\x86"})) << "a mark stays with its letter";
  EXPECT_EQ(folded("one two three", 9), (Lines{"one two ", "three"}));
  EXPECT_EQ(folded("a bcdefghijkl", 8), (Lines{"a bcdefg", "hijkl"})) << "a space that comes too early";
}

// The C library keeps its own table of widths.
TEST(DisplayWidth, AgreesWithTheCLibraryOnTheLettersOfOurLanguages) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  for (const auto& [first, last] : {std::pair<char32_t, char32_t>{0x20, 0x7E},
                                    {0xC0, 0x24F},
                                    {0x300, 0x36E},
                                    {0x370, 0x373},
                                    {0x400, 0x52F},
                                    {0x3001, 0x3029},
                                    {0x3041, 0x3096},
                                    {0x30A1, 0x30FA},
                                    {0x3400, 0x4DB5},
                                    {0x4E00, 0x9FA5},
                                    {0xAC00, 0xD7A3},
                                    {0xFF01, 0xFF60}})
    for (auto c = first; c <= last; ++c)
      EXPECT_EQ(display_width(utf8(c)), static_cast<std::size_t>(wcwidth(static_cast<wchar_t>(c))))
          << static_cast<std::uint32_t>(c);
  std::setlocale(LC_CTYPE, "C");
}

// A line of characters that were thought narrow would go on in the next line of a terminal without its bar.
TEST(DisplayWidth, IsNeverLessThanThatOfTheCLibrary) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  for (char32_t c = 0x20; c <= 0x10FFFF; ++c) {
    const auto text = utf8(c);
    if ((c >= 0xD800 && c <= 0xDFFF) || neutralised(text) != text) continue;
    // -1: not assigned in its Unicode; shown as one column or more.
    const auto width = wcwidth(static_cast<wchar_t>(c));
    EXPECT_GE(display_width(text), width < 0 ? 1U : static_cast<std::size_t>(width)) << static_cast<std::uint32_t>(c);
  }
  std::setlocale(LC_CTYPE, "C");
}

}  // namespace
}  // namespace chancery::core

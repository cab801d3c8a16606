#include "daemon/quotation/skeleton.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <map>

namespace chancery::quotation {
namespace {

std::u32string folded(std::string_view text) { return skeleton(text).symbols; }

TEST(Skeleton, IsTheSameWhateverTheCaseWidthSpacingAndPunctuation) {
  const auto plain = folded("report of 12 November");
  EXPECT_EQ(folded("  REPORT, of -- 12\nnovember!"), plain);
  EXPECT_EQ(folded("ｒｅｐｏｒｔ　ｏｆ　１２　Ｎｏｖｅｍｂｅｒ"), plain);
  EXPECT_EQ(folded("re\u00ADport o\u200Bf 1\u20602 No\u202Evember"), plain);
  EXPECT_NE(folded("report of 13 November"), plain);
}

TEST(Skeleton, TakesLookAlikesOfThreeScriptsForOne) {
  EXPECT_EQ(folded("сервер"), folded("cepвep"));  // the second has four Latin letters
  EXPECT_EQ(folded("ВОТ"), folded("BOT"));
  EXPECT_EQ(folded("Κορρα"), folded("koppa"));
  EXPECT_EQ(folded("ёлка"), folded("елка"));
  EXPECT_NE(folded("сеть"), folded("меч"));
}

TEST(Skeleton, MakesThreeSymbolsOfAHanCharacterAndOneOfALetter) {
  EXPECT_EQ(folded("信息安全").size(), 12U);
  EXPECT_EQ(folded("信 息，安\u200B全"), folded("信息安全"));
  EXPECT_EQ(folded("Сеть").size(), 4U);
  EXPECT_NE(folded("信"), folded("息"));
}

TEST(Skeleton, SaysWhereEachSymbolStands) {
  const auto text = skeleton("«Да» 信");
  ASSERT_EQ(text.symbols.size(), 5U);
  EXPECT_EQ(text.at, (std::vector<std::uint32_t>{2, 4, 9, 9, 9}));
}

TEST(Skeleton, LeavesOutWhatIsNotUtf8) {
  EXPECT_EQ(folded("a\xFF\xC3"
                   "b"),
            folded("ab"));
}

TEST(FieldSkeleton, KeepsThePunctuationOfAddresses) {
  EXPECT_EQ(field_skeleton("192[.]0[.]2[.]7"), field_skeleton("192.0.2.7"));
  EXPECT_NE(field_skeleton("192.0.27"), field_skeleton("192.0.2.7"));
  EXPECT_EQ(field_skeleton(" Example.ORG "), field_skeleton("example.org"));
}

// ICU's own copy of confusables.txt.
class Confusables {
 public:
  Confusables() {
    UErrorCode status = U_ZERO_ERROR;
    checker_ = uspoof_open(&status);
  }
  ~Confusables() { uspoof_close(checker_); }
  Confusables(const Confusables&) = delete;
  Confusables& operator=(const Confusables&) = delete;
  [[nodiscard]] std::u16string prototype(char32_t c) const {
    UChar in[2];
    std::int32_t length = 0;
    U16_APPEND_UNSAFE(in, length, c);
    std::u16string out(64, u'\0');
    UErrorCode status = U_ZERO_ERROR;
    const auto size = uspoof_getSkeleton(checker_, 0, in, length, out.data(), 64, &status);
    out.resize(static_cast<std::size_t>(size));
    return out;
  }

 private:
  USpoofChecker* checker_;
};

bool of_the_three_scripts(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const auto script = uscript_getScript(c, &status);
  return u_isalpha(c) != 0 && u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE) == U_DT_NONE &&
         (script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC);
}

TEST(Skeleton, HasOneSymbolForLettersThatUnicodeCallsConfusable) {
  const Confusables confusables;
  std::map<std::u16string, std::pair<UChar32, std::u32string>> by_prototype;
  std::size_t checked = 0;
  for (UChar32 c = 0x41; c < 0x3000; ++c) {
    if (!of_the_three_scripts(c)) continue;
    char bytes[4];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, c);
    const auto symbols = folded({bytes, static_cast<std::size_t>(length)});
    if (symbols.size() != 1) continue;  // ligatures
    const auto [known, fresh] =
        by_prototype.emplace(confusables.prototype(static_cast<char32_t>(c)), std::pair(c, symbols));
    if (fresh) continue;
    ++checked;
    EXPECT_EQ(symbols, known->second.second) << std::hex << c << " and " << known->second.first;
  }
  EXPECT_GT(checked, 150U);
}

}  // namespace
}  // namespace chancery::quotation

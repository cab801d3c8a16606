#include "daemon/quotation/skeleton.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <map>
#include <set>

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

std::string utf8(char32_t c) {
  char bytes[4];
  std::int32_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, static_cast<UChar32>(c));
  return {bytes, static_cast<std::size_t>(length)};
}

// What texts here are written with.
std::u32string alphabets() {
  std::u32string all = U"0123456789";
  for (char32_t c = 0x21; c < 0x530; ++c) {
    UErrorCode status = U_ZERO_ERROR;
    const auto script = uscript_getScript(static_cast<UChar32>(c), &status);
    const auto form = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_DECOMPOSITION_TYPE);
    if (u_isalpha(static_cast<UChar32>(c)) != 0 && (form == U_DT_NONE || form == U_DT_CANONICAL) &&
        (script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC) &&
        folded(utf8(c)).size() == 1)
      all += c;
  }
  return all;
}

TEST(Skeleton, HasOneSymbolForLettersThatUnicodeCallsConfusable) {
  const Confusables confusables;
  std::map<std::u16string, std::vector<char32_t>> written;
  for (const auto c : alphabets()) written[confusables.prototype(c)].push_back(c);
  std::set<UScriptCode> scripts;
  for (char32_t c = 0x21; c < 0x20000; ++c) {
    const auto category = U_GET_GC_MASK(static_cast<UChar32>(c));
    if ((category & (U_GC_LU_MASK | U_GC_LL_MASK | U_GC_LO_MASK | U_GC_ND_MASK)) == 0) continue;
    // What Unicode makes of others is these others; so is what it folds into them.
    if (c == U'ß' || u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_DECOMPOSITION_TYPE) != U_DT_NONE) continue;
    const auto found = written.find(confusables.prototype(c));
    if (found == written.end()) continue;
    UErrorCode status = U_ZERO_ERROR;
    scripts.insert(uscript_getScript(static_cast<UChar32>(c), &status));
    for (const auto one : found->second)
      EXPECT_EQ(folded(utf8(c)), folded(utf8(one))) << utf8(c) << " for " << utf8(one);
  }
  for (const auto script : {USCRIPT_ARMENIAN, USCRIPT_COPTIC, USCRIPT_CHEROKEE, USCRIPT_LISU})
    EXPECT_TRUE(scripts.contains(script)) << uscript_getName(script);
}

// Joining all that look alike, over all scripts, would make one symbol of half the alphabet.
TEST(Skeleton, TellsLettersApart) {
  for (const char* alphabet :
       {"abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω"}) {
    std::set<std::u32string> different;
    std::size_t letters = 0;
    const std::string_view all(alphabet);
    for (std::size_t i = 0; i < all.size();) {
      const std::size_t length = static_cast<unsigned char>(all[i]) < 0x80 ? 1 : 2;
      different.insert(folded(all.substr(i, length)));
      i += length;
      ++letters;
    }
    EXPECT_GE(different.size() * 10, letters * 7) << alphabet;
  }
}

TEST(Skeleton, TakesALetterForItsSpellingInOthers) {
  EXPECT_EQ(folded("rnodern"), folded("modem"));
  EXPECT_EQ(folded("сетьı"), folded("сеты"));
}

TEST(Skeleton, ReadsLettersInBoxesAndSmallCapitals) {
  EXPECT_EQ(folded("🅢🅔🅡🅥🅔🅡 🆂🅴🆁🆅🅴🆁 🇸🇪🇷🇻🇪🇷 🅂🄴🅁🅅🄴🅁"), folded("server server server server"));
  EXPECT_EQ(folded("ꜱᴇʀᴠᴇʀ ᴅᴀᴛᴀʙᴀꜱᴇ"), folded("server database"));
  EXPECT_EQ(folded("٤٩ ４９ ④⑨ ❹❾"), folded("49494949"));
}

TEST(Skeleton, LeavesOutSymbolsAndModifierLetters) {
  EXPECT_EQ(folded("сʼеːр▪в€е+р"), folded("сервер"));
  EXPECT_EQ(folded("sꞌeʻrver"), folded("server"));
  EXPECT_EQ(folded("信ʼ息々"), folded("信息々"));
  EXPECT_EQ(folded("々").size(), 3U);
}

TEST(Skeleton, LeavesOutLettersThatNobodySeesAndReadsTags) {
  for (const auto* filler : {"\u3164", "\u115F", "\u1160", "\uFFA0"})
    EXPECT_EQ(folded(std::string("re") + filler + "port信" + filler + "息"), folded("report信息")) << filler;
  EXPECT_EQ(folded("\U000E0052\U000E0065\U000E0070\U000E006F\U000E0072\U000E0074"), folded("report"));
}

TEST(Skeleton, IsTheSameOfTraditionalAndSimplifiedCharacters) {
  EXPECT_EQ(folded("國際資訊安全領域的威脅與網路攻擊"), folded("国际资讯安全领域的威胁与网路攻击"));
  EXPECT_EQ(folded("沉默"), folded("沈默"));
  EXPECT_NE(folded("国"), folded("因"));
}

TEST(Skeleton, TakesRadicalsAndJapaneseLettersForTheCharactersTheyLookLike) {
  EXPECT_EQ(folded("⺠ロカ"), folded("民口力"));
}

TEST(Skeleton, IsReadFromItsEndCharacterByCharacter) {
  EXPECT_EQ(reversed(skeleton("全安 息信;ьтеС")).symbols, folded("Сеть信息安全"));
  EXPECT_EQ(reversed(skeleton("信a")).at, (std::vector<std::uint32_t>{3, 0, 0, 0}));
}

}  // namespace
}  // namespace chancery::quotation

#include "daemon/quotation/skeleton.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <array>
#include <memory>
#include <mutex>

#include "crypto/result.h"

namespace chancery::quotation {

namespace {

// Letters and digits that look alike in some case, each class under its first. Made from confusables.txt of UTS #39
// (Unicode 15) by joining what has one skeleton there, in both cases; a test holds it against ICU's copy of that file.
constexpr auto kLookAlikes = std::to_array<std::u32string_view>({
    U"oc0ʃοσϛосᴄᴏᴑ",
    U"il1ıǀɩɪιіӏ",
    U"e3ȝɛɜʒεезєҽӡԑᴈ",
    U"sf5ƽϝѕẝ",
    U"2ƨᴤ",
    U"6ƃб",
    U"8ȣ",
    U"aɑαа",
    U"bƅʙβвь",
    U"dԁ",
    U"gƍɡɢԍᶃ",
    U"hƞʜηнһ",
    U"jϳј",
    U"kĸκкᴋ",
    U"mʍμϻмᴍ",
    U"nvνѵᴠ",
    U"pρр",
    U"qԛ",
    U"ruyɣʀʋʏγυгуүᴜᴦᶌỿ",
    U"tτтᴛ",
    U"wɯѡԝᴡ",
    U"xχх",
    U"zζᴢ",
    U"æӕ",
    U"ðđɖ",
    U"þƿϸ",
    U"ħћ",
    U"ƀѣҍ",
    U"ƕԋ",
    U"ƚɨᵻᵼ",
    U"ǝəә",
    U"ɂʔ",
    U"ɋᶐ",
    U"ɍғ",
    U"ɏұ",
    U"ɔͻᴐↄ",
    U"ɵθѳө",
    U"ɸφф",
    U"ʌλлᴧᴫ",
    U"ͱⱶ",
    U"ͷиᴎ",
    U"δẟ",
    U"πпᴨ",
    U"ψѱ",
    U"яᴙ",
    U"қⱪ",
    U"ңⱨ",
    U"ҷӌ",
    U"ӈӊ",
    U"ᴘᴩ",
});

constexpr char32_t kLastLookAlike = 0x2FFF;  // none above
constexpr std::u32string_view kFieldSigns = U".:/@-_%+#?&=";

const UNormalizer2& normaliser(const UNormalizer2* (*instance)(UErrorCode*)) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* found = instance(&status);
  if (U_FAILURE(status)) bug("ICU has no normalisation data");
  return *found;
}

std::u16string normalised(const UNormalizer2& by, const std::u16string& text) {
  std::u16string out(text.size() * 20 + 16, u'\0');  // UAX #15: NFKC makes at most 18 of one
  UErrorCode status = U_ZERO_ERROR;
  const auto length = unorm2_normalize(&by, text.data(), static_cast<std::int32_t>(text.size()), out.data(),
                                       static_cast<std::int32_t>(out.size()), &status);
  if (U_FAILURE(status)) bug("ICU does not normalise one character");
  out.resize(static_cast<std::size_t>(length));
  return out;
}

bool is_han(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(c), &status) == USCRIPT_HAN;
}

// Symbols beyond Unicode: the second and third of a Han character.
void add_symbol(char32_t c, std::u32string& out) {
  const auto copies = is_han(c) ? kHanSymbols : 1;
  for (std::size_t i = 0; i < copies; ++i) out += c + static_cast<char32_t>(i << 21);
}

std::u32string symbols_of(char32_t character) {
  // As it stands: a capital whose small form looks like another letter is found with its own class either way.
  static const auto& fold = normaliser(unorm2_getNFKCCasefoldInstance);
  static const auto& decompose = normaliser(unorm2_getNFDInstance);
  std::u16string text;
  UChar units[2];
  std::int32_t count = 0;
  U16_APPEND_UNSAFE(units, count, character);
  text.assign(units, static_cast<std::size_t>(count));
  text = normalised(decompose, normalised(fold, text));
  std::u32string out;
  const auto length = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U16_NEXT(text.data(), i, length, c);
    if ((U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0) add_symbol(look_alike(static_cast<char32_t>(c)), out);
  }
  return out;
}

// The symbols of every character of a page of 256, computed at its first use.
using Page = std::array<std::u32string, 256>;

struct Cache {
  std::array<std::once_flag, 0x110000 / 256> once;
  std::array<std::unique_ptr<Page>, 0x110000 / 256> pages;
};

const std::u32string& cached(char32_t character) {
  static Cache cache;
  auto& page = cache.pages.at(character / 256);
  std::call_once(cache.once.at(character / 256), [&] {
    auto fresh = std::make_unique<Page>();
    for (char32_t i = 0; i < 256; ++i) fresh->at(i) = symbols_of(character / 256 * 256 + i);
    page = std::move(fresh);
  });
  return page->at(character % 256);
}

// Calls `visit` with each character and where it begins.
template <class Visit>
void each_character(std::string_view text, Visit visit) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t i = 0; i < length;) {
    const auto begin = i;
    UChar32 c = 0;
    U8_NEXT(bytes, i, length, c);
    if (c >= 0) visit(static_cast<char32_t>(c), static_cast<std::uint32_t>(begin));
  }
}

}  // namespace

char32_t look_alike(char32_t letter) {
  static const auto table = [] {
    std::array<char16_t, kLastLookAlike + 1> all{};
    for (const auto alike : kLookAlikes)
      for (const auto one : alike) all.at(one) = static_cast<char16_t>(alike.front());
    return all;
  }();
  return letter <= kLastLookAlike && table.at(letter) != 0 ? table.at(letter) : letter;
}

Skeleton skeleton(std::string_view text) {
  Skeleton out;
  out.symbols.reserve(text.size());
  out.at.reserve(text.size());
  each_character(text, [&](char32_t character, std::uint32_t at) {
    const auto& symbols = cached(character);
    out.symbols += symbols;
    out.at.insert(out.at.end(), symbols.size(), at);
  });
  return out;
}

std::u32string field_skeleton(std::string_view text) {
  std::u32string out;
  each_character(text, [&](char32_t character, std::uint32_t) {
    if (kFieldSigns.find(character) != std::u32string_view::npos) out += character;
    out += cached(character);
  });
  return out;
}

}  // namespace chancery::quotation

// Whatever is done to the writing of a text, a run of 48 letters or 16 Han characters that two texts share is found;
// and what is found is shared. Beside it stands a twin that knows nothing of the code: it normalises whole texts by ICU
// and its confusables, without joining what they join through other scripts, and looks for common substrings by
// comparing everything with everything.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utrans.h>

#include <algorithm>
#include <map>

#include "daemon/quotation/fingerprint.h"

namespace chancery::quotation {
namespace {

using Text = std::u32string;

std::string utf8(const Text& text) {
  std::string out;
  for (const auto c : text) {
    char bytes[4];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, static_cast<UChar32>(c));
    out.append(bytes, static_cast<std::size_t>(length));
  }
  return out;
}

std::u16string utf16(char32_t c) {
  UChar units[2];
  std::int32_t length = 0;
  U16_APPEND_UNSAFE(units, length, c);
  return {units, static_cast<std::size_t>(length)};
}

char32_t capital(char32_t c) { return static_cast<char32_t>(u_toupper(static_cast<UChar32>(c))); }

// What texts are written with here.
const Text& written() {
  static const auto kAll = [] {
    Text all = U"0123456789";
    for (const auto& [first, last] : {std::pair(U'a', U'z'), {U'а', U'я'}, {U'α', U'ω'}})
      for (auto c = first; c <= last; ++c) all += {c, capital(c)};
    return all;
  }();
  return kAll;
}

// All that is taken for a letter or digit, of ICU's copy of the confusables of UTS #39, in every script; and the same
// letter in a box.
const std::map<char32_t, Text>& look_alikes() {
  static const auto kAll = [] {
    UErrorCode status = U_ZERO_ERROR;
    auto* checker = uspoof_open(&status);
    const auto prototype = [&](char32_t c) {
      const auto in = utf16(c);
      UChar out[64];
      const auto length =
          uspoof_getSkeleton(checker, 0, in.data(), static_cast<std::int32_t>(in.size()), out, 64, &status);
      return std::u16string(out, static_cast<std::size_t>(length));
    };
    std::map<std::u16string, Text> by_prototype;
    for (char32_t c = 0x21; c < 0x20000; ++c) {
      const auto category = U_GET_GC_MASK(static_cast<UChar32>(c));
      if ((category & (U_GC_LU_MASK | U_GC_LL_MASK | U_GC_LO_MASK | U_GC_ND_MASK)) != 0 && c != U'ß' &&
          u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_DECOMPOSITION_TYPE) == U_DT_NONE)
        by_prototype[prototype(c)] += c;
    }
    std::map<char32_t, Text> all;
    for (const auto c : written()) all[c] = by_prototype[prototype(c)];
    for (char32_t i = 0; i < 26; ++i)
      for (const char32_t first :
           {U'\U0001F110', U'\U0001F130', U'\U0001F150', U'\U0001F170', U'\U0001F1E6', U'\U0001D400'})
        all[U'A' + i] += first + i;
    uspoof_close(checker);
    return all;
  }();
  return kAll;
}

class Conversion {
 public:
  explicit Conversion(const char16_t* id) {
    UErrorCode status = U_ZERO_ERROR;
    by_ = utrans_openU(id, -1, UTRANS_FORWARD, nullptr, 0, nullptr, &status);
  }
  ~Conversion() { utrans_close(by_); }
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  [[nodiscard]] char32_t of(char32_t c) const {
    auto units = utf16(c);
    // ICU has two ways about one of these.
    if (units.size() != 1 || c == U'苎' || c == U'苧') return c;
    std::int32_t length = 1;
    std::int32_t limit = 1;
    UErrorCode status = U_ZERO_ERROR;
    utrans_transUChars(by_, units.data(), &length, 1, 0, &limit, &status);
    return U_SUCCESS(status) && length == 1 ? units[0] : c;
  }

 private:
  UTransliterator* by_;
};

char32_t traditional(char32_t c) {
  static const Conversion kBy(u"Hans-Hant");
  return kBy.of(c);
}

char32_t simplified(char32_t c) {
  static const Conversion kBy(u"Hant-Hans");
  return kBy.of(c);
}

char32_t random_letter(int script) {
  switch (script) {
    case 0:
      return *rc::gen::inRange<char32_t>(U'a', U'z' + 1);
    case 1:
      return *rc::gen::inRange<char32_t>(U'а', U'я' + 1);
    default:
      return *rc::gen::inRange<char32_t>(0x4E00, 0x9FA5);
  }
}

// Words of one script, or of all, with spaces and stops between.
Text random_text(int script, std::size_t letters) {
  Text out;
  for (std::size_t i = 0; i < letters; ++i) {
    if (*rc::gen::inRange(0, 7) == 0) out += *rc::gen::elementOf(std::u32string(U" ,.\n"));
    out += random_letter(script < 3 ? script : *rc::gen::inRange(0, 3));
  }
  return out;
}

char32_t wide(char32_t c) { return c > 0x20 && c < 0x7F ? c + 0xFEE0 : c; }

// The same text in another writing: each character changed by one of the ways, or not.
Text rewritten(const Text& text) {
  static const Text kUnseen = U"\u200B\u200C\u200D\u2060\uFEFF\u00AD\u202A\u202E\u2066\u2069\u180E\u034F";
  static const Text kBetween = U" \t\n.,;-–—…«»\"'()*_|#、。；：！　$€+=<>~^`¦§©▪■●★→∎ʼʹːˑˈ";
  Text out;
  for (const auto c : text) {
    auto next = c;
    const auto way = *rc::gen::inRange(0, 12);
    if (way == 0) next = capital(c);
    if (way == 1) next = wide(c);
    if (way == 2) out += *rc::gen::elementOf(kUnseen);
    if (way == 3) out += *rc::gen::elementOf(kBetween);
    if (way == 4 || way == 5)
      if (const auto found = look_alikes().find(way == 4 ? c : capital(c)); found != look_alikes().end())
        next = *rc::gen::elementOf(found->second);
    if (way == 7) next = traditional(c);
    if (way == 8) next = simplified(c);
    out += next;
    if (way == 6 && u_isalpha(static_cast<UChar32>(c)) != 0) out += U'\u0301';
  }
  return out;
}

// What a look-alike stands for, for the twin: the least of the written letters that are taken for each other, in
// whichever case.
const std::map<char32_t, char32_t>& stands_for() {
  static const auto kAll = [] {
    std::map<char32_t, char32_t> up;
    const auto root = [&up](char32_t c) {
      while (up.contains(c) && up[c] != c) c = up[c];
      return c;
    };
    const auto small = [](char32_t c) { return static_cast<char32_t>(u_foldCase(static_cast<UChar32>(c), 0)); };
    for (const auto& [letter, others] : look_alikes())
      for (const auto other : others) {
        if (written().find(other) == Text::npos) continue;
        const auto a = root(small(letter));
        const auto b = root(small(other));
        up[std::max(a, b)] = std::min(a, b);
        up.emplace(std::min(a, b), std::min(a, b));
      }
    std::map<char32_t, char32_t> all;
    for (const auto& [letter, others] : look_alikes()) {
      all[small(letter)] = root(small(letter));
      for (const auto other : others) all.emplace(other, root(small(letter)));
    }
    return all;
  }();
  return kAll;
}

char32_t stood_for(char32_t c) {
  const auto found = stands_for().find(c);
  return found == stands_for().end() ? simplified(traditional(c)) : found->second;
}

// By ICU on the whole text: NFKC, case, NFD; then letters and digits alone.
Text plainly(const Text& text) {
  Text read;
  for (const auto c : text) read += stood_for(c);
  const auto bytes = utf8(read);
  std::u16string a(text.size() * 8 + 16, u'\0');
  std::u16string b = a;
  std::int32_t length = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8(a.data(), static_cast<std::int32_t>(a.size()), &length, bytes.data(),
                static_cast<std::int32_t>(bytes.size()), &status);
  length = unorm2_normalize(unorm2_getNFKCInstance(&status), a.data(), length, b.data(),
                            static_cast<std::int32_t>(b.size()), &status);
  length = u_strFoldCase(a.data(), static_cast<std::int32_t>(a.size()), b.data(), length, U_FOLD_CASE_DEFAULT, &status);
  length = unorm2_normalize(unorm2_getNFDInstance(&status), a.data(), length, b.data(),
                            static_cast<std::int32_t>(b.size()), &status);

  RC_ASSERT(U_SUCCESS(status));
  Text out;
  for (std::int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U16_NEXT(b.data(), i, length, c);
    if (u_isalnum(c) != 0 && u_charType(c) != U_MODIFIER_LETTER) out += stood_for(static_cast<char32_t>(c));
  }
  return out;
}

std::size_t weight(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(c), &status) == USCRIPT_HAN ? 3 : 1;
}

// The weight of the heaviest run two plain texts share; a Han character weighs three letters.
std::size_t heaviest(const Text& a, const Text& b) {
  std::vector<std::size_t> last(b.size() + 1, 0);
  std::size_t best = 0;
  for (const auto one : a) {
    std::vector<std::size_t> now(b.size() + 1, 0);
    for (std::size_t j = 0; j < b.size(); ++j)
      if (one == b[j]) best = std::max(best, now[j + 1] = last[j] + weight(one));
    last = std::move(now);
  }
  return best;
}

const Fingerprinter& by() {
  static const Fingerprinter it(as_bytes("a key of no daemon"));
  return it;
}

bool meet(const Skeleton& a, const Skeleton& b) {
  const auto here = by().fingerprints(a.symbols, {});
  const auto there = by().fingerprints(b.symbols, {});
  return std::any_of(here.begin(), here.end(),
                     [&](auto one) { return std::binary_search(there.begin(), there.end(), one); });
}

RC_GTEST_PROP(SharedRun, IsAlwaysFoundHoweverItIsWritten, ()) {
  const auto script = *rc::gen::inRange(0, 4);
  const auto letters = script == 2 ? *rc::gen::inRange<std::size_t>(16, 40) : *rc::gen::inRange<std::size_t>(48, 100);
  const auto run = random_text(script, letters);
  const auto size = [] { return *rc::gen::inRange<std::size_t>(0, 120); };
  const auto held = random_text(script, size()) + run + random_text(script, size());
  auto draft = random_text(script, size()) + rewritten(run) + random_text(script, size());
  RC_ASSERT(heaviest(plainly(draft), plainly(held)) >= kRun);
  const bool backwards = *rc::gen::arbitrary<bool>();
  if (backwards) std::reverse(draft.begin(), draft.end());
  const auto here = backwards ? reversed(skeleton(utf8(draft))) : skeleton(utf8(draft));
  const auto there = skeleton(utf8(held));
  RC_ASSERT(meet(here, there));
  const auto found = Compared(by(), here.symbols, {}).shared(there.symbols);
  RC_ASSERT(found.has_value());
  RC_ASSERT(found->length >= (script == 2 ? letters * 3 : letters));
}

// Texts cut of each other at random: found whenever the twin finds a run of that weight, and what is found is shared.
RC_GTEST_PROP(SharedRun, IsFoundWhenTheTwinFindsOne, ()) {
  const auto script = *rc::gen::inRange(0, 4);
  const auto common = random_text(script, 100);
  const auto piece = [&] {
    const auto from = *rc::gen::inRange<std::size_t>(0, common.size());
    return common.substr(from, *rc::gen::inRange<std::size_t>(5, 90));
  };
  const auto held = random_text(script, 20) + piece() + random_text(script, 20) + piece();
  const auto draft = piece() + random_text(script, 30) + piece();
  const auto here = skeleton(utf8(draft));
  const auto there = skeleton(utf8(held));
  const auto weighs = heaviest(plainly(draft), plainly(held));
  const auto found = Compared(by(), here.symbols, {}).shared(there.symbols);
  if (weighs >= kRun) RC_ASSERT(meet(here, there));
  // The twin folds fewer look-alikes: the code may find more, never less.
  RC_ASSERT(weighs < kRun || found.has_value());
  if (found)
    RC_ASSERT(here.symbols.substr(found->here, found->length) == there.symbols.substr(found->there, found->length));
}

}  // namespace
}  // namespace chancery::quotation

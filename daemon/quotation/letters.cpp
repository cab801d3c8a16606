#include "daemon/quotation/letters.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/utf16.h>
#include <unicode/utrans.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto/result.h"
#include "daemon/quotation/skeleton.h"

namespace chancery::quotation {

namespace {

constexpr char32_t kAfterTheLast = 0x110000;
constexpr char32_t kAfterTheLastLook = 0x20000;  // Han characters alone stand above
constexpr char32_t kLastOfThree = 0x2FFF;        // no letter of Latin, Greek or Cyrillic that is joined stands above

std::u16string units_of(char32_t c) {
  UChar units[2];
  std::int32_t count = 0;
  U16_APPEND_UNSAFE(units, count, c);
  return {units, static_cast<std::size_t>(count)};
}

std::u32string characters_of(const std::u16string& units) {
  std::u32string out;
  const auto length = static_cast<std::int32_t>(units.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U16_NEXT(units.data(), i, length, c);
    out += static_cast<char32_t>(c);
  }
  return out;
}

UScriptCode script_of(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(c), &status);
}

bool is_han(char32_t c) { return script_of(c) == USCRIPT_HAN; }

// The scripts that texts here are written in, and their digits.
bool of_the_three(char32_t c) {
  const auto script = script_of(c);
  return script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC || (c >= U'0' && c <= U'9');
}

// The alphabets of English, Russian and Greek, in small, and digits.
bool is_written(char32_t c) {
  return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'α' && c <= U'ω') || (c >= U'а' && c <= U'я');
}

// ---- folding

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

// Letters in boxes that Unicode does not decompose: circled and squared on black, and the halves of flags.
char32_t unboxed(char32_t c) {
  for (const char32_t first : {U'\U0001F150', U'\U0001F170', U'\U0001F1E6'})
    if (c >= first && c < first + 26) return U'a' + (c - first);
  return c;
}

// Of whatever script, but the Han ones, which are words.
char32_t plain_digit(char32_t c) {
  if ((U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_ND_MASK | U_GC_NO_MASK)) == 0 || is_han(c)) return c;
  const auto value = u_getNumericValue(static_cast<UChar32>(c));
  for (char32_t digit = 0; digit < 10; ++digit)
    if (value == static_cast<double>(digit)) return U'0' + digit;
  return c;
}

// A modifier letter stands beside a letter, like a mark; that of Han repeats one.
bool counts(char32_t c) {
  const auto category = U_GET_GC_MASK(static_cast<UChar32>(c));
  if ((category & U_GC_LM_MASK) != 0) return is_han(c);
  return (category & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
}

// Small letters and digits, without marks.
std::u32string folded(const std::u16string& text) {
  static const auto& fold = normaliser(unorm2_getNFKCCasefoldInstance);
  static const auto& decompose = normaliser(unorm2_getNFDInstance);
  std::u32string out;
  for (auto c : characters_of(normalised(decompose, normalised(fold, text)))) {
    c = unboxed(c);
    if (counts(c)) out += plain_digit(c);
  }
  return out;
}

// ---- letters that look alike

class Classes {
 public:
  [[nodiscard]] bool has(char32_t c) const { return up_.contains(c); }
  [[nodiscard]] char32_t root(char32_t c) const {
    for (auto found = up_.find(c); found != up_.end() && found->second != c; found = up_.find(c)) c = found->second;
    return c;
  }
  void join(char32_t a, char32_t b) {
    a = root(a);
    b = root(b);
    up_[std::max(a, b)] = std::min(a, b);
    up_.emplace(std::min(a, b), std::min(a, b));
  }
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [member, above] : up_) visit(member);
  }

 private:
  std::map<char32_t, char32_t> up_;
};

class Confusables {
 public:
  Confusables() {
    UErrorCode status = U_ZERO_ERROR;
    checker_ = uspoof_open(&status);
    if (U_FAILURE(status)) bug("ICU has no confusables");
  }
  ~Confusables() { uspoof_close(checker_); }
  Confusables(const Confusables&) = delete;
  Confusables& operator=(const Confusables&) = delete;

  // What UTS #39 takes all for that look like it.
  [[nodiscard]] std::u16string prototype(char32_t c) const {
    const auto in = units_of(c);
    UChar out[64];
    UErrorCode status = U_ZERO_ERROR;
    const auto length =
        uspoof_getSkeleton(checker_, 0, in.data(), static_cast<std::int32_t>(in.size()), out, std::size(out), &status);
    if (U_FAILURE(status)) bug("ICU does not know what a character looks like");
    return {out, static_cast<std::size_t>(length)};
  }

 private:
  USpoofChecker* checker_;
};

// "LATIN LETTER SMALL CAPITAL A": the capital.
std::optional<char32_t> small_capital(char32_t c) {
  constexpr std::string_view kName = "LATIN LETTER SMALL CAPITAL ";
  char name[64];
  UErrorCode status = U_ZERO_ERROR;
  const auto length = u_charName(static_cast<UChar32>(c), U_UNICODE_CHAR_NAME, name, sizeof name, &status);
  const std::string_view all(name, U_FAILURE(status) ? 0 : static_cast<std::size_t>(length));
  if (all.size() != kName.size() + 1 || all.substr(0, kName.size()) != kName) return std::nullopt;
  return static_cast<char32_t>(static_cast<unsigned char>(all.back()));
}

// Letters of Latin, Greek and Cyrillic that look alike, in whichever case, are of one class, so that it does not matter
// which of them stood in a text first. A letter of another script is taken for the class of what it looks like, and
// does not join classes: over all scripts nearly every letter would become one.
class LookAlikes {
 public:
  LookAlikes() {
    join_the_three();
    for (char32_t c = 0x21; c < kAfterTheLastLook; ++c)
      if (is_looked_at(c)) look_at(c);
    settle_others();
  }

  // The Han character that it looks like, as a radical and a letter of Japanese may; else itself.
  [[nodiscard]] char32_t han(char32_t c) const {
    const auto prototype = characters_of(confusables_.prototype(c));
    return prototype.size() == 1 && is_han(prototype.front()) ? prototype.front() : c;
  }

  // As a character of its own it looks like these; else the folded one does; null when it looks like itself.
  [[nodiscard]] const std::u32string* find(char32_t c) const {
    const auto found = looks_.find(c);
    return found == looks_.end() ? nullptr : &found->second;
  }

 private:
  static bool is_looked_at(char32_t c) {
    const auto script = script_of(c);
    const auto category = u_charType(static_cast<UChar32>(c));
    return script != USCRIPT_HAN && script != USCRIPT_HANGUL && category != U_UNASSIGNED &&
           category != U_PRIVATE_USE_CHAR && category != U_SURROGATE;
  }

  // One letter, in small, of a character; what it looks like, with its marks and as letters alone.
  struct Look {
    char32_t letter;
    std::u16string prototype;
    std::u32string letters;
    [[nodiscard]] bool is_plain() const { return characters_of(prototype).size() == 1; }
  };
  [[nodiscard]] std::u16string prototype_of(char32_t c) const {
    const auto capital = script_of(c) == USCRIPT_LATIN ? small_capital(c) : std::nullopt;
    auto prototype = capital ? units_of(*capital) : confusables_.prototype(c);
    return prototype == u"ß" ? u"β" : prototype;  // one letter, until its case is folded
  }
  [[nodiscard]] std::optional<Look> look_of(char32_t c) const {
    const auto letter = folded(units_of(c));
    if (letter.size() != 1) return std::nullopt;
    auto prototype = prototype_of(c);
    auto letters = folded(prototype);
    return Look{letter.front(), std::move(prototype), std::move(letters)};
  }

  static bool is_joined(char32_t c) { return c <= kLastOfThree && of_the_three(c); }

  void join_the_three() {
    std::map<char32_t, std::u32string> spelt;
    std::set<char32_t> written;
    for (char32_t c = 0x21; c <= kLastOfThree; ++c) {
      const auto look = is_joined(c) ? look_of(c) : std::nullopt;
      if (!look || !of_the_three(look->letter)) continue;
      three_.join(look->letter, first_.emplace(look->prototype, look->letter).first->second);
      if (look->is_plain() && are_of_the_three(look->letters)) three_.join(look->letter, look->letters.front());
      if (!look->is_plain() && are_of_the_three(look->letters)) spelt.emplace(look->letter, look->letters);
      if (is_written(look->letter)) written.insert(look->letter);
    }
    std::set<char32_t> kept;
    for (const auto letter : written) kept.insert(three_.root(letter));
    // "m" and "rn": the letter is spelt, with all of its class. One with a mark is the letter without, where none of
    // its class is a letter that texts are written in.
    for (const auto& [letter, letters] : spelt)
      if (letters.size() > 1 || !kept.contains(three_.root(letter)))
        spelt_.emplace(three_.root(letter), class_of(letters));
    three_.each([this](char32_t letter) { looks_[letter] = class_of(std::u32string(1, letter)); });
  }

  static bool are_of_the_three(const std::u32string& letters) {
    return !letters.empty() && std::all_of(letters.begin(), letters.end(), of_the_three);
  }

  [[nodiscard]] std::u32string class_of(const std::u32string& letters) const {
    std::u32string out;
    for (const auto letter : letters) {
      const auto root = three_.root(letter);
      const auto spelt = spelt_.find(root);
      out += spelt == spelt_.end() ? std::u32string(1, root) : spelt->second;
    }
    return out;
  }

  // A letter that is another one in another form is that one, whatever it looks like.
  static bool is_a_form(char32_t c) {
    return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_DECOMPOSITION_TYPE) != U_DT_NONE;
  }

  void look_at(char32_t c) {
    if (is_joined(c) || is_a_form(c)) return;
    // Most look like nothing else.
    const auto prototype = prototype_of(c);
    if (prototype == units_of(c) && !first_.contains(prototype)) return;
    const auto look = look_of(c);
    if (!look) return;
    const auto known = looks_.find(look->letter);
    const auto first = first_.find(look->prototype);
    if (first != first_.end() || are_of_the_three(look->letters)) {
      const auto letters = class_of(first != first_.end() ? std::u32string(1, first->second) : look->letters);
      if (letters == (known == looks_.end() ? std::u32string(1, look->letter) : known->second)) return;
      own_.emplace(c, letters);
      if (known == looks_.end()) lent_.emplace(look->letter, letters);
    } else if (look->letters.empty() && of_the_three(c)) {
      own_.emplace(c, std::u32string());  // an apostrophe that Unicode calls a letter
    } else if (look->letters.size() == 1 && look->letters.front() != look->letter && !is_han(look->letters.front())) {
      others_.join(look->letter, look->letters.front());
    }
  }

  // What it looks like itself comes first, then what its capital does, then what others of its script do.
  void settle_others() {
    std::map<char32_t, std::u32string> of_class;
    const auto seen = [&](char32_t letter) {
      const auto own = own_.find(letter);
      return own != own_.end() ? &own->second : lent_.contains(letter) ? &lent_.at(letter) : nullptr;
    };
    others_.each([&](char32_t letter) {
      if (const auto* letters = seen(letter)) of_class.emplace(others_.root(letter), *letters);
    });
    others_.each([&](char32_t letter) {
      const auto found = of_class.find(others_.root(letter));
      looks_.emplace(letter, found == of_class.end() ? std::u32string(1, others_.root(letter)) : found->second);
    });
    for (const auto& [letter, letters] : lent_) looks_[letter] = letters;
    for (const auto& [letter, letters] : own_) looks_[letter] = letters;
  }

  Confusables confusables_;
  std::map<std::u16string, char32_t> first_;  // by prototype: a letter of the three that has it
  Classes three_;
  Classes others_;
  std::map<char32_t, std::u32string> spelt_;  // by root of three_
  std::map<char32_t, std::u32string> own_;    // by character, in its case
  std::map<char32_t, std::u32string> lent_;   // by small letter
  std::unordered_map<char32_t, std::u32string> looks_;
};

// ---- Han characters

// One for all that a traditional and a simplified text may have for each other.
class Simplified {
 public:
  Simplified() : to_traditional_(opened(u"Hans-Hant")), to_simplified_(opened(u"Hant-Hans")) {}
  ~Simplified() {
    utrans_close(to_traditional_);
    utrans_close(to_simplified_);
  }
  Simplified(const Simplified&) = delete;
  Simplified& operator=(const Simplified&) = delete;

  // Whether it stands for another character in the other writing.
  bool converts(char32_t c) {
    const std::lock_guard lock(mutex_);
    return is_han(c) && (converted(to_simplified_, c) != c || converted(to_traditional_, c) != c);
  }

  // There and back: several simplified ones may stand for one traditional.
  char32_t of(char32_t c) {
    const std::lock_guard lock(mutex_);
    return converted(to_simplified_, converted(to_traditional_, c));
  }

 private:
  static UTransliterator* opened(const char16_t* id) {
    UErrorCode status = U_ZERO_ERROR;
    auto* found = utrans_openU(id, -1, UTRANS_FORWARD, nullptr, 0, nullptr, &status);
    if (U_FAILURE(status)) bug("ICU does not convert Han characters");
    return found;
  }

  static char32_t converted(const UTransliterator* by, char32_t c) {
    auto units = units_of(c);
    auto length = static_cast<std::int32_t>(units.size());
    auto limit = length;
    units.resize(16);
    UErrorCode status = U_ZERO_ERROR;
    utrans_transUChars(by, units.data(), &length, static_cast<std::int32_t>(units.size()), 0, &limit, &status);
    if (U_FAILURE(status)) return c;
    units.resize(static_cast<std::size_t>(length));
    const auto made = characters_of(units);
    return made.size() == 1 ? made.front() : c;
  }

  std::mutex mutex_;
  UTransliterator* to_traditional_;
  UTransliterator* to_simplified_;
};

// Symbols beyond Unicode: the second and third of a Han character.
void add_han(char32_t c, std::u32string& out) {
  for (std::size_t i = 0; i < kHanSymbols; ++i) out += c + static_cast<char32_t>(i << 21);
}

// The tag characters say ASCII over again.
char32_t untagged(char32_t c) { return c >= U'\U000E0020' && c <= U'\U000E007E' ? c - U'\U000E0000' : c; }

std::u32string computed(char32_t character) {
  static const LookAlikes look_alikes;
  static Simplified simplified;
  character = untagged(character);
  // Fillers are letters, and nobody sees them.
  if (u_hasBinaryProperty(static_cast<UChar32>(character), UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0) return {};
  if (const auto* looks = look_alikes.find(character)) return *looks;
  auto letters = folded(units_of(character));
  if (letters.empty()) letters = std::u32string(1, character);
  std::u32string out;
  for (const auto letter : letters) {
    const auto han = simplified.converts(letter) ? letter : look_alikes.han(letter);
    if (is_han(han) && counts(han)) {
      add_han(simplified.of(han), out);
    } else if (!counts(letter)) {
      continue;
    } else if (const auto* looks = look_alikes.find(letter)) {
      out += *looks;
    } else {
      out += letter;
    }
  }
  return out;
}

// The symbols of every character of a page of 256, computed at its first use.
using Page = std::array<std::u32string, 256>;

class Pages {
 public:
  // Asked for every character of every text: a page that is there costs no lock.
  const Page& page(std::size_t number) {
    const auto* known = ready_.at(number).load(std::memory_order_acquire);
    return known != nullptr ? *known : made(number);
  }

 private:
  const Page& made(std::size_t number) {
    const std::lock_guard lock(mutex_);
    if (const auto* known = ready_[number].load(std::memory_order_relaxed)) return *known;
    auto fresh = std::make_unique<Page>();
    for (std::size_t i = 0; i < fresh->size(); ++i)
      fresh->at(i) = computed(static_cast<char32_t>(number * fresh->size() + i));
    ready_[number].store(fresh.get(), std::memory_order_release);
    all_.push_back(std::move(fresh));
    return *all_.back();
  }

  std::array<std::atomic<const Page*>, kAfterTheLast / 256> ready_{};
  std::mutex mutex_;
  std::vector<std::unique_ptr<const Page>> all_;  // guarded by mutex_
};

}  // namespace

const std::u32string& symbols_of(char32_t character) {
  static Pages pages;
  return pages.page(character / 256)[character % 256];
}

}  // namespace chancery::quotation

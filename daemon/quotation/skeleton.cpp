#include "daemon/quotation/skeleton.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "daemon/quotation/letters.h"

namespace chancery::quotation {

namespace {

constexpr std::u32string_view kFieldSigns = U".:/@-_%+#?&=";

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

Skeleton skeleton(std::string_view text) {
  Skeleton out;
  out.symbols.reserve(text.size());
  out.at.reserve(text.size());
  each_character(text, [&](char32_t character, std::uint32_t at) {
    for (const auto symbol : symbols_of(character)) {
      out.symbols.push_back(symbol);
      out.at.push_back(at);
    }
  });
  return out;
}

Skeleton reversed(const Skeleton& skeleton) {
  Skeleton out;
  out.symbols.reserve(skeleton.symbols.size());
  out.at.reserve(skeleton.at.size());
  for (std::size_t end = skeleton.at.size(); end > 0;) {
    auto begin = end - 1;
    while (begin > 0 && skeleton.at[begin - 1] == skeleton.at[begin]) --begin;
    for (auto i = begin; i < end; ++i) {
      out.symbols.push_back(skeleton.symbols[i]);
      out.at.push_back(skeleton.at[i]);
    }
    end = begin;
  }
  return out;
}

std::u32string field_skeleton(std::string_view text) {
  std::u32string out;
  each_character(text, [&](char32_t character, std::uint32_t) {
    if (kFieldSigns.find(character) != std::u32string_view::npos) out += character;
    out += symbols_of(character);
  });
  return out;
}

std::string made_by() {
  UVersionInfo icu;
  UVersionInfo unicode;
  u_getVersion(icu);
  u_getUnicodeVersion(unicode);
  std::string out = "skeleton 2, icu";
  for (const auto* version : {&icu, &unicode})
    for (const auto number : *version) out += " " + std::to_string(number);
  return out;
}

}  // namespace chancery::quotation

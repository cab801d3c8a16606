// What of a text stays the same however it is written: case, width, accents, look-alike letters, traditional or
// simplified characters, spacing, punctuation, symbols, modifier letters and what does not show are folded away. Pure.
//
// Each character becomes symbols of its own, whatever stands beside it: its NFKC case folding (Unicode 15, ICU),
// decomposed, letters and digits alone, and for all that UTS #39 (confusables, ICU) takes for one letter, of whatever
// script, the same. A Han character becomes three symbols, because it says as much as three letters: so one length, in
// symbols, holds for runs of letters, of characters and of both mixed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chancery::quotation {

inline constexpr std::size_t kHanSymbols = 3;

struct Skeleton {
  std::u32string symbols;
  std::vector<std::uint32_t> at;  // of each symbol: the first byte of its character in the text
};

// Of UTF-8 below 4 GiB; bytes that are not UTF-8 are left out.
Skeleton skeleton(std::string_view text);

// Of an indicator, which is compared whole: as above, but the punctuation that belongs to addresses, names and paths
// stays. Brackets that keep it from being clicked on ("192[.]0[.]2[.]7") are left out.
std::u32string field_skeleton(std::string_view text);

// The same text read from its end, character by character.
Skeleton reversed(const Skeleton& skeleton);

// By what skeletons are made: they compare only where this is the same.
std::string made_by();

}  // namespace chancery::quotation

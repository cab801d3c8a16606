// What of a text stays the same however it is written: case, width, accents, look-alike letters, spacing, punctuation
// and what does not show are folded away. Pure.
//
// Each character becomes symbols of its own, whatever stands beside it: its NFKC case folding (Unicode 15, ICU),
// decomposed, letters and digits alone, and of Latin, Greek and Cyrillic letters that look alike in some case one for
// all (Unicode UTS #39, confusables). A Han character becomes three symbols, because it says as much as three letters:
// so one length, in symbols, holds for runs of letters, of characters and of both mixed. Traditional and simplified
// characters stay different.
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

// The letter that stands for this one and all that look like it; itself when there is none. Of a lower-case letter.
char32_t look_alike(char32_t letter);

}  // namespace chancery::quotation

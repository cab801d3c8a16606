// What one character is compared as, whatever it looks like beside others. From ICU's data alone: NFKC and case
// folding, UTS #39 (confusables), and the conversion of traditional to simplified characters. Internal to this folder.
#pragma once

#include <string>

namespace chancery::quotation {

// The symbols of a character; none of what does not count: spaces, punctuation, symbols, marks, modifier letters.
// Thread-safe; computed once for each character.
const std::u32string& symbols_of(char32_t character);

}  // namespace chancery::quotation

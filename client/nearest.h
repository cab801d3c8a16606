// The word a mistyped one was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chancery::client {

// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `words`; empty when none is near enough to be meant (more than a third of its letters differ, and
// more than one). The first of equally near ones.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace chancery::client

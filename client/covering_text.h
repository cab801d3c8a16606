// The text that goes with what a command composes itself, in a working language of the agreement: the reader's if it is
// one, else the first that is.
#pragma once

#include <functional>

#include "client/data_names.h"

namespace chancery::client {

struct CoveringWords {
  std::string title;
  std::string body;  // where the person gave no file
};

// `words` in the language of the text; `file` replaces the body, empty: none was given. --note-language chooses the
// language. Faults: E-FILE, E-MALFORMED (no words in the file, or not UTF-8).
Outcome<v1::Text> covering_text(const Session& session, const DataNames& names, const std::string& agreement,
                                const std::string& file, const std::function<CoveringWords(const Catalogue&)>& words);

}  // namespace chancery::client

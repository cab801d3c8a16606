// The whole client but for main(): from words to an exit code.
#pragma once

#include <string>
#include <vector>

#include "client/session.h"

namespace chancery::client {

// `words` without the program's name. Reads the environment for contexts, language and data.
int run(const std::vector<std::string>& words, Streams streams);

}  // namespace chancery::client

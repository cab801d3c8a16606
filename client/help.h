// Help, written from the command table and the catalogue.
#pragma once

#include "client/catalogue.h"
#include "client/command.h"

namespace chancery::client {

// All commands, one line each.
std::string overview(const Catalogue& catalogue);
// The verbs of one noun; empty when there is no such noun.
std::string noun_help(const std::string& noun, const Catalogue& catalogue);
// Usage, what it does, options, examples.
std::string command_help(const Command& command, const Catalogue& catalogue);
std::string usage(const Command& command);

std::string exit_codes_help(const Catalogue& catalogue);
// Every code with what it means and its exit code; with `code` that one in full.
std::string errors_help(const Catalogue& catalogue);
std::string error_help(const std::string& code, const Catalogue& catalogue);
// Of a code there is none of: names the nearest.
Fault unknown_code(const std::string& code);

}  // namespace chancery::client

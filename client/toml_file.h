// Settings and data in TOML.
#pragma once

#include <toml++/toml.h>

#include <string>

#include "client/fault.h"

namespace chancery::client {

// Faults: E-FILE as read_file, E-CONFIG-FILE with the line.
Outcome<toml::table> read_toml(const std::string& path);

}  // namespace chancery::client

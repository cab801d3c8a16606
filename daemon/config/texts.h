// The catalogues i18n/{zh,ru,en}.toml, as far as the daemon itself speaks to people.
#pragma once

#include <map>
#include <string>

namespace chancery::config {

// The texts of one section, inner tables as "D-KEYS.why". Empty when the catalogue cannot be read.
std::map<std::string, std::string> load_texts(const std::string& data_directory, const std::string& language,
                                              const std::string& section);

}  // namespace chancery::config

#include "client/toml_file.h"

#include "client/files.h"

namespace chancery::client {

Outcome<toml::table> read_toml(const std::string& path) {
  const auto text = TRY(read_file(path));
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fault("E-CONFIG-FILE", {{"place", path + ":" + std::to_string(error.source().begin.line)},
                                   {"detail", std::string(error.description())}});
  }
}

}  // namespace chancery::client

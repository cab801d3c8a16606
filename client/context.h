// Contexts: where a daemon listens and as whom to speak to it. `$CHANCERY_CONFIG` or ~/.config/chancery/contexts.toml;
// paths in it are relative to its folder. Keys stay in their own files.
#pragma once

#include <string>
#include <vector>

#include "client/fault.h"

namespace chancery::client {

struct Context {
  std::string name;
  std::string socket;              // Unix socket of the daemon's desk
  std::string server_certificate;  // PEM: the authority's tls certificate, pinned
  std::string key;                 // PEM, mode 0600: the person's key
  std::string certificate;         // PEM: the person's certificate
  std::string language;            // zh, ru, en or empty
  std::string data;                // folder with i18n/, agreements/; empty: the usual one
};

struct Contexts {
  std::string file;
  std::string current;  // empty: none chosen
  std::vector<Context> all;

  // A file that is not there holds no contexts. Faults: configuration, with file:line and the unknown key.
  static Outcome<Contexts> load(const std::string& file);
  [[nodiscard]] const Context* find(const std::string& name) const;
  // Named, else the current one, else the only one. Faults: E-CONTEXT-NOT-FOUND, E-CONTEXT-NONE.
  [[nodiscard]] Outcome<Context> choose(const std::string& name) const;
  // Replaces the file as a whole, mode 0600.
  [[nodiscard]] Outcome<void> save() const;
};

// From the environment: CHANCERY_CONFIG, else XDG_CONFIG_HOME or HOME.
std::string contexts_file();

}  // namespace chancery::client

// Loading of everything that is data: the daemon's own settings, the agreements, party status and label policies.
// Returns the whole immutable set, or every fault as `file:line: key: what is wrong`.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/agreement.h"
#include "daemon/core/delivery.h"

namespace chancery::config {

struct Fault {
  std::string file;
  std::uint32_t line = 0;
  std::string key;
  std::string what;
  bool operator==(const Fault&) const = default;
};
std::string to_string(const Fault& fault);

template <class T>
using Loaded = tl::expected<T, std::vector<Fault>>;

// daemon.toml. Relative paths are resolved against the folder of the file.
struct Settings {
  std::string authority;        // "cn-example"
  std::string party;            // "CN"
  std::string number_prefix;    // registry numbers: "CN" gives CN-2026-0001
  std::string state_directory;  // database, checkpoint
  std::string keys_directory;   // private keys and certificates
  std::string data_directory;   // agreements/, labels/
  std::string party_status;     // file with party status
  std::string desk_socket;      // Unix socket of the Desk
  std::string peer_listen;      // "127.0.0.1:8443"
  std::string label_policy;     // id of this authority's own label policy
  core::RetryPolicy retry;
  std::string log_level;        // error | warning | info | debug
};

Loaded<Settings> load_settings(const std::string& file);
// `directory` holds agreements/*.toml and labels/*.toml; `party_status` is a file of its own.
Loaded<core::AgreementBook> load_agreements(const std::string& directory, const std::string& party_status);

}  // namespace chancery::config

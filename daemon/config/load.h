// Loading of everything that is data: the daemon's own settings, the agreements, party status and label policies.
// Returns the whole immutable set, or every fault as `file:line: key: what is wrong`. Nothing is a mere warning: an
// unknown key, Party, clause or class, a missing translation and a second entry of the same kind are faults.
// Every function here reads files, keeps nothing and may be called from any thread.
#pragma once

#include <string>
#include <vector>

#include "crypto/token.h"
#include "daemon/core/agreement.h"
#include "daemon/core/delivery.h"

namespace chancery::config {

// `line` 0: the file or folder as a whole. `key` is a path, rows counted from 1: "class[2].rank"; empty for a file that
// does not parse. No control characters in key and what.
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
  std::string state_directory;  // database, index of quotations
  std::string checkpoint_file;  // the last own checkpoint; outside state_directory
  std::string keys_directory;   // private keys and certificates; may be the credentials of a systemd unit
  std::string data_directory;   // agreements/, labels/
  std::string party_status;     // file with party status
  std::string administrator;    // certificate (PEM) of the first administrator, recorded at the first start
  std::string desk_socket;      // Unix socket of the Desk
  std::string metrics_socket;   // Unix socket of the metrics; empty: none
  std::string peer_listen;      // "127.0.0.1:8443"
  std::string label_policy;     // id of this authority's own label policy
  core::RetryPolicy retry;
  std::string revocation_directory;               // revocation lists of anchors; empty: none are read
  std::optional<Duration> revocation_grace;       // how long one may be out of date; nothing: none are asked for
  std::optional<crypto::TokenKeyPlace> sign_key;  // in a token; nothing: sign.key in keys_directory
  std::string log_level;                          // error | warning | info | debug
};

struct Configuration {
  Settings settings;
  core::AgreementBook book;
};

Loaded<Settings> load_settings(const std::string& file);
// `directory` holds agreements/*.toml and labels/*.toml; `party_status` is a file of its own. The digest of the book is
// SHA-256 over one line a file, as `sha256sum` prints it, in bytewise order of the names relative to `directory`;
// `party_status` is listed under that name.
Loaded<core::AgreementBook> load_agreements(const std::string& directory, const std::string& party_status);
// The data of these settings, checked against them as `load` does.
Loaded<core::AgreementBook> load_agreements(const Settings& settings);
// Both, and each checked against the other: the Party and the label policy of the settings are in the data.
Loaded<Configuration> load(const std::string& file);

}  // namespace chancery::config

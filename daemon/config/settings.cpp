#include "daemon/config/settings.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "crypto/token.h"
#include "daemon/config/reader.h"
#include "daemon/core/registry_number.h"

namespace chancery::config {

namespace {

// sockaddr_un::sun_path of Linux holds 108 bytes with the ending zero (unix(7)).
constexpr std::size_t kMaxSocketPath = 107;

Duration unit_of(char letter) {
  if (letter == 's') return seconds(1);
  if (letter == 'm') return minutes(1);
  if (letter == 'h') return hours(1);
  return days(1);
}

// At most a year, so that nothing overflows and a slip of the finger is seen.
std::optional<Duration> parse_duration(std::string_view text) {
  if (text.size() < 2 || text.size() > 10 || std::string_view("smhd").find(text.back()) == std::string_view::npos)
    return std::nullopt;
  const auto count = core::parse_ordinal(text.substr(0, text.size() - 1));
  if (!count || *count > 366ULL * 86'400) return std::nullopt;
  const Duration duration{unit_of(text.back()).ms * static_cast<std::int64_t>(*count)};
  if (duration > days(366)) return std::nullopt;
  return duration;
}

Duration read_duration(Reader& table, const std::string& key, Duration fallback) {
  const auto text = table.text_or(key, {});
  if (text.empty()) return fallback;
  if (const auto duration = parse_duration(text)) return *duration;
  table.fault(key, "'" + text + "' must be a whole number and s, m, h or d, at most a year");
  return fallback;
}

void read_retry(Reader& table, core::RetryPolicy& retry) {
  retry.first = read_duration(table, "first", retry.first);
  retry.cap = read_duration(table, "cap", retry.cap);
  if (retry.cap < retry.first) table.fault("cap", "must not be shorter than first");
}

std::string read_path(Reader& root, const std::string& key, const std::filesystem::path& folder) {
  const auto text = root.text(key);
  return text.empty() ? text : (folder / text).lexically_normal().string();
}

void read_revocation(Reader& table, const std::filesystem::path& folder, Settings& settings) {
  settings.revocation_directory = read_path(table, "directory", folder);
  settings.revocation_grace = read_duration(table, "grace", hours(24));
}

// As credentials(7) of systemd come: in a folder of this run, which the environment names.
std::string read_keys_directory(Reader& root, const std::filesystem::path& folder) {
  constexpr const char* kVariable = "CREDENTIALS_DIRECTORY";
  if (root.text_or("keys_directory", {}) != std::string("$") + kVariable)
    return read_path(root, "keys_directory", folder);
  const char* credentials = ::getenv(kVariable);
  if (credentials != nullptr && *credentials == '/') return credentials;
  root.fault("keys_directory", "there are no credentials here: $CREDENTIALS_DIRECTORY is not set by a unit");
  return {};
}

void check_socket(Reader& root, const char* key, const std::string& path) {
  if (path.size() > kMaxSocketPath) root.fault(key, "is longer than the 107 bytes the path of a Unix socket can have");
}

// Its PIN stands among the keys, so that it comes as a credential where they do.
void read_token(Reader& table, Settings& settings) {
  auto uri = table.text("sign_key");
  // Not repeated: it may hold a PIN.
  if (!uri.empty() && !crypto::is_token_uri(uri))
    table.fault("sign_key", "must be a pkcs11: URI of a token and a key in it, and no more");
  auto module = table.text("module", crypto::is_module_path, "a full path");
  settings.sign_key = {std::move(uri), std::move(module), settings.keys_directory + "/token.pin"};
}

bool is_inside(const std::filesystem::path& file, const std::filesystem::path& folder) {
  const auto from_folder = file.lexically_relative(folder);
  return !file.empty() && !folder.empty() && !from_folder.empty() && *from_folder.begin() != "..";
}

void read_paths(Reader& root, const std::string& file, Settings& settings) {
  const auto folder = std::filesystem::path(file).parent_path();
  settings.state_directory = read_path(root, "state_directory", folder);
  settings.checkpoint_file = read_path(root, "checkpoint_file", folder);
  if (is_inside(settings.checkpoint_file, settings.state_directory))
    root.fault("checkpoint_file", "must stand outside state_directory: an older copy of that would bring an older one");
  settings.keys_directory = read_keys_directory(root, folder);
  settings.data_directory = read_path(root, "data_directory", folder);
  settings.party_status = read_path(root, "party_status", folder);
  settings.administrator = read_path(root, "administrator", folder);
  settings.desk_socket = read_path(root, "desk_socket", folder);
  if (root.has("metrics_socket")) settings.metrics_socket = read_path(root, "metrics_socket", folder);
  check_socket(root, "desk_socket", settings.desk_socket);
  check_socket(root, "metrics_socket", settings.metrics_socket);
}

void read(Reader& root, const std::string& file, Settings& settings) {
  settings.authority = root.text("authority", core::is_authority_id, "the id of an authority, written like cn-example");
  settings.party = root.text("party", core::is_party_code, "a Party: two capital letters");
  settings.number_prefix =
      root.text("number_prefix", core::is_number_prefix, "two to eight capital letters, and not IN");
  settings.label_policy = root.text("label_policy");
  read_paths(root, file, settings);
  settings.peer_listen = root.text("peer_listen", core::is_endpoint, "host:port, an IPv6 address in brackets");
  settings.log_level = root.has("log_level") ? root.one_of("log_level", {"error", "warning", "info", "debug"}) : "info";
  root.inside("retry", [&](Reader& table) { read_retry(table, settings.retry); });
  const auto folder = std::filesystem::path(file).parent_path();
  root.inside("revocation", [&](Reader& table) { read_revocation(table, folder, settings); });
  root.inside("token", [&](Reader& table) { read_token(table, settings); });
}

}  // namespace

std::optional<SettingsFile> read_settings(const Source& source, Faults& faults) {
  SettingsFile out;
  const auto parsed = read_document(source, faults, [&](Reader& root) {
    read(root, source.file, out.settings);
    out.party = root.place("party");
    out.label_policy = root.place("label_policy");
  });
  if (!parsed) return std::nullopt;
  return out;
}

}  // namespace chancery::config

#include "daemon/config/settings.h"

#include <algorithm>
#include <filesystem>

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

void read_paths(Reader& root, const std::string& file, Settings& settings) {
  const auto folder = std::filesystem::path(file).parent_path();
  settings.state_directory = read_path(root, "state_directory", folder);
  settings.keys_directory = read_path(root, "keys_directory", folder);
  settings.data_directory = read_path(root, "data_directory", folder);
  settings.party_status = read_path(root, "party_status", folder);
  settings.administrator = read_path(root, "administrator", folder);
  settings.desk_socket = read_path(root, "desk_socket", folder);
  if (settings.desk_socket.size() > kMaxSocketPath)
    root.fault("desk_socket", "is longer than the 107 bytes the path of a Unix socket can have");
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

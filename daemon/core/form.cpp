#include "daemon/core/form.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "daemon/core/display.h"

namespace chancery::core {

namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower_or_digit(char c) { return lower(c) || digit(c); }

bool is_host(std::string_view text) {
  const auto allowed = [](char c) { return lower_or_digit(c) || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= 253 && lower_or_digit(text.front()) && lower_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool is_bracketed_address(std::string_view text) {
  const auto allowed = [](char c) { return digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; };
  return text.size() >= 4 && text.size() <= 47 && text.front() == '[' && text.back() == ']' &&
         std::all_of(text.begin() + 1, text.end() - 1, allowed);
}

}  // namespace

bool is_identifier(std::string_view text) {
  const auto allowed = [](char c) { return lower_or_digit(c) || c == '-'; };
  return !text.empty() && lower(text.front()) && std::all_of(text.begin(), text.end(), allowed);
}

bool is_code(std::string_view text) {
  const auto allowed = [](char c) { return lower_or_digit(c) || c == '.' || c == '/' || c == '-'; };
  return !text.empty() && lower_or_digit(text.front()) && std::all_of(text.begin(), text.end(), allowed);
}

bool is_language(std::string_view text) {
  return (text.size() == 2 || text.size() == 3) && std::all_of(text.begin(), text.end(), lower);
}

bool is_reason_code(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; };
  return text.size() > 2 && text.substr(0, 2) == "E-" && std::all_of(text.begin() + 2, text.end(), allowed);
}

bool is_date(std::string_view text) {
  return text.size() == 10 && parse_instant(std::string(text) + "T00:00:00.000Z").has_value();
}

bool is_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto host = text.substr(0, colon);
  const auto port = parse_ordinal(text.substr(colon + 1));
  return (is_host(host) || is_bracketed_address(host)) && port.has_value() && *port <= 65535;
}

bool is_line(std::string_view text) {
  constexpr std::size_t kMost = 200;
  return !text.empty() && text.size() <= kMost && neutralised(text) == text;
}

bool is_word(std::string_view text) {
  const auto allowed = [](char c) { return c > ' ' && c <= '~'; };
  return !text.empty() && text.size() <= 128 && text != "-" && std::all_of(text.begin(), text.end(), allowed);
}

Result<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  // from_chars takes no sign and no space for an unsigned number, but it does take leading zeros.
  const bool canonical = text.size() == 1 || (!text.empty() && text.front() != '0');
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  if (error != std::errc() || stop != end || !canonical || value > largest)
    return fail(Errc::malformed, "not a canonical number");
  return value;
}

Result<std::uint64_t> parse_ordinal(std::string_view text) {
  const auto value = TRY(parse_number(text));
  if (value == 0) return fail(Errc::malformed, "counts from 1");
  return value;
}

Result<std::uint32_t> parse_version(std::string_view text) {
  const auto value = TRY(parse_ordinal(text));
  if (value > std::numeric_limits<std::uint32_t>::max()) return fail(Errc::malformed, "number too large");
  return static_cast<std::uint32_t>(value);
}

Result<Instant> parse_time(std::string_view text) {
  const auto time = TRY(parse_instant(text));
  if (time.ms < 0) return fail(Errc::malformed, "before 1970");  // a message id begins with `created` in 48 bits
  return time;
}

Result<Bytes> parse_salt(std::string_view text) {
  if (text.size() != 64) return fail(Errc::malformed, "a salt has 64 hex digits");
  return parse_hex(text);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(separator); at != std::string_view::npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

}  // namespace chancery::core

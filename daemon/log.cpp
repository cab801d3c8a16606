#include "daemon/log.h"

#include <unistd.h>

namespace chancery {

namespace {

char priority(service::LogLevel level) {
  switch (level) {
    case service::LogLevel::error:
      return '3';
    case service::LogLevel::warning:
      return '4';
    case service::LogLevel::info:
      return '6';
    case service::LogLevel::debug:
      return '7';
  }
  return '6';
}

// Printable ASCII stays; everything else is written as \xNN.
std::string quoted(const std::string& text) {
  static constexpr const char* kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out + '"';
}

}  // namespace

service::LogLevel parse_log_level(const std::string& text) {
  if (text == "error") return service::LogLevel::error;
  if (text == "warning") return service::LogLevel::warning;
  return text == "debug" ? service::LogLevel::debug : service::LogLevel::info;
}

std::string log_line(service::LogLevel level, const std::string& event, const std::string& detail) {
  std::string line = {'<', priority(level), '>'};
  line += "event=" + quoted(event);
  if (!detail.empty()) line += " detail=" + quoted(detail);
  return line + '\n';
}

service::Log log_to_stderr(service::LogLevel level) {
  return [level](service::LogLevel of, const std::string& event, const std::string& detail) {
    if (of > level) return;
    const auto line = log_line(of, event, detail);
    // A log nobody reads must not stop the daemon.
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
  };
}

}  // namespace chancery

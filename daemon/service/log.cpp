#include "daemon/service/log.h"

namespace chancery::service {

namespace {

char priority(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return '3';
    case LogLevel::warning:
      return '4';
    case LogLevel::info:
      return '6';
    case LogLevel::debug:
      return '7';
  }
  return '6';
}

std::string escaped(std::string_view text) {
  static constexpr const char* kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, kLogValue)) {
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
  if (text.size() > kLogValue) out += "...(" + std::to_string(text.size()) + ")";
  return out + '"';
}

}  // namespace

std::string to_string(const LogLine& line) {
  const auto& info = info_of(line.event);
  std::string out = {'<', priority(info.level), '>'};
  out += "event=" + escaped(info.id);
  auto rest = info.fields;
  for (const auto& value : line.values) {
    const auto end = rest.find(' ');
    out += " " + std::string(rest.substr(0, end)) + "=" + escaped(value);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out + '\n';
}

}  // namespace chancery::service

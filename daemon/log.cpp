#include "daemon/log.h"

#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>

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

void write_line(const std::string& line) {
  // A log nobody reads must not stop the daemon.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

// A peer decides how often some warnings are due: of one event a minute lists so many, then counts.
class EventLimit {
 public:
  // Whether this line is written. `unlisted`: how many of its event were not, in the minute that ended with it.
  bool take(const std::string& event, std::uint64_t& unlisted) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    auto& minute = minutes_[event];
    if (minute.count == 0 || now - minute.since >= std::chrono::minutes(1)) {
      unlisted = minute.count > kLogLines ? minute.count - kLogLines : 0;
      minute = {now, 0};
    }
    return ++minute.count <= kLogLines;
  }

 private:
  struct Minute {
    std::chrono::steady_clock::time_point since;
    std::uint64_t count = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Minute> minutes_;  // events are few, and ours
};

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
  const auto limit = std::make_shared<EventLimit>();
  return [level, limit](service::LogLevel of, const std::string& event, const std::string& detail) {
    if (of > level) return;
    std::uint64_t unlisted = 0;
    // Informative lines follow what our own people do.
    const bool listed = of > service::LogLevel::warning || limit->take(event, unlisted);
    if (unlisted > 0) write_line(log_line(of, event, "unlisted count " + std::to_string(unlisted)));
    if (listed) write_line(log_line(of, event, detail));
  };
}

}  // namespace chancery

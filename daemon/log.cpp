#include "daemon/log.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <map>
#include <memory>
#include <mutex>

namespace chancery {

namespace {

// A log that nobody reads must not stop the daemon: what a pipe has no room for is left out, and counted in the next
// line that it takes. Where poll(2) says that it may be written, a pipe takes PIPE_BUF bytes without waiting.
class Stderr {
 public:
  void write(std::string line) {
    const std::lock_guard lock(mutex_);
    if (lost_ > 0 && put(to_string(service::log_line<service::LogEvent::log_lost>(lost_)))) lost_ = 0;
    if (lost_ > 0 || !put(std::move(line))) ++lost_;
  }

 private:
  static bool put(std::string line) {
    pollfd entry{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&entry, 1, 0) != 1 || (entry.revents & POLLOUT) == 0) return false;
    if (line.size() > PIPE_BUF) line.replace(PIPE_BUF - 1, std::string::npos, "\n");
    return ::write(STDERR_FILENO, line.data(), line.size()) >= 0;
  }
  std::mutex mutex_;
  std::uint64_t lost_ = 0;  // guarded by mutex_
};

// A peer decides how often some warnings are due: of one event a minute lists so many, then counts.
class EventLimit {
 public:
  // Whether this line is written. `unlisted`: how many of its event were not, in the minute that ended with it.
  bool take(service::LogEvent event, std::uint64_t& unlisted) {
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
  std::map<service::LogEvent, Minute> minutes_;
};

}  // namespace

service::LogLevel parse_log_level(const std::string& text) {
  if (text == "error") return service::LogLevel::error;
  if (text == "warning") return service::LogLevel::warning;
  return text == "debug" ? service::LogLevel::debug : service::LogLevel::info;
}

service::Log log_to_stderr(service::LogLevel level) {
  const auto limit = std::make_shared<EventLimit>();
  const auto out = std::make_shared<Stderr>();
  return [level, limit, out](const service::LogLine& line) {
    const auto& info = service::info_of(line.event);
    if (info.level > level) return;
    std::uint64_t unlisted = 0;
    // Informative lines follow what our own people do.
    const bool listed = info.level > service::LogLevel::warning || limit->take(line.event, unlisted);
    if (unlisted > 0)
      out->write(to_string(service::log_line<service::LogEvent::log_unlisted>(std::string(info.id), unlisted)));
    if (listed) out->write(to_string(line));
  };
}

}  // namespace chancery

#include "daemon/transport/refusal_log.h"

namespace chancery::transport {

namespace {

constexpr std::uint64_t kLines = 10;
constexpr const char* kEvent = "connection.refused";

}  // namespace

void RefusalLog::note(const std::string& detail, Instant now) {
  const std::lock_guard lock(mutex_);
  begin_minute_if_due(now);
  if (++count_ <= kLines) log_(service::LogLevel::warning, kEvent, detail);
}

void RefusalLog::tick(Instant now) {
  const std::lock_guard lock(mutex_);
  begin_minute_if_due(now);
}

// A clock that was set back begins a minute too.
void RefusalLog::begin_minute_if_due(Instant now) {
  if (now >= since_ && now - since_ < minutes(1)) return;
  if (count_ > kLines)
    log_(service::LogLevel::warning, kEvent, "reason unlisted count " + std::to_string(count_ - kLines));
  since_ = now;
  count_ = 0;
}

}  // namespace chancery::transport

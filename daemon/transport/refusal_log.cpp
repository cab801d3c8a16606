#include "daemon/transport/refusal_log.h"

namespace chancery::transport {

using service::log_line;
using service::LogEvent;

namespace {

constexpr std::uint64_t kLines = 10;

}  // namespace

void RefusalLog::note(const Refusal& refusal, Instant now) {
  const std::lock_guard lock(mutex_);
  begin_minute_if_due(now);
  if (lines_ == kLines) {
    unlisted_ += refusal.count;
    return;
  }
  ++lines_;
  log_(log_line<LogEvent::connection_refused>(refusal.reason, refusal.who, refusal.count));
}

void RefusalLog::tick(Instant now) {
  const std::lock_guard lock(mutex_);
  begin_minute_if_due(now);
}

// A clock that was set back begins a minute too.
void RefusalLog::begin_minute_if_due(Instant now) {
  if (now >= since_ && now - since_ < minutes(1)) return;
  if (unlisted_ > 0)
    log_(log_line<LogEvent::log_unlisted>(std::string(info_of(LogEvent::connection_refused).id), unlisted_));
  since_ = now;
  lines_ = unlisted_ = 0;
}

}  // namespace chancery::transport

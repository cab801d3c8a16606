// Connections that came to nothing, in the log: event "connection.refused", a reason and an address or a digest, never
// what was sent. Strangers decide how many there are, so a minute holds ten lines and then their sum.
#pragma once

#include <mutex>

#include "daemon/service/node.h"

namespace chancery::transport {

// Thread-safe.
class RefusalLog {
 public:
  explicit RefusalLog(service::Log log) : log_(std::move(log)) {}

  void note(const std::string& detail, Instant now);
  // Tells the sum of a minute that is over.
  void tick(Instant now);

 private:
  void begin_minute_if_due(Instant now);

  service::Log log_;
  std::mutex mutex_;
  Instant since_;            // guarded by mutex_
  std::uint64_t count_ = 0;  // guarded by mutex_; in this minute
};

}  // namespace chancery::transport

// Connections that came to nothing, in the log: a reason and an address or a digest, never what was sent. Strangers
// decide how many there are, so a minute holds ten lines and then their sum.
#pragma once

#include <mutex>

#include "daemon/service/node.h"

namespace chancery::transport {

struct Refusal {
  const char* reason;
  std::string who;
  std::uint64_t count = 1;
};

// Thread-safe.
class RefusalLog {
 public:
  explicit RefusalLog(service::Log log) : log_(std::move(log)) {}

  void note(const Refusal& refusal, Instant now);
  // Tells the sum of a minute that is over.
  void tick(Instant now);

 private:
  void begin_minute_if_due(Instant now);

  service::Log log_;
  std::mutex mutex_;
  Instant since_;               // guarded by mutex_
  std::uint64_t lines_ = 0;     // guarded by mutex_; in this minute
  std::uint64_t unlisted_ = 0;  // guarded by mutex_; refusals beyond them
};

}  // namespace chancery::transport

// Read before main.cpp when chanceryd-later and chanceryd-patched are compiled: there the system's clock is this one,
// ahead by the seconds that CHANCERY_CLOCK_AHEAD says. What the daemon decides by is later; TLS, gRPC and waiting go by
// the real time.
#pragma once

#include <cstdlib>
#include <string>

#include "crypto/clock.h"

namespace chancery {

class LaterClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return SystemClock().now() + ahead_; }

 private:
  static Duration ahead() {
    const char* text = std::getenv("CHANCERY_CLOCK_AHEAD");
    return seconds(text == nullptr ? 0 : std::stoll(text));
  }

  const Duration ahead_ = ahead();
};

}  // namespace chancery

#define SystemClock LaterClock

// Read before main.cpp when chanceryd-later is compiled: there the system's clock is this one. What the daemon decides
// by is later; TLS, gRPC and waiting go by the real time.
#pragma once

#include "crypto/clock.h"

namespace chancery {

// Ahead by more than the life of a seal key and its grace together, by less than the life of a certificate.
class LaterClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return SystemClock().now() + days(45); }
};

}  // namespace chancery

#define SystemClock LaterClock

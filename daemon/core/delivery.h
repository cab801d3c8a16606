// When to try again.
#pragma once

#include "crypto/instant.h"

namespace chancery::core {

struct RetryPolicy {
  Duration first = seconds(2);
  Duration cap = minutes(10);
};

// Capped exponential back-off with full jitter: uniform in (0, min(cap, first * 2^attempts)]. `chance` is a uniform
// draw in [0, 2^32). Never gives up.
Instant next_attempt(const RetryPolicy& policy, std::uint32_t attempts, Instant now, std::uint32_t chance);

}  // namespace chancery::core

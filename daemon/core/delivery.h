// When to try again, and what goes first.
#pragma once

#include "crypto/instant.h"
#include "daemon/core/message.h"

namespace chancery::core {

struct RetryPolicy {
  Duration first = seconds(2);
  Duration cap = minutes(10);
};

// Capped exponential back-off with full jitter: uniform in (0, min(cap, first * 2^attempts)], in whole milliseconds.
// `chance` is a uniform draw in [0, 2^32). Never gives up. A cap above 24 days counts as 24 days.
Instant next_attempt(const RetryPolicy& policy, std::uint32_t attempts, Instant now, std::uint32_t chance);

// What waits to be sent to one peer.
struct Waiting {
  Precedence precedence = Precedence::routine;
  std::uint64_t sequence = 0;  // of its dispatch
  bool operator==(const Waiting&) const = default;
};

// Higher precedence first; within one precedence in dispatch order. A strict total order of distinct dispatches.
bool goes_before(const Waiting& a, const Waiting& b);

// How many more dispatches may be recorded ahead of their messages while `missing` of them are outstanding.
std::uint64_t window_left(std::uint64_t missing);

}  // namespace chancery::core

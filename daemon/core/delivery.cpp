#include "daemon/core/delivery.h"

#include <algorithm>

#include "daemon/core/dispatch.h"

namespace chancery::core {

namespace {

// Longest wait in milliseconds, at least 1 and below 2^31, so that a product with 32 bits of chance fits 64.
std::uint64_t ceiling(const RetryPolicy& policy, std::uint32_t attempts) {
  const auto cap = std::clamp(policy.cap.ms, std::int64_t{1}, days(24).ms);
  auto wait = std::clamp(policy.first.ms, std::int64_t{1}, cap);
  for (std::uint32_t i = 0; i < attempts && wait < cap; ++i) wait = std::min(cap, wait * 2);
  return static_cast<std::uint64_t>(wait);
}

}  // namespace

Instant next_attempt(const RetryPolicy& policy, std::uint32_t attempts, Instant now, std::uint32_t chance) {
  const auto wait = 1 + ((ceiling(policy, attempts) * chance) >> 32);
  return now + Duration{static_cast<std::int64_t>(wait)};
}

bool goes_before(const Waiting& a, const Waiting& b) {
  return a.precedence != b.precedence ? a.precedence > b.precedence : a.sequence < b.sequence;
}

std::uint64_t window_left(std::uint64_t missing) { return missing < kMissingWindow ? kMissingWindow - missing : 0; }

}  // namespace chancery::core

// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>

#include "crypto/clock.h"

namespace chancery::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : ms_(start.ms) {}
  [[nodiscard]] Instant now() const override { return {ms_.load()}; }
  void advance(Duration by) { ms_ += by.ms; }
  void set(Instant to) { ms_ = to.ms; }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace chancery::test

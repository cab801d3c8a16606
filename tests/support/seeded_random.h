// Chance from a seed, the same in every run. Thread-safe; the order of calls decides who gets what.
#pragma once

#include <mutex>
#include <random>

#include "crypto/random.h"

namespace chancery::test {

class SeededRandom final : public crypto::RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    const std::lock_guard lock(mutex_);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;  // guarded by mutex_
};

}  // namespace chancery::test

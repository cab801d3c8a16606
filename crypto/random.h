// Chance comes in through this seam. Production draws from the kernel; tests from a seed they print.
#pragma once

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace chancery::crypto {

// Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  Bytes bytes(std::size_t size);
  SecretBytes secret(std::size_t size);
};

// getrandom(2) with a small per-thread buffer; ends the process if the kernel refuses, as nothing safe is left to do.
class SystemRandom final : public RandomSource {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace chancery::crypto

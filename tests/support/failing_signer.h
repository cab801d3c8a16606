// A signer that fails while it is told to, and signs otherwise. Thread-safe.
#pragma once

#include <atomic>

#include "crypto/signing.h"

namespace chancery::test {

class FailingSigner final : public crypto::Signer {
 public:
  explicit FailingSigner(crypto::Signer& signer) : signer_(signer) {}
  void fail_from_now(bool failing) { failing_ = failing; }
  [[nodiscard]] crypto::Suite suite() const override { return signer_.suite(); }
  [[nodiscard]] const crypto::PublicKey& public_key() const override { return signer_.public_key(); }
  // As a token that is known to be out, until it is looked for.
  void away_from_now() {
    failing_ = true;
    away_ = true;
  }
  [[nodiscard]] bool reachable() const override { return !away_; }
  void look() override { away_ = failing_.load(); }
  Result<Bytes> sign(BytesView message) override {
    if (failing_) return fail(Errc::unavailable, "the token is out");
    return signer_.sign(message);
  }

 private:
  crypto::Signer& signer_;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> away_ = false;
};

}  // namespace chancery::test

#include "crypto/random.h"

#include <openssl/crypto.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace chancery::crypto {
namespace {

void fill_from_kernel(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) bug("getrandom failed");
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

// Bytes drawn ahead, so that a batch of salts and keys costs few system calls. What was handed out is wiped here.
class Reserve {
 public:
  void take(std::span<std::uint8_t> out) {
    if (left_ < out.size() || owner_ != ::getpid()) refill();
    const auto from = std::span(bytes_).last(left_).first(out.size());
    std::copy(from.begin(), from.end(), out.begin());
    OPENSSL_cleanse(from.data(), from.size());
    left_ -= out.size();
  }
  static constexpr std::size_t kSize = 1024;

 private:
  void refill() {
    fill_from_kernel(bytes_);
    left_ = bytes_.size();
    owner_ = ::getpid();  // a child after fork must not hand out its parent's bytes
  }

  std::array<std::uint8_t, kSize> bytes_{};
  std::size_t left_ = 0;
  pid_t owner_ = 0;
};

}  // namespace

Bytes RandomSource::bytes(std::size_t size) {
  Bytes out(size);
  fill(out);
  return out;
}

SecretBytes RandomSource::secret(std::size_t size) {
  SecretBytes out(size);
  fill(out.mutable_view());
  return out;
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  thread_local Reserve reserve;
  if (out.size() <= Reserve::kSize / 4) {
    reserve.take(out);
  } else {
    fill_from_kernel(out);
  }
}

}  // namespace chancery::crypto

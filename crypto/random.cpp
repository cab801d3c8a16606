#include "crypto/random.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

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

// Bytes drawn ahead, so that a batch of salts and keys costs few system calls. What was handed out is wiped here. They
// lie in pages that a child finds empty after fork, because it must not hand out its parent's bytes; asking for the
// process id each time would be a system call again.
class Reserve {
 public:
  Reserve() {
    auto* pages = ::mmap(nullptr, sizeof(Drawn), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || ::madvise(pages, sizeof(Drawn), MADV_WIPEONFORK) != 0) bug("no pages for randomness");
    drawn_ = new (pages) Drawn;
  }
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;
  ~Reserve() {
    OPENSSL_cleanse(drawn_, sizeof(Drawn));
    ::munmap(drawn_, sizeof(Drawn));
  }

  void take(std::span<std::uint8_t> out) {
    if (drawn_->left < out.size()) refill();
    const auto from = std::span(drawn_->bytes).last(drawn_->left).first(out.size());
    std::copy(from.begin(), from.end(), out.begin());
    OPENSSL_cleanse(from.data(), from.size());
    drawn_->left -= out.size();
  }
  static constexpr std::size_t kMost = 256;  // at a time

 private:
  // All zero is a valid one: nothing is left.
  struct Drawn {
    std::size_t left = 0;
    std::array<std::uint8_t, 4096 - sizeof(std::size_t)> bytes;
  };

  void refill() {
    fill_from_kernel(drawn_->bytes);
    drawn_->left = drawn_->bytes.size();
  }

  Drawn* drawn_;
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
  if (out.size() <= Reserve::kMost) {
    reserve.take(out);
  } else {
    fill_from_kernel(out);
  }
}

}  // namespace chancery::crypto

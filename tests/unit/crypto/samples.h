// What the tests of this room share: published vectors, keys, a source of chance that repeats itself, a naive tree.
#pragma once

#include <nlohmann/json.hpp>
#include <random>

#include "crypto/batch.h"
#include "crypto/kem.h"

namespace chancery::crypto {

Bytes hex(std::string_view text);          // ends the test program when it is none
nlohmann::json vectors(const char* file);  // from tests/vectors; ends the test program when it is missing
std::vector<std::vector<std::string>> table(const char* file);  // its tab-separated rows

// A key of the suite's KEM, by its private scalar.
KemPrivateKey kem_key(Suite suite, BytesView scalar);

class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::mt19937_64 engine_;
};

// RFC 9162 2.1.1 and 2.1.3.1 as they are written: recursion over the largest power of two.
Digest naive_root(std::span<const Digest> leaves);
std::vector<Digest> naive_path(std::span<const Digest> leaves, std::size_t index);
std::vector<Digest> naive_proof(std::span<const Digest> leaves, std::size_t first);
std::vector<Digest> some_leaves(std::size_t count);

inline constexpr Instant kNow{1'795'327'203'125};  // 2026-11-22T06:00:03.125Z

// An anchor, and a leaf under it.
struct Authority {
  PrivateKey anchor_key;
  Certificate anchor;
  PrivateKey key;
  Certificate certificate;
};
Authority make_authority(CertificateUse use = CertificateUse::sign, Suite suite = Suite::p256);

}  // namespace chancery::crypto

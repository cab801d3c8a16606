// HPKE base mode (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
// One context may seal many plaintexts; its counter never repeats.
#pragma once

#include "crypto/signing.h"

namespace chancery::crypto {

inline constexpr std::size_t kHpkeEncSize = 65;

class HpkeSender {
 public:
  // Fresh ephemeral key for this context.
  static Result<HpkeSender> create(const PublicKey& recipient, BytesView info);
  // RFC 9180 vectors fix the ephemeral key; for tests.
  static Result<HpkeSender> create_with(const PublicKey& recipient, BytesView info, const PrivateKey& ephemeral);

  [[nodiscard]] BytesView enc() const { return enc_; }
  [[nodiscard]] std::uint64_t next_sequence() const { return sequence_; }
  // Seals under the context's next sequence number and counts on.
  Result<Bytes> seal(BytesView aad, BytesView plaintext);

 private:
  HpkeSender() = default;
  Bytes enc_;
  SecretBytes key_;
  SecretBytes base_nonce_;
  std::uint64_t sequence_ = 0;
};

class HpkeReceiver {
 public:
  static Result<HpkeReceiver> create(const PrivateKey& key, BytesView enc, BytesView info);
  // Opens what was sealed under `sequence`; any order. unauthenticated when it does not open.
  [[nodiscard]] Result<SecretBytes> open(std::uint64_t sequence, BytesView aad, BytesView ciphertext) const;

 private:
  HpkeReceiver() = default;
  SecretBytes key_;
  SecretBytes base_nonce_;
};

}  // namespace chancery::crypto

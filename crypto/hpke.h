// HPKE base mode (RFC 9180): the KEM of the recipient's suite (kem.h), HKDF-SHA256, AES-256-GCM.
// One context may seal many plaintexts; its counter never repeats.
#pragma once

#include "crypto/kem.h"

namespace chancery::crypto {

class HpkeSender {
 public:
  // Fresh ephemeral key for this context.
  static Result<HpkeSender> create(const KemPublicKey& recipient, BytesView info);
  // RFC 9180 vectors fix the ephemeral key; for tests.
  static Result<HpkeSender> create_with(const KemPublicKey& recipient, BytesView info, const KemPrivateKey& ephemeral);

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
  static Result<HpkeReceiver> create(const KemPrivateKey& key, BytesView enc, BytesView info);
  // Opens what was sealed under `sequence`; any order. unauthenticated when it does not open.
  [[nodiscard]] Result<SecretBytes> open(std::uint64_t sequence, BytesView aad, BytesView ciphertext) const;

 private:
  HpkeReceiver() = default;
  SecretBytes key_;
  SecretBytes base_nonce_;
};

}  // namespace chancery::crypto

// Keys that content keys are wrapped for: DHKEM(P-256, HKDF-SHA256) and DHKEM(X25519, HKDF-SHA256) of RFC 9180 7.1, one
// a suite. Types of their own, so that no key that signs stands where one has to agree, nor the other way round.
#pragma once

#include <memory>

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "crypto/suite.h"

namespace chancery::crypto {

// A public key, checked: a point of P-256 that is not the one at infinity, or a u-coordinate of X25519 below the prime
// that is not of small order. Immutable; safe to share between threads.
class KemPublicKey {
 public:
  // DER SubjectPublicKeyInfo. Ed25519, RSA, other curves, explicit parameters, trailing bytes: malformed.
  static Result<KemPublicKey> from_spki(BytesView der);
  // As raw() gives it: SerializePublicKey of RFC 9180 7.1.1.
  static Result<KemPublicKey> from_raw(Suite suite, BytesView raw);

  [[nodiscard]] Suite suite() const { return suite_; }
  [[nodiscard]] BytesView spki() const { return spki_; }
  // SHA-256 of the DER SubjectPublicKeyInfo: the key id of seal keys.
  [[nodiscard]] Digest id() const;
  // 65 bytes uncompressed point (P-256) or 32 bytes (X25519).
  [[nodiscard]] Bytes raw() const;

 private:
  friend class KemPrivateKey;
  struct Handle;
  KemPublicKey(Suite suite, Bytes spki, std::shared_ptr<const Handle> handle)
      : suite_(suite), spki_(std::move(spki)), handle_(std::move(handle)) {}
  Suite suite_;
  Bytes spki_;
  std::shared_ptr<const Handle> handle_;
};

// Safe to share between threads.
class KemPrivateKey {
 public:
  static Result<KemPrivateKey> generate(Suite suite);
  static Result<KemPrivateKey> from_pem(BytesView pem);  // unencrypted PKCS#8

  [[nodiscard]] Suite suite() const { return public_.suite(); }
  [[nodiscard]] const KemPublicKey& public_key() const { return public_; }
  [[nodiscard]] SecretBytes to_pem() const;
  // DH of RFC 9180 7.1: 32 bytes. malformed for a peer of another suite.
  [[nodiscard]] Result<SecretBytes> agree(const KemPublicKey& peer) const;

 private:
  struct Handle;
  static Result<KemPrivateKey> from_handle(std::shared_ptr<const Handle> handle);
  KemPrivateKey(KemPublicKey pub, std::shared_ptr<const Handle> handle)
      : public_(std::move(pub)), handle_(std::move(handle)) {}
  KemPublicKey public_;
  std::shared_ptr<const Handle> handle_;
};

}  // namespace chancery::crypto

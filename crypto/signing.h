// Keys that sign and keys that verify. ECDSA signatures are DER (as CMS wants them), parsed strictly:
// r and s in [1, n), minimal encoding, nothing behind. Ed25519 signatures are 64 bytes (RFC 8032).
#pragma once

#include <memory>

#include "crypto/bytes.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "crypto/suite.h"

namespace chancery::crypto {

// A public key, checked: on its curve, not the point at infinity; Ed25519 not of small order.
// Immutable; safe to share between threads.
class PublicKey {
 public:
  // DER SubjectPublicKeyInfo. X25519, RSA, other curves, explicit parameters, trailing bytes: malformed.
  static Result<PublicKey> from_spki(BytesView der);

  [[nodiscard]] Suite suite() const { return suite_; }
  [[nodiscard]] BytesView spki() const { return spki_; }
  // SHA-256 of the DER SubjectPublicKeyInfo: the key id of log and witness keys.
  [[nodiscard]] Digest id() const;
  // 65 bytes uncompressed point (P-256) or 32 bytes (Ed25519).
  [[nodiscard]] Bytes raw() const;
  // False for a wrong signature and for any encoding that is not canonical.
  [[nodiscard]] bool verify(BytesView message, BytesView signature) const;

  struct Handle;  // wraps EVP_PKEY; defined in crypto/openssl.h
  [[nodiscard]] const Handle& handle() const { return *handle_; }

 private:
  friend class PrivateKey;
  PublicKey(Suite suite, Bytes spki, std::shared_ptr<const Handle> handle)
      : suite_(suite), spki_(std::move(spki)), handle_(std::move(handle)) {}
  Suite suite_;
  Bytes spki_;
  std::shared_ptr<const Handle> handle_;
};

// The signing key, wherever it lives: a file, or a token. Thread-safe.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual Suite suite() const = 0;
  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  virtual Result<Bytes> sign(BytesView message) = 0;  // unavailable when the key cannot be reached
  // Whether it could be when it was last used; and to try again, where it could not.
  [[nodiscard]] virtual bool reachable() const { return true; }
  virtual void look() {}
};

// A private key in memory, from a PKCS#8 PEM file.
class PrivateKey final : public Signer {
 public:
  static Result<PrivateKey> generate(Suite suite);
  static Result<PrivateKey> from_pem(BytesView pem);
  static Result<PrivateKey> load(const std::string& path);  // through read_secret_file

  [[nodiscard]] Suite suite() const override { return public_.suite(); }
  [[nodiscard]] const PublicKey& public_key() const override { return public_; }
  Result<Bytes> sign(BytesView message) override;

  [[nodiscard]] SecretBytes to_pem() const;

  struct Handle;
  [[nodiscard]] const Handle& handle() const { return *handle_; }

 private:
  static Result<PrivateKey> from_handle(std::shared_ptr<const Handle> handle);
  PrivateKey(PublicKey pub, std::shared_ptr<const Handle> handle)
      : public_(std::move(pub)), handle_(std::move(handle)) {}
  PublicKey public_;
  std::shared_ptr<const Handle> handle_;
};

}  // namespace chancery::crypto

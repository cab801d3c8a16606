// X.509 certificates as carriers of keys. Trust comes from the designation that pins the leaf, not from
// a chain; the anchor still issues its leaves, so that plain `openssl verify` follows.
#pragma once

#include "crypto/instant.h"
#include "crypto/signing.h"

namespace chancery::crypto {

// The DER of the first certificate of a PEM text, not looked into. malformed when there is none.
Result<Bytes> certificate_der(std::string_view pem);

class Certificate {
 public:
  static Result<Certificate> from_der(BytesView der);         // one certificate, nothing behind it
  static Result<Certificate> from_pem(std::string_view pem);  // the first certificate of the text

  // SHA-256 of the DER: the key id of anchor, tls, sign and evidence keys.
  [[nodiscard]] Digest id() const;
  [[nodiscard]] BytesView der() const { return der_; }
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] const PublicKey& public_key() const { return key_; }
  [[nodiscard]] Instant not_before() const { return not_before_; }
  [[nodiscard]] Instant not_after() const { return not_after_; }
  [[nodiscard]] const std::string& common_name() const { return common_name_; }
  [[nodiscard]] bool is_ca() const { return is_ca_; }
  // Serial number, big-endian without leading zeros.
  [[nodiscard]] const Bytes& serial() const { return serial_; }
  // True when `issuer` signed this certificate (names match, signature verifies).
  [[nodiscard]] bool issued_by(const Certificate& issuer) const;

 private:
  Certificate(Bytes der, PublicKey key) : der_(std::move(der)), key_(std::move(key)) {}
  Bytes der_;
  PublicKey key_;
  Instant not_before_;
  Instant not_after_;
  std::string common_name_;
  Bytes serial_;
  bool is_ca_ = false;
};

enum class CertificateUse { anchor, tls, sign, evidence, user };

struct CertificateRequest {
  std::string common_name;  // shown to people; never used to decide
  CertificateUse use;
  Instant not_before;
  Instant not_after;
};

// Self-signed when issuer_certificate is null (anchors and users).
Result<Certificate> issue_certificate(const CertificateRequest& request, const PublicKey& subject,
                                      PrivateKey& issuer_key, const Certificate* issuer_certificate);

}  // namespace chancery::crypto

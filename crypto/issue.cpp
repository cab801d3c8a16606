// Writing certificates: profiles of RFC 5280 for the five uses.
#include <algorithm>

#include "crypto/certificate.h"
#include "crypto/openssl.h"
#include "crypto/random.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kMaxCommonName = 64;  // ub-common-name, RFC 5280 A.1

struct Profile {
  const char* basic_constraints;
  const char* key_usage;
  const char* extended_key_usage;  // null: none
  bool self_signed;                // may stand without an issuer
  bool dns_names;
};

Profile profile_of(CertificateUse use) {
  switch (use) {
    case CertificateUse::anchor:
      return {"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", nullptr, true, false};
    case CertificateUse::tls:
      return {"critical,CA:FALSE", "critical,digitalSignature", "serverAuth,clientAuth", false, true};
    case CertificateUse::sign:
    case CertificateUse::evidence:
      return {"critical,CA:FALSE", "critical,digitalSignature,nonRepudiation", nullptr, false, false};
    case CertificateUse::user:
      return {"critical,CA:FALSE", "critical,digitalSignature", "clientAuth", true, false};
  }
  bug("certificate for no use");
}

bool is_dns_label(std::string_view name) {
  return !name.empty() && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool set_serial(X509* x509) {
  auto serial = SystemRandom().bytes(16);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3fU) | 0x40U);  // positive, and always 16 bytes
  const BignumPtr number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr;
}

bool set_subject(X509* x509, const std::string& common_name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(x509), NID_commonName, MBSTRING_UTF8,
                                    as_bytes(common_name).data(), static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool set_time(ASN1_TIME* time, Instant instant) {
  return ASN1_TIME_set(time, static_cast<time_t>(instant.ms / 1000)) != nullptr;
}

// `value` in the words of x509v3_config(5).
bool add_extension(X509* x509, X509V3_CTX* context, int kind, const std::string& value) {
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, context, kind, value.c_str()));
  return extension && X509_add_ext(x509, extension.get(), -1) == 1;
}

bool add_extensions(X509* x509, X509* issuer, const Profile& profile, const std::string& common_name) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  return add_extension(x509, &context, NID_basic_constraints, profile.basic_constraints) &&
         add_extension(x509, &context, NID_key_usage, profile.key_usage) &&
         (profile.extended_key_usage == nullptr ||
          add_extension(x509, &context, NID_ext_key_usage, profile.extended_key_usage)) &&
         add_extension(x509, &context, NID_subject_key_identifier, "hash") &&
         // After our own identifier, which a self-signed certificate repeats here.
         add_extension(x509, &context, NID_authority_key_identifier, "keyid") &&
         (!profile.dns_names ||
          add_extension(x509, &context, NID_subject_alt_name, "DNS:" + common_name + ",DNS:localhost"));
}

Result<void> check(const CertificateRequest& request, const Profile& profile, const PublicKey& subject,
                   const PrivateKey& issuer_key, const Certificate* issuer) {
  if (request.common_name.empty() || request.common_name.size() > kMaxCommonName)
    return fail(Errc::malformed, "certificate: common name must have 1 to 64 bytes");
  if (profile.dns_names && !is_dns_label(request.common_name))
    return fail(Errc::malformed, "certificate: a tls name must be [a-z0-9-]");
  if (request.not_before >= request.not_after) return fail(Errc::malformed, "certificate: ends before it begins");
  if (issuer == nullptr && !profile.self_signed) return fail(Errc::malformed, "certificate: needs an issuer");
  const auto expected = issuer == nullptr ? subject.spki() : issuer->public_key().spki();
  if (!std::ranges::equal(issuer_key.public_key().spki(), expected))
    return fail(Errc::malformed, "certificate: signed by another key than the issuer's");
  if (issuer != nullptr && !issuer->is_ca()) return fail(Errc::malformed, "certificate: issuer is no CA");
  return {};
}

bool fill(X509* x509, X509* issuer, const CertificateRequest& request, const PublicKey& subject) {
  return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) && set_subject(x509, request.common_name) &&
         set_time(X509_getm_notBefore(x509), request.not_before) &&
         set_time(X509_getm_notAfter(x509), request.not_after) &&
         X509_set_pubkey(x509, subject.handle().key.get()) == 1 &&
         X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 &&
         add_extensions(x509, issuer, profile_of(request.use), request.common_name);
}

}  // namespace

Result<Certificate> issue_certificate(const CertificateRequest& request, const PublicKey& subject,
                                      PrivateKey& issuer_key, const Certificate* issuer_certificate) {
  CHECK_OK(check(request, profile_of(request.use), subject, issuer_key, issuer_certificate));
  const QuietErrors quiet;
  const X509Ptr x509(X509_new());
  X509Ptr issuer;
  if (issuer_certificate != nullptr) {
    const unsigned char* at = issuer_certificate->der().data();
    issuer.reset(d2i_X509(nullptr, &at, static_cast<long>(issuer_certificate->der().size())));
  }
  const auto* digest = issuer_key.suite() == Suite::p256 ? EVP_sha256() : nullptr;
  if (!fill(x509.get(), issuer ? issuer.get() : x509.get(), request, subject) ||
      X509_sign(x509.get(), issuer_key.handle().key.get(), digest) <= 0)
    return fail(Errc::internal, "certificate: cannot be written");
  return Certificate::from_der(der_of<X509>(i2d_X509, x509.get()));
}

}  // namespace chancery::crypto

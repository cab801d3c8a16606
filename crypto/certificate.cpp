#include "crypto/certificate.h"

#include <ctime>

#include <openssl/pem.h>

#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kMaxCertificate = 16 * 1024;
constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----\n";
constexpr std::string_view kPemEnd = "-----END CERTIFICATE-----";

X509Ptr parse(BytesView der) {
  const unsigned char* at = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(certificate) : nullptr;
}

// Signed by one of our suites, the digest included.
bool is_of_our_suites(const X509* certificate) {
  const int algorithm = X509_get_signature_nid(certificate);
  return algorithm == NID_ecdsa_with_SHA256 || algorithm == NID_ED25519;
}

Result<Instant> instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return fail(Errc::malformed, "certificate: time");
  return Instant{static_cast<std::int64_t>(::timegm(&parts)) * 1000};
}

std::string common_name_of(const X509* certificate) {
  const auto* name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return out;
}

}  // namespace

Result<Certificate> Certificate::from_der(BytesView der) {
  if (der.size() > kMaxCertificate) return fail(Errc::malformed, "certificate: too long");
  const QuietErrors quiet;
  const auto x509 = parse(der);
  if (!x509) return fail(Errc::malformed, "certificate: not one X.509 certificate");
  // What another encoder would write differently has two ids for one certificate.
  if (der_of<X509>(i2d_X509, x509.get()) != Bytes(der.begin(), der.end()))
    return fail(Errc::malformed, "certificate: not DER");
  if (X509_get_version(x509.get()) != X509_VERSION_3) return fail(Errc::malformed, "certificate: not version 3");
  auto key = TRY(PublicKey::from_spki(der_of<X509_PUBKEY>(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(x509.get()))));
  Certificate certificate(Bytes(der.begin(), der.end()), std::move(key));
  certificate.not_before_ = TRY(instant_of(X509_get0_notBefore(x509.get())));
  certificate.not_after_ = TRY(instant_of(X509_get0_notAfter(x509.get())));
  certificate.common_name_ = common_name_of(x509.get());
  certificate.serial_ = serial_of(X509_get0_serialNumber(x509.get()));
  certificate.is_ca_ = X509_check_ca(x509.get()) == 1;
  return certificate;
}

Result<Bytes> certificate_der(std::string_view pem) {
  constexpr std::size_t max_pem = 256 * 1024;
  if (pem.size() > max_pem) return fail(Errc::malformed, "certificate: PEM too long");
  const QuietErrors quiet;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char* raw_name = nullptr;
  char* raw_header = nullptr;
  unsigned char* raw_data = nullptr;
  long size = 0;
  while (PEM_read_bio(bio.get(), &raw_name, &raw_header, &raw_data, &size) == 1) {
    const auto free_memory = [](void* memory) { OPENSSL_free(memory); };
    const std::unique_ptr<char, decltype(free_memory)> name(raw_name, free_memory);
    const std::unique_ptr<char, decltype(free_memory)> header(raw_header, free_memory);
    const std::unique_ptr<unsigned char, decltype(free_memory)> data(raw_data, free_memory);
    if (std::string_view(name.get()) == PEM_STRING_X509) return Bytes(data.get(), data.get() + size);
  }
  return fail(Errc::malformed, "certificate: no PEM certificate in this text");
}

Result<Certificate> Certificate::from_pem(std::string_view pem) { return from_der(TRY(certificate_der(pem))); }

Digest Certificate::id() const { return sha256(der_); }

std::string Certificate::pem() const {
  constexpr std::size_t line = 64;
  const auto text = to_base64(der_);
  std::string out(kPemBegin);
  for (std::size_t at = 0; at < text.size(); at += line) out.append(text, at, line).push_back('\n');
  return out.append(kPemEnd).append("\n");
}

bool Certificate::issued_by(const Certificate& issuer) const {
  const QuietErrors quiet;
  const auto own = parse(der_);
  const auto above = parse(issuer.der_);
  return own && above && is_of_our_suites(own.get()) &&
         X509_NAME_cmp(X509_get_issuer_name(own.get()), X509_get_subject_name(above.get())) == 0 &&
         X509_verify(own.get(), issuer.key_.handle().key.get()) == 1;
}

}  // namespace chancery::crypto

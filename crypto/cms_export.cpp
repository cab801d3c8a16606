#include "crypto/cms_export.h"

#include "crypto/der.h"
#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

struct Algorithms {
  Bytes digest;
  Bytes signature;
};

Algorithms algorithms_of(Suite suite) {
  switch (suite) {
    case Suite::p256:
      return {der::sequence({der::oid("2.16.840.1.101.3.4.2.1")}), der::sequence({der::oid("1.2.840.10045.4.3.2")})};
    case Suite::ed25519:
      return {der::sequence({der::oid("2.16.840.1.101.3.4.2.3")}), der::sequence({der::oid("1.3.101.112")})};
  }
  bug("cms: no suite");
}

// IssuerAndSerialNumber
Result<Bytes> signer_identifier(const Certificate& certificate) {
  const QuietErrors quiet;
  const unsigned char* at = certificate.der().data();
  const X509Ptr x509(d2i_X509(nullptr, &at, static_cast<long>(certificate.der().size())));
  if (!x509) return fail(Errc::malformed, "cms: certificate");
  return der::sequence({der_of<X509_NAME>(i2d_X509_NAME, X509_get_issuer_name(x509.get())),
                        der_of<ASN1_INTEGER>(i2d_ASN1_INTEGER, X509_get0_serialNumber(x509.get()))});
}

// What was signed as a SET stands in the file under [0]; only the tag differs (RFC 5652 5.4).
Bytes tagged_attributes(const BatchSignature& signature) {
  auto attributes = signed_attributes(signature);
  attributes.front() = der::kContext0;
  return attributes;
}

}  // namespace

Result<Bytes> export_cms(const BatchSignature& signature, const Certificate& certificate, const Certificate& anchor) {
  if (signature.key_id != certificate.id()) return fail(Errc::malformed, "cms: not the signing certificate");
  const auto algorithms = algorithms_of(signature.suite);
  const auto identifier = TRY(signer_identifier(certificate));
  const auto signer_info =
      der::sequence({der::small_integer(1), identifier, algorithms.digest, tagged_attributes(signature),
                     algorithms.signature, der::element(der::kOctetString, signature.signature)});
  const auto statement = der::element(der::kOctetString, as_bytes(signature.statement));
  const auto content = der::sequence({der::oid(kStatementContentType), der::element(der::kContext0, statement)});
  std::vector<Bytes> certificates{Bytes(certificate.der().begin(), certificate.der().end())};
  if (anchor.id() != certificate.id()) certificates.emplace_back(anchor.der().begin(), anchor.der().end());
  // RFC 5652 5.1: version 3, for the content is not id-data.
  const auto signed_data =
      der::sequence({der::small_integer(3), der::set_of({algorithms.digest}), content,
                     der::set_of(std::move(certificates), der::kContext0), der::set_of({signer_info})});
  return der::sequence({der::oid("1.2.840.113549.1.7.2"), der::element(der::kContext0, signed_data)});
}

}  // namespace chancery::crypto

#include "crypto/revocation_list.h"

#include <ctime>

#include <openssl/pem.h>

#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

constexpr std::string_view kAnyBegin = "-----BEGIN ";
constexpr std::string_view kListBegin = "-----BEGIN X509 CRL-----";
constexpr std::string_view kListEnd = "-----END X509 CRL-----";

using ListPtr = Owned<X509_CRL, X509_CRL_free>;

ListPtr parse_list(BytesView der) {
  const unsigned char* at = der.data();
  ListPtr list(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(list) : nullptr;
}

Result<Instant> list_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return fail(Errc::malformed, "revocation list: time");
  return Instant{static_cast<std::int64_t>(::timegm(&parts)) * 1000};
}

// Lists for some certificates or some reasons only, and changes to another list, are marked by critical extensions.
bool is_complete(const X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i)
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) != 0) return false;
  return true;
}

// RFC 5280 section 5.3: a list with a critical entry extension that is not understood must not be used.
bool is_understood(const X509_REVOKED* revoked) {
  for (int i = 0; i < X509_REVOKED_get_ext_count(revoked); ++i) {
    auto* extension = X509_REVOKED_get_ext(revoked, i);
    const int what = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) != 0 && what != NID_crl_reason && what != NID_invalidity_date)
      return false;
  }
  return true;
}

// Null: it has none. malformed: two, or not of this kind.
template <class Value>
Result<Value*> extension_of(const X509_REVOKED* revoked, int what) {
  constexpr int kNone = -1;
  int critical = 0;
  auto* value = static_cast<Value*>(X509_REVOKED_get_ext_d2i(revoked, what, &critical, nullptr));
  if (value == nullptr && critical != kNone) return fail(Errc::malformed, "revocation list: an entry's extension");
  return value;
}

Result<RevocationList::Entry> entry_of(const X509_REVOKED* revoked) {
  if (!is_understood(revoked)) return fail(Errc::malformed, "revocation list: an entry is not understood");
  RevocationList::Entry entry{TRY(list_time(X509_REVOKED_get0_revocationDate(revoked)))};
  const Owned<ASN1_ENUMERATED, ASN1_ENUMERATED_free> reason(
      TRY(extension_of<ASN1_ENUMERATED>(revoked, NID_crl_reason)));
  const long code = reason ? ASN1_ENUMERATED_get(reason.get()) : CRL_REASON_UNSPECIFIED;
  entry.compromised =
      code == CRL_REASON_KEY_COMPROMISE || code == CRL_REASON_CA_COMPROMISE || code == CRL_REASON_AA_COMPROMISE;
  entry.hold = code == CRL_REASON_CERTIFICATE_HOLD;
  const Owned<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free> invalid(
      TRY(extension_of<ASN1_GENERALIZEDTIME>(revoked, NID_invalidity_date)));
  if (invalid) entry.since = std::min(entry.since, TRY(list_time(invalid.get())));
  return entry;
}

// Text may stand before it, as `openssl crl -text` writes it; PEM_read_bio would pass over what stands behind it, and
// over other things before it.
bool is_one_pem(std::string_view text) {
  const auto begin = text.find(kAnyBegin);
  const auto end = text.find(kListEnd, begin);
  return begin == text.find(kListBegin) && end != std::string_view::npos &&
         text.find_first_not_of(" \t\r\n", end + kListEnd.size()) == std::string_view::npos;
}

Result<Bytes> der_of_pem(BytesView bytes) {
  if (!is_one_pem(as_text(bytes)))
    return fail(Errc::malformed, "revocation list: the file holds more than one list, or something else besides");
  const BioPtr bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  const ListPtr list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
  if (!list) return fail(Errc::malformed, "revocation list: PEM");
  return der_of<X509_CRL>(i2d_X509_CRL, list.get());
}

}  // namespace

Result<RevocationList> RevocationList::from_der(BytesView der) {
  if (der.size() > kMaxDer) return fail(Errc::malformed, "revocation list: longer than 1 MiB in DER");
  const QuietErrors quiet;
  const auto parsed = parse_list(der);
  if (!parsed) return fail(Errc::malformed, "revocation list: not one X.509 list");
  if (!is_complete(parsed.get())) return fail(Errc::malformed, "revocation list: for some certificates only");
  RevocationList list(der);
  list.this_update_ = TRY(list_time(X509_CRL_get0_lastUpdate(parsed.get())));
  list.next_update_ = TRY(list_time(X509_CRL_get0_nextUpdate(parsed.get())));
  const auto* revoked = X509_CRL_get_REVOKED(parsed.get());
  for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
    const auto* one = sk_X509_REVOKED_value(revoked, i);
    list.entries_.insert_or_assign(serial_of(X509_REVOKED_get0_serialNumber(one)), TRY(entry_of(one)));
  }
  return list;
}

Result<RevocationList> RevocationList::from_file(BytesView bytes) {
  if (bytes.size() > kMaxFile) return fail(Errc::malformed, "revocation list: a file longer than 2 MiB");
  const QuietErrors quiet;
  if (as_text(bytes).find(kListBegin) == std::string_view::npos) return from_der(bytes);
  return from_der(TRY(der_of_pem(bytes)));
}

bool RevocationList::issued_by(const Certificate& anchor) const {
  const QuietErrors quiet;
  const auto list = parse_list(der_);
  const unsigned char* at = anchor.der().data();
  const X509Ptr issuer(d2i_X509(nullptr, &at, static_cast<long>(anchor.der().size())));
  if (!list || !issuer || (X509_get_key_usage(issuer.get()) & KU_CRL_SIGN) == 0) return false;
  const int algorithm = X509_CRL_get_signature_nid(list.get());
  return (algorithm == NID_ecdsa_with_SHA256 || algorithm == NID_ED25519) &&
         X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(issuer.get())) == 0 &&
         X509_CRL_verify(list.get(), X509_get0_pubkey(issuer.get())) == 1;
}

const RevocationList::Entry* RevocationList::find(const Certificate& certificate) const {
  const auto it = entries_.find(certificate.serial());
  return it == entries_.end() ? nullptr : &it->second;
}

}  // namespace chancery::crypto

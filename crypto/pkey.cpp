#include "crypto/pkey.h"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "crypto/ed25519.h"
#include "crypto/x25519.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kCoordinate = 32;
constexpr std::size_t kRaw25519 = 32;

// SubjectPublicKeyInfo of each is a fixed beginning and the key (RFC 5480 2.1.1 with a named curve and an uncompressed
// point; RFC 8410 4). Anything else is another spelling or another key.
constexpr std::array<std::uint8_t, 27> kP256Spki = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::array<std::uint8_t, 12> kEd25519Spki = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::array<std::uint8_t, 12> kX25519Spki = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                      0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00};

BytesView spki_beginning(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::p256:
      return BytesView(kP256Spki).first(kP256Spki.size() - 1);  // the 04 is the key's
    case KeyAlgorithm::ed25519:
      return kEd25519Spki;
    case KeyAlgorithm::x25519:
      return kX25519Spki;
  }
  bug("key of no algorithm");
}

bool begins_with(BytesView bytes, BytesView prefix, std::size_t rest) {
  return bytes.size() == prefix.size() + rest && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

// fromdata refuses coordinates of p and above and points off the curve.
PkeyPtr p256_from_point(BytesView point) {
  const QuietErrors quiet;
  char group[] = "P-256";
  Bytes copy(point.begin(), point.end());
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                             OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.data(), copy.size()),
                             OSSL_PARAM_construct_end()};
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    return nullptr;
  return PkeyPtr(key);
}

PkeyPtr ed25519_from_raw(BytesView raw) {
  if (!is_acceptable_ed25519_key(raw)) return nullptr;
  return PkeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
}

PkeyPtr x25519_from_raw(BytesView raw) {
  if (!is_acceptable_x25519_key(raw)) return nullptr;
  return PkeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, raw.data(), raw.size()));
}

Result<PublicHalf> half(KeyAlgorithm algorithm, BytesView spki, PkeyPtr key, const char* fault) {
  if (!key) return fail(Errc::malformed, fault);
  return PublicHalf{algorithm, Bytes(spki.begin(), spki.end()), std::move(key)};
}

Result<Bytes> coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return fail(Errc::malformed, "key: no public point");
  const BignumPtr value(raw);
  Bytes out(kCoordinate);
  if (BN_bn2binpad(value.get(), out.data(), static_cast<int>(out.size())) < 0)
    return fail(Errc::malformed, "key: not on P-256");
  return out;
}

Result<Bytes> spki_of_p256(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1 ||
      std::string_view(group.data()) != "prime256v1")
    return fail(Errc::malformed, "key: not on P-256");
  const auto x = TRY(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X));
  const auto y = TRY(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y));
  return concat({kP256Spki, x, y});
}

bool halves_match(EVP_PKEY* key) {
  const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  return context && EVP_PKEY_pairwise_check(context.get()) == 1;
}

// Instead of OpenSSL asking at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

PkeyPtr read_pkcs8(BytesView pem) {
  const QuietErrors quiet;
  using Info = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Info info(PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio.get(), nullptr, no_passphrase, nullptr));
  return PkeyPtr(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
}

}  // namespace

Result<PublicHalf> read_spki(BytesView der) {
  if (begins_with(der, kP256Spki, 2 * kCoordinate))
    return half(KeyAlgorithm::p256, der, p256_from_point(der.subspan(kP256Spki.size() - 1)),
                "key: not a point of P-256");
  if (begins_with(der, kEd25519Spki, kRaw25519))
    return half(KeyAlgorithm::ed25519, der, ed25519_from_raw(der.subspan(kEd25519Spki.size())),
                "key: not a point of Ed25519, or of small order");
  if (begins_with(der, kX25519Spki, kRaw25519))
    return half(KeyAlgorithm::x25519, der, x25519_from_raw(der.subspan(kX25519Spki.size())),
                "key: not a coordinate of X25519, or of small order");
  return fail(Errc::malformed, "key: neither a named-curve uncompressed P-256 nor an Ed25519 nor an X25519 key");
}

BytesView raw_of(KeyAlgorithm algorithm, BytesView spki) { return spki.subspan(spki_beginning(algorithm).size()); }

Result<Bytes> spki_of_raw(KeyAlgorithm algorithm, BytesView raw) {
  const bool p256 = algorithm == KeyAlgorithm::p256;
  if (raw.size() != (p256 ? 1 + 2 * kCoordinate : kRaw25519) || (p256 && raw.front() != kP256Spki.back()))
    return fail(Errc::malformed, p256 ? "key: not an uncompressed point" : "key: not 32 bytes");
  return concat({spki_beginning(algorithm), raw});
}

Result<Bytes> spki_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") == 1) return spki_of_p256(key);
  const bool ed25519 = EVP_PKEY_is_a(key, "ED25519") == 1;
  if (!ed25519 && EVP_PKEY_is_a(key, "X25519") != 1) return fail(Errc::malformed, "key: of no suite of ours");
  Bytes raw(kRaw25519);
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) return fail(Errc::malformed, "key: no public key");
  return spki_of_raw(ed25519 ? KeyAlgorithm::ed25519 : KeyAlgorithm::x25519, raw);
}

Result<PkeyPtr> generate_key(KeyAlgorithm algorithm) {
  const QuietErrors quiet;
  const auto made = [&] {
    switch (algorithm) {
      case KeyAlgorithm::p256:
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      case KeyAlgorithm::ed25519:
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      case KeyAlgorithm::x25519:
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519");
    }
    bug("key of no algorithm");
  };
  PkeyPtr key(made());
  if (!key) return fail(Errc::unavailable, "key: cannot generate");
  return key;
}

Result<PkeyPtr> read_key_pem(BytesView pem) {
  constexpr std::size_t max_size = 16 * 1024;
  if (pem.size() > max_size) return fail(Errc::malformed, "key: too long");
  auto key = read_pkcs8(pem);
  if (!key) return fail(Errc::malformed, "key: not an unencrypted PKCS#8 PEM");
  const QuietErrors quiet;
  CHECK_OK(spki_of(key.get()));
  if (!halves_match(key.get())) return fail(Errc::malformed, "key: its halves do not match");
  return key;
}

SecretBytes write_key_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    bug("key: cannot be written");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return SecretBytes(Bytes(text, text + size));
}

}  // namespace chancery::crypto

#include "crypto/signing.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "crypto/ecdsa.h"
#include "crypto/ed25519.h"
#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kCoordinate = 32;
constexpr std::size_t kEd25519Signature = 64;
constexpr std::size_t kMaxSignature = 72;

// SubjectPublicKeyInfo of either suite is a fixed beginning and the key (RFC 5480 2.1.1 with a named curve and an
// uncompressed point; RFC 8410 4). Anything else is another spelling or another key.
constexpr std::array<std::uint8_t, 27> kP256Spki = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::array<std::uint8_t, 12> kEd25519Spki = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

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

bool verify_p256(EVP_PKEY* key, BytesView message, BytesView signature) {
  if (!is_canonical_p256_signature(signature)) return false;
  const QuietErrors quiet;
  const auto digest = sha256(message);
  const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.value.data(), digest.value.size()) ==
             1;
}

// OpenSSL refuses s of the group's order and above and compares R as encoded (RFC 8032 5.1.7).
bool verify_ed25519(EVP_PKEY* key, BytesView message, BytesView signature) {
  if (signature.size() != kEd25519Signature) return false;
  const QuietErrors quiet;
  const DigestContext context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

Result<Bytes> sign_p256(EVP_PKEY* key, BytesView message) {
  const QuietErrors quiet;
  const auto digest = sha256(message);
  const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  Bytes signature(kMaxSignature);
  std::size_t size = signature.size();
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_sign(context.get(), signature.data(), &size, digest.value.data(), digest.value.size()) != 1)
    return fail(Errc::unavailable, "sign: p256 failed");
  signature.resize(size);
  return signature;
}

Result<Bytes> sign_ed25519(EVP_PKEY* key, BytesView message) {
  const QuietErrors quiet;
  const DigestContext context(EVP_MD_CTX_new());
  Bytes signature(kEd25519Signature);
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
    return fail(Errc::unavailable, "sign: ed25519 failed");
  return signature;
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

// In the one spelling we accept, whatever the key file used.
Result<Bytes> spki_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    std::array<char, 32> group{};
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1 ||
        std::string_view(group.data()) != "prime256v1")
      return fail(Errc::malformed, "key: not on P-256");
    const auto x = TRY(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X));
    const auto y = TRY(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y));
    return concat({kP256Spki, x, y});
  }
  if (EVP_PKEY_is_a(key, "ED25519") != 1) return fail(Errc::malformed, "key: of no suite of ours");
  Bytes raw(32);
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) return fail(Errc::malformed, "key: no public key");
  return concat({kEd25519Spki, raw});
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

Result<PublicKey> PublicKey::from_spki(BytesView der) {
  if (begins_with(der, kP256Spki, 2 * kCoordinate)) {
    auto key = p256_from_point(der.subspan(kP256Spki.size() - 1));
    if (!key) return fail(Errc::malformed, "key: not a point of P-256");
    return PublicKey(Suite::p256, Bytes(der.begin(), der.end()), std::make_shared<Handle>(Handle{std::move(key)}));
  }
  if (begins_with(der, kEd25519Spki, 32)) {
    auto key = ed25519_from_raw(der.subspan(kEd25519Spki.size()));
    if (!key) return fail(Errc::malformed, "key: not a point of Ed25519, or of small order");
    return PublicKey(Suite::ed25519, Bytes(der.begin(), der.end()), std::make_shared<Handle>(Handle{std::move(key)}));
  }
  return fail(Errc::malformed, "key: neither a named-curve uncompressed P-256 nor an Ed25519 key");
}

Result<PublicKey> PublicKey::from_point(BytesView point) {
  if (point.size() != 1 + 2 * kCoordinate || point[0] != kP256Spki.back())
    return fail(Errc::malformed, "key: not an uncompressed point");
  return from_spki(concat({kP256Spki, point.subspan(1)}));
}

Digest PublicKey::id() const { return sha256(spki_); }

Bytes PublicKey::raw() const {
  switch (suite_) {
    case Suite::p256:
      return {spki_.begin() + kP256Spki.size() - 1, spki_.end()};  // with the 04 that says uncompressed
    case Suite::ed25519:
      return {spki_.begin() + kEd25519Spki.size(), spki_.end()};
  }
  bug("public key of no suite");
}

bool PublicKey::verify(BytesView message, BytesView signature) const {
  switch (suite_) {
    case Suite::p256:
      return verify_p256(handle_->key.get(), message, signature);
    case Suite::ed25519:
      return verify_ed25519(handle_->key.get(), message, signature);
  }
  return false;
}

Result<PrivateKey> PrivateKey::from_handle(std::shared_ptr<const Handle> handle) {
  auto pub = TRY(PublicKey::from_spki(TRY(spki_of(handle->key.get()))));
  return PrivateKey(std::move(pub), std::move(handle));
}

Result<PrivateKey> PrivateKey::generate(Suite suite) {
  const QuietErrors quiet;
  PkeyPtr key(suite == Suite::p256 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                   : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return fail(Errc::unavailable, "key: cannot generate");
  return from_handle(std::make_shared<Handle>(Handle{std::move(key)}));
}

Result<PrivateKey> PrivateKey::from_pem(BytesView pem) {
  constexpr std::size_t max_size = 16 * 1024;
  if (pem.size() > max_size) return fail(Errc::malformed, "key: too long");
  auto key = read_pkcs8(pem);
  if (!key) return fail(Errc::malformed, "key: not an unencrypted PKCS#8 PEM");
  const QuietErrors quiet;
  auto loaded = TRY(from_handle(std::make_shared<Handle>(Handle{std::move(key)})));
  if (!halves_match(loaded.handle_->key.get())) return fail(Errc::malformed, "key: its halves do not match");
  return loaded;
}

Result<PrivateKey> PrivateKey::load(const std::string& path) {
  const auto pem = TRY(read_secret_file(path));
  return from_pem(pem.view());
}

Result<Bytes> PrivateKey::sign(BytesView message) {
  switch (suite()) {
    case Suite::p256:
      return sign_p256(handle_->key.get(), message);
    case Suite::ed25519:
      return sign_ed25519(handle_->key.get(), message);
  }
  return fail(Errc::internal, "sign: no suite");
}

SecretBytes PrivateKey::to_pem() const {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), handle_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    bug("key: cannot be written");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return SecretBytes(Bytes(text, text + size));
}

Result<SecretBytes> PrivateKey::agree(const PublicKey& peer) const {
  if (suite() != Suite::p256 || peer.suite() != Suite::p256) return fail(Errc::malformed, "agree: not P-256");
  const QuietErrors quiet;
  const PkeyContext context(EVP_PKEY_CTX_new(handle_->key.get(), nullptr));
  SecretBytes out(kCoordinate);
  std::size_t size = out.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.handle().key.get()) != 1 ||
      EVP_PKEY_derive(context.get(), out.mutable_view().data(), &size) != 1 || size != kCoordinate)
    return fail(Errc::unavailable, "agree: ECDH failed");
  return out;
}

}  // namespace chancery::crypto

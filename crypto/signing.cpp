#include "crypto/signing.h"

#include "crypto/ecdsa.h"
#include "crypto/pkey.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kEd25519Signature = 64;
constexpr std::size_t kMaxSignature = 72;

KeyAlgorithm algorithm_of(Suite suite) {
  switch (suite) {
    case Suite::p256:
      return KeyAlgorithm::p256;
    case Suite::ed25519:
      return KeyAlgorithm::ed25519;
  }
  bug("key of no suite");
}

Result<Suite> suite_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::p256:
      return Suite::p256;
    case KeyAlgorithm::ed25519:
      return Suite::ed25519;
    case KeyAlgorithm::x25519:
      return fail(Errc::malformed, "key: X25519 does not sign");
  }
  bug("key of no algorithm");
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

}  // namespace

Result<PublicKey> PublicKey::from_spki(BytesView der) {
  auto half = TRY(read_spki(der));
  const auto suite = TRY(suite_of(half.algorithm));
  return PublicKey(suite, std::move(half.spki), std::make_shared<Handle>(Handle{std::move(half.key)}));
}

Digest PublicKey::id() const { return sha256(spki_); }

Bytes PublicKey::raw() const {
  const auto raw = raw_of(algorithm_of(suite_), spki_);
  return {raw.begin(), raw.end()};
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
  return from_handle(std::make_shared<Handle>(Handle{TRY(generate_key(algorithm_of(suite)))}));
}

Result<PrivateKey> PrivateKey::from_pem(BytesView pem) {
  return from_handle(std::make_shared<Handle>(Handle{TRY(read_key_pem(pem))}));
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

SecretBytes PrivateKey::to_pem() const { return write_key_pem(handle_->key.get()); }

}  // namespace chancery::crypto

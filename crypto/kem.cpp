#include "crypto/kem.h"

#include "crypto/pkey.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kShared = 32;

KeyAlgorithm kem_algorithm(Suite suite) {
  switch (suite) {
    case Suite::p256:
      return KeyAlgorithm::p256;
    case Suite::ed25519:
      return KeyAlgorithm::x25519;
  }
  bug("kem key of no suite");
}

Result<Suite> kem_suite(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::p256:
      return Suite::p256;
    case KeyAlgorithm::x25519:
      return Suite::ed25519;
    case KeyAlgorithm::ed25519:
      return fail(Errc::malformed, "key: Ed25519 seals nothing");
  }
  bug("key of no algorithm");
}

}  // namespace

struct KemPublicKey::Handle {
  PkeyPtr key;
};

struct KemPrivateKey::Handle {
  PkeyPtr key;
};

Result<KemPublicKey> KemPublicKey::from_spki(BytesView der) {
  auto half = TRY(read_spki(der));
  const auto suite = TRY(kem_suite(half.algorithm));
  return KemPublicKey(suite, std::move(half.spki), std::make_shared<Handle>(Handle{std::move(half.key)}));
}

Result<KemPublicKey> KemPublicKey::from_raw(Suite suite, BytesView raw) {
  return from_spki(TRY(spki_of_raw(kem_algorithm(suite), raw)));
}

Digest KemPublicKey::id() const { return sha256(spki_); }

Bytes KemPublicKey::raw() const {
  const auto raw = raw_of(kem_algorithm(suite_), spki_);
  return {raw.begin(), raw.end()};
}

Result<KemPrivateKey> KemPrivateKey::from_handle(std::shared_ptr<const Handle> handle) {
  auto pub = TRY(KemPublicKey::from_spki(TRY(spki_of(handle->key.get()))));
  return KemPrivateKey(std::move(pub), std::move(handle));
}

Result<KemPrivateKey> KemPrivateKey::generate(Suite suite) {
  return from_handle(std::make_shared<Handle>(Handle{TRY(generate_key(kem_algorithm(suite)))}));
}

Result<KemPrivateKey> KemPrivateKey::from_pem(BytesView pem) {
  return from_handle(std::make_shared<Handle>(Handle{TRY(read_key_pem(pem))}));
}

SecretBytes KemPrivateKey::to_pem() const { return write_key_pem(handle_->key.get()); }

// OpenSSL refuses a shared secret of X25519 that is all zero (RFC 7748 6.1), which no accepted key leads to.
Result<SecretBytes> KemPrivateKey::agree(const KemPublicKey& peer) const {
  if (suite() != peer.suite()) return fail(Errc::malformed, "agree: keys of two suites");
  const QuietErrors quiet;
  const PkeyContext context(EVP_PKEY_CTX_new(handle_->key.get(), nullptr));
  SecretBytes out(kShared);
  std::size_t size = out.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.handle_->key.get()) != 1 ||
      EVP_PKEY_derive(context.get(), out.mutable_view().data(), &size) != 1 || size != kShared)
    return fail(Errc::unavailable, "agree: Diffie-Hellman failed");
  return out;
}

}  // namespace chancery::crypto

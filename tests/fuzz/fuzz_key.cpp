// Public keys and signatures in DER: keys have one spelling; a signature is refused by a key that did not make it.
#include "crypto/ecdsa.h"
#include "crypto/kem.h"
#include "crypto/signing.h"

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::crypto;  // NOLINT(google-build-using-namespace)

// What is taken for a key to wrap for agrees, and has one spelling.
void check_kem(BytesView input) {
  static const auto p256 = KemPrivateKey::generate(Suite::p256).value();
  static const auto x25519 = KemPrivateKey::generate(Suite::ed25519).value();
  const auto key = KemPublicKey::from_spki(input);
  if (!key.has_value()) return;
  if (!std::equal(input.begin(), input.end(), key->spki().begin(), key->spki().end())) __builtin_trap();
  if (!(key->suite() == Suite::p256 ? p256 : x25519).agree(*key).has_value()) __builtin_trap();
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto own = PrivateKey::generate(Suite::p256).value();
  const BytesView input(data, size);
  static_cast<void>(is_canonical_p256_signature(input));
  if (own.public_key().verify(as_bytes("never signed"), input)) __builtin_trap();
  check_kem(input);
  const auto key = PublicKey::from_spki(input);
  if (!key.has_value()) return 0;
  if (!std::equal(input.begin(), input.end(), key.value().spki().begin(), key.value().spki().end())) __builtin_trap();
  static_cast<void>(key.value().verify(input, input));
  return 0;
}

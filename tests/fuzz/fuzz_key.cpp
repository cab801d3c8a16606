// Public keys and signatures in DER: keys have one spelling; a signature is refused by a key that did not make it.
#include "crypto/ecdsa.h"
#include "crypto/signing.h"

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::crypto;  // NOLINT(google-build-using-namespace)

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto own = PrivateKey::generate(Suite::p256).value();
  const BytesView input(data, size);
  static_cast<void>(is_canonical_p256_signature(input));
  if (own.public_key().verify(as_bytes("never signed"), input)) __builtin_trap();
  const auto key = PublicKey::from_spki(input);
  if (!key.has_value()) return 0;
  if (!std::equal(input.begin(), input.end(), key.value().spki().begin(), key.value().spki().end())) __builtin_trap();
  if (key.value().suite() == Suite::p256 && !own.agree(key.value()).has_value()) __builtin_trap();
  static_cast<void>(key.value().verify(input, input));
  return 0;
}

// Keys as OpenSSL holds them, in the one spelling that is accepted of each algorithm. Included by .cpp files of this
// folder only: outside, a key signs (signing.h) or agrees (kem.h).
#pragma once

#include "crypto/openssl.h"

namespace chancery::crypto {

enum class KeyAlgorithm { p256, ed25519, x25519 };

struct PublicHalf {
  KeyAlgorithm algorithm;
  Bytes spki;
  PkeyPtr key;
};

// DER SubjectPublicKeyInfo of one of these algorithms, checked as crypto/README.md says. malformed.
Result<PublicHalf> read_spki(BytesView der);
// The key as it stands at the end of its SubjectPublicKeyInfo; of P-256 with the 04 that says uncompressed.
BytesView raw_of(KeyAlgorithm algorithm, BytesView spki);
// The other way. malformed when it has another size or form.
Result<Bytes> spki_of_raw(KeyAlgorithm algorithm, BytesView raw);
// Of a key that came in any spelling.
Result<Bytes> spki_of(const EVP_PKEY* key);

// A new private key. unavailable.
Result<PkeyPtr> generate_key(KeyAlgorithm algorithm);
// Unencrypted PKCS#8 PEM, up to 16 KiB, whose halves match.
Result<PkeyPtr> read_key_pem(BytesView pem);
SecretBytes write_key_pem(EVP_PKEY* key);

}  // namespace chancery::crypto

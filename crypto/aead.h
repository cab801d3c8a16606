// AES-256-GCM (NIST SP 800-38D) with a 12-byte nonce and the 16-byte tag behind the ciphertext. Whoever calls answers
// for never using a nonce twice under one key.
#pragma once

#include <array>

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace chancery::crypto {

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadTagSize = 16;
using Nonce = std::array<std::uint8_t, 12>;

// A key of another size is our own bug.
Bytes aead_seal(BytesView key, const Nonce& nonce, BytesView aad, BytesView plaintext);
// unauthenticated when it does not open.
Result<SecretBytes> aead_open(BytesView key, const Nonce& nonce, BytesView aad, BytesView ciphertext);

}  // namespace chancery::crypto

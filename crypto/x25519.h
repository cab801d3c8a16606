// Which 32 bytes we take for an X25519 public key (RFC 7748 5); OpenSSL takes any.
#pragma once

#include "crypto/bytes.h"

namespace chancery::crypto {

// True for a u-coordinate below the prime, its unused bit zero, that is not of small order: whatever is agreed with one
// of small order is zero, known to everybody.
bool is_acceptable_x25519_key(BytesView raw);

}  // namespace chancery::crypto

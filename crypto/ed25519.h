// Which 32 bytes we take for an Ed25519 public key (RFC 8032 5.1.3); OpenSSL takes any.
#pragma once

#include "crypto/bytes.h"

namespace chancery::crypto {

// True for the canonical encoding of a point on the curve that is not of small order: a key of small order would let
// one signature hold for many messages.
bool is_acceptable_ed25519_key(BytesView raw);

}  // namespace chancery::crypto

// The one encoding of an ECDSA P-256 signature that we accept.
#pragma once

#include "crypto/bytes.h"

namespace chancery::crypto {

// True for DER SEQUENCE { INTEGER r, INTEGER s } with r and s in [1, n) (FIPS 186-5 6.4.2), minimal encoding
// (X.690 10.1, 8.3.2) and nothing behind. Says nothing about whether the signature is right.
bool is_canonical_p256_signature(BytesView der);

}  // namespace chancery::crypto

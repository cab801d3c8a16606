// Suites: a closed registry of how an authority signs and how one seals to it. A key names exactly one; nothing is
// negotiated inside a message. Ids, roots, key derivation and content encryption are the same in all: SHA-256 and
// AES-256-GCM.
#pragma once

#include <string>
#include <string_view>

#include "crypto/result.h"

namespace chancery::crypto {

enum class Suite {
  p256,     // ECDSA P-256 with SHA-256, DHKEM(P-256); always allowed
  ed25519,  // Ed25519, DHKEM(X25519); log and witness keys, and messages where a crypto policy in force allows it
};

const char* to_string(Suite suite);
Result<Suite> parse_suite(std::string_view name);  // unknown: malformed

}  // namespace chancery::crypto

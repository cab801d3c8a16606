// Signature suites: a closed registry. A key names exactly one suite; nothing is negotiated inside a message.
#pragma once

#include <string>
#include <string_view>

#include "crypto/result.h"

namespace chancery::crypto {

enum class Suite {
  p256,     // ECDSA P-256 with SHA-256; mandatory for every authority
  ed25519,  // log and witness keys only, until a later suite table says otherwise
};

const char* to_string(Suite suite);
Result<Suite> parse_suite(std::string_view name);  // unknown: malformed

}  // namespace chancery::crypto

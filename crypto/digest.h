// SHA-256 and what is built on it (FIPS 180-4, RFC 2104, RFC 5869). Ids, roots, header digests and
// associated data are SHA-256 whatever the signature suite.
#pragma once

#include <array>
#include <compare>

#include "crypto/bytes.h"
#include "crypto/secret.h"

namespace chancery {

// A SHA-256 value. `sha256:<64 hex>` in statements.
struct Digest {
  std::array<std::uint8_t, 32> value{};
  auto operator<=>(const Digest&) const = default;
  [[nodiscard]] BytesView view() const { return value; }
};

std::string to_string(const Digest& digest);         // "sha256:" and 64 lower-case hex digits
Result<Digest> parse_digest(std::string_view text);  // exactly that form
Result<Digest> to_digest(BytesView bytes);           // exactly 32 bytes

}  // namespace chancery

namespace chancery::crypto {

Digest sha256(BytesView data);
Digest sha256(std::initializer_list<BytesView> parts);
Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts);
// RFC 5869. `length` at most 255 * 32; longer is our own bug and ends the process.
SecretBytes hkdf_extract(BytesView salt, BytesView input);
SecretBytes hkdf_expand(BytesView key, BytesView info, std::size_t length);

}  // namespace chancery::crypto

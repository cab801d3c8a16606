// Signed tree heads in C2SP tlog-checkpoint form (c2sp.org/tlog-checkpoint, c2sp.org/signed-note), Ed25519.
#pragma once

#include <optional>

#include "crypto/merkle.h"
#include "crypto/signing.h"

namespace chancery::crypto {

struct Checkpoint {
  std::string origin;  // "chancery/<authority>/<epoch>"
  TreeSize size;
  Digest root;
  std::optional<Digest> map_root;  // extension line "map sha256:<hex>"; absent in a checkpoint that is not published
  bool operator==(const Checkpoint&) const = default;

  [[nodiscard]] std::string to_text() const;  // the signed text, ending in LF
  static Result<Checkpoint> parse(std::string_view text);
};

// The whole note: text, empty line, signature line.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, Signer& log_key);
// Verifies first, parses after. unauthenticated when no signature line of this key verifies.
Result<Checkpoint> open_checkpoint(std::string_view note, const PublicKey& log_key);

}  // namespace chancery::crypto

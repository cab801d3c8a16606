// Idempotency keys of drafts that were sent, beside contexts.toml in `sends/`: the same draft sent again goes under the
// same key, so that an unknown outcome or a second press of the key never makes a second message.
#pragma once

#include <string>

#include "client/fault.h"
#include "crypto/instant.h"
#include "crypto/random.h"

namespace chancery::client {

// How long the daemon remembers a key (protocol section 6).
inline constexpr Duration kKeyLife = days(7);

class SentKeys {
 public:
  explicit SentKeys(std::string folder) : folder_(std::move(folder)) {}

  // The key kept for this content, or a new one, kept before it is used. Older than seven days, or with `again`: a new
  // one. `content` is whatever tells one sending from another: who, to which daemon, what.
  [[nodiscard]] Outcome<std::string> key_for(std::string_view content, bool again, Instant now,
                                             crypto::RandomSource& random) const;

 private:
  std::string folder_;
};

}  // namespace chancery::client

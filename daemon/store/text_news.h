// What a group of acts did to the texts held, in short, so that the index of quotations need not read back from the
// encrypted file what it would pass over. No more than a shorter way to what the rows say: where it does not tell, they
// are read.
#pragma once

#include <optional>

#include "crypto/digest.h"
#include "daemon/core/message.h"

namespace chancery::store {

struct TextNews {
  // The messages recorded last of which none is restricted: by this agreement data, the ordinals after the first and up
  // to the second, the id of that one. After a start nothing is known of any.
  Digest under;
  std::uint64_t after = 0;
  std::uint64_t up_to = 0;  // the newest of all, restricted or not; 0: not known
  core::MessageId id;
  std::uint64_t changes = 0;  // of texts recorded before, since the start

  // One more. `open_under`: the agreement data by which nothing in it is restricted; nothing where it is, or nobody
  // looked.
  void recorded(std::uint64_t ordinal, const core::MessageId& message, const std::optional<Digest>& open_under) {
    const bool goes_on = open_under && *open_under == under && ordinal == up_to + 1;
    if (!goes_on) after = open_under ? ordinal - 1 : ordinal;
    if (open_under) under = *open_under;
    up_to = ordinal;
    id = message;
  }
};

}  // namespace chancery::store

// What ends the use of copies held here: a grant was revoked, something should never have been sent (protocol section
// 8). Locked first, answered second; what we passed on is taken back by a message of our own, owed in the same act.
#pragma once

#include "daemon/service/copies.h"

namespace chancery::service {

// A statement that ends the use of copies, as the one or the other side of it sees it.
struct Ending {
  core::MessageId id;     // of the statement that says so
  core::Message message;  // the statement
  Digest digest;
  std::string actor;  // as in a journal entry
};

// A revocation, a recall or the notice of a spill was taken in, or released by us: locks what it ends, and what was
// made of it (of a revocation by us, of a spill by anybody); on the word of who wrote it, heard from him or beside a
// recall, a spilled text is erased at once. Whether somebody is to hear of it.
Result<bool> end_use(const Node& node, store::Transaction& tx, const Ending& ending);

// A message was taken in, or came again inside a forward: what has been said about it, or what it is made of, before
// counts now, and an
// original that is locked or erased is free again when the forward it came in now is.
Result<bool> settle_arrival(const Node& node, store::Transaction& tx, const core::MessageId& id,
                            const core::Message& message, const std::optional<core::MessageId>& original,
                            const std::string& actor);

}  // namespace chancery::service

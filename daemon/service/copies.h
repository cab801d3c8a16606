// What is done to the copies held here when their text may no longer be used: a grant was revoked, something should
// never have been sent, or we decide to erase (protocol section 8). Each is part of the act that decides it: locked
// first, answered second, and what we passed on is taken back by a message of our own, owed in the same act.
#pragma once

#include "daemon/service/reports.h"

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
                            const std::optional<core::MessageId>& original, const std::string& actor);

// Erases a copy, with the original it carries unless that is ours by another right, what we made of it where that is
// locked, and the drafts that use it; tells every provider that is to know. Returns what was erased.
Result<std::vector<core::MessageId>> erase_copy(const Node& node, store::Transaction& tx, const core::MessageId& id,
                                                const std::string& actor);

// Tells those whose decision locked the copy, and those by whose permit it came, what became of it. Whether there is
// one.
Result<bool> report_copy(const Node& node, store::Transaction& tx, const core::MessageId& id, core::CopyState state,
                         const std::string& ground);

// Whether what locks it is the notice of a spill.
Result<bool> is_spilled(store::Transaction& tx, const core::MessageId& id);

// Why a text is not to be shown or used; nothing when it may be.
Result<std::optional<core::ReasonCode>> why_shut(store::Transaction& tx, const core::MessageId& id);
// Why nothing is made, made public or sent again of what this message names: of a copy whose permission was revoked, or
// that is erased.
Result<std::optional<core::ReasonCode>> why_unusable(store::Transaction& tx, const core::Message& message);

}  // namespace chancery::service

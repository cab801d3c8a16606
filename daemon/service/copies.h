// The copies held here: how far a decision about one reaches, and what becomes of it when its text may no longer be
// used (protocol section 8). Everything is part of the act that decides it; what decides is in ending.h.
#pragma once

#include <set>

#include "daemon/service/held_sources.h"
#include "daemon/service/reports.h"

namespace chancery::service {

// Why copies are locked: a revocation or the notice of a spill, heard from who decided or beside a recall.
struct Decided {
  core::MessageId lock;  // what they are locked by: the grant that was revoked, or the statement we heard it from
  core::MessageId id;
  core::Message message;
  std::optional<core::MessageId> spilled = {};  // none: a revocation
};

// By a revocation or a notice; `lock` as above.
Decided decided(const core::MessageId& lock, const core::MessageId& id, const core::Message& message);
// The revocation or notice a recall names: held, or beside it. Nothing where neither is so.
Result<std::optional<Decided>> decided_by_recall(store::Transaction& tx, const core::MessageId& recall,
                                                 const core::MessageId& id);

using Ids = std::set<core::MessageId>;
// This message and what it is made of.
Result<HeldSources> made_from(store::Transaction& tx, const core::MessageId& id);
// What a lock follows from a text to what was made of it. What others made of something that is revoked came to us by a
// permission of its own, or is taken back by who made it; a spill is one wherever it stands.
enum class Follow { own_works, all_works };

// What was made of this text, whoever made it, in any number of steps; also where it, or what stands between, was never
// held. Held here all of them.
Result<Ids> works_of(store::Transaction& tx, const core::MessageId& id);

// These, the originals they carry unless other forwards that are not locked bring all that is held of them, and what
// was made of them.
Result<Ids> closure(store::Transaction& tx, const Ids& from, Follow follow);

// These, and the originals they carry on the same condition; nothing that was made of those.
Result<Ids> with_originals(store::Transaction& tx, const Ids& copies);

// Whether the forwards that are not locked, this one among them, bring all that is held of what it carries.
Result<bool> is_all_brought(store::Transaction& tx, const core::MessageId& forward);

// Erases these copies and no others, and the drafts that use them. Returns what was erased now; `entry` says by whom.
Result<std::vector<core::MessageId>> erase_copies(const Node& node, store::Transaction& tx, const Ids& copies,
                                                  core::JournalEntry entry);
// Tells of each, where it came to us, whether it is locked or erased. Whether somebody is to hear of it.
Result<bool> report_copies(const Node& node, store::Transaction& tx, const Ids& ids);

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
// Why nothing is made, made public, permitted or sent again of what this message names: of a copy whose permission was
// revoked, or that is erased.
Result<std::optional<core::ReasonCode>> why_unusable(store::Transaction& tx, const core::Message& message);

}  // namespace chancery::service

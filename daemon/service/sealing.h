// The sealing act: from a draft to a signed, sealed, dispatched message, on the writer's thread (protocol sections 2
// and 3). Preview composes by the same functions.
#pragma once

#include "daemon/service/consents.h"
#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"
#include "daemon/wire/draft.h"

namespace chancery::service {

// A draft as it would be signed.
struct Composed {
  core::Message message;
  Digest plan;
  core::Decision decision;  // of the gate, and of what stands beside it
  bool needs_approval = false;
  bool wraps_original = false;           // of a forward: we wrap its key for those its originator did not write to
  std::set<std::string> by_permit = {};  // recipients that get it by permits of its providers
  std::vector<core::Label> handling{};   // of its sources, as they are handled here
  std::vector<core::RuleFinding> beside = {};  // what is looked at here beside the rules of core
  bool restricted = true;
};

// What the rules look at: the sources of a draft, and what its facts name.
std::vector<core::MessageId> needed_ids(const core::Draft& draft);

// A draft at rest, under the storage key.
Bytes seal_draft(const Node& node, const core::Draft& draft, crypto::RandomSource& random);
Result<core::Draft> open_draft(const Node& node, BytesView sealed);

// The parts that open what this officer uploaded, or anybody where none is named. `node` outlives it.
wire::ResolveAttachment uploaded(const Node& node, const std::string& officer);

// The parts of a message that are held here, in order, opened with the keys we keep, all commitments checked.
Result<std::vector<Bytes>> open_held(const Node& node, const store::MessageRecord& record,
                                     const core::Message& message);

// Composes and decides at world.now. `quotes`: what a look at the draft found; nothing for what no person wrote.
Result<Composed> compose(const core::World& world, const core::Draft& draft, const HeldSources& sources,
                         const StatementsAbout& about, const core::Quotes& quotes);

// What nothing may be made of: which of its sources, and of what it permits or makes public, are locked or erased here.
// The act of a release asks the same in its transaction.
Result<core::Decision> shut_sources(const Node& node, const core::Message& message, const HeldSources& sources);

// Who would receive it, what each may do with it, who would not; and every rule with what it came to, what is shut here
// among them.
Result<wire::Preview> preview_of(const Node& node, const core::World& world, const Composed& composed,
                                 const HeldSources& sources);

// Messages to one peer that may wait for permits at a time: they have their numbers, and what is numbered after them
// must not wait for a provider that is away (protocol section 5).
inline constexpr std::uint64_t kMaxAwaitingPermits = 256;

// Likewise messages that wait for permits or for their attachments, before another with attachments is released. With
// those that wait for permits alone they stay below what may be announced and not answered: the others always pass.
inline constexpr std::uint64_t kMaxAwaitingAttachments = 384;

// Seals, signs, records and dispatches what was composed at tx.now(); 1 + recipients leaves. `entry` is that of the
// act; message and content are filled in. Errors: unavailable when a key is missing that the gate would have asked for.
Result<wire::Accepted> seal(const Node& node, store::Transaction& tx, const core::Draft& draft,
                            const Composed& composed, const HeldSources& sources, core::JournalEntry entry);

}  // namespace chancery::service

// Drafts: what an officer wrote, as Desk carries it and as the rules see it.
//
// Everything a caller writes is checked here: forms, sizes (64 recipients, 1 MiB of parts, 64 KiB of statement lines)
// and text. Errors: malformed, with the field's name before the colon; not_found and conflict (several match) from
// names of messages that do not resolve, with the name.
#pragma once

#include <functional>

#include "daemon/core/draft.h"

namespace chancery::v1 {
class Draft;
}

namespace chancery::wire {

// Finds a message by id, prefix or registry number.
using Resolve = std::function<Result<core::MessageId>(std::string_view name)>;

// The part that opens an uploaded attachment, and the leaf hashes of its plaintext.
struct Uploaded {
  Bytes part;
  std::vector<Digest> chunks;
};
// Finds one by its root; not_found where this caller has uploaded none.
using ResolveAttachment = std::function<Result<Uploaded>(const Digest& root)>;
Result<Uploaded> no_attachment(const Digest& root);

// Lists come out sorted without duplicates; parts are the texts sorted by language, then all indicators as one part,
// then the notes and the attachments as they stand. `fact wrap` is the daemon's own and refused. Total: never throws.
Result<core::Draft> to_draft(const v1::Draft& message, const Resolve& resolve,
                             const ResolveAttachment& attachment = no_attachment);
// Full ids in place of names; of attachments what they are, without their keys.
void to_proto(const core::Draft& draft, v1::Draft& message);

// The same through bytes: what is digested for idempotency, and what is kept of a draft that waits for approval.
Bytes carried_bytes(const v1::Draft& message);
Result<core::Draft> decode_draft(BytesView bytes, const Resolve& resolve,
                                 const ResolveAttachment& attachment = no_attachment);
Bytes encode_draft(const core::Draft& draft);

// Resolves only full ids: for drafts that were resolved when they were kept.
Result<core::MessageId> full_id(std::string_view name);

// SHA-256 of each part, for the plan.
std::vector<Digest> part_digests(const core::Draft& draft);

}  // namespace chancery::wire

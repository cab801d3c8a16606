// Permits on the provider's side: what is permitted, and what is heard of it (protocol section 8).
#pragma once

#include "daemon/service/carried.h"
#include "daemon/service/outcome.h"

namespace chancery::service {

class Quota;

// The content key of an original of ours, or the keys of these parts alone, wrapped for somebody it was not written to.
// For one step: id of grant and carrier; for a detached grant: digest of its terms, and nothing.
Result<Bytes> rewrap(const Node& node, const store::MessageRecord& original, const core::Extent& extent,
                     const core::SealKey& key, BytesView grant, BytesView carrier);

struct Issued {
  std::optional<store::LeafRef> leaf;  // signed now; else `record` was signed before
  store::PermitRecord record;
  core::Decision decision;  // a refusal, or a deferral, when it does not allow
};
// Whether the same request may still be permitted later: it is answered `deferred`, and its holder asks again.
bool may_change(const core::Decision& decision);

// Grant, uses, time and revocation are looked at in the act that signs; of a disclosure whether its holder told us of
// exactly that. A refusal for good is journalled, but of a grant that is none of ours, and as long as the holder is
// within `refusals`; beyond, it is deferred. Signs one leaf.
Result<Issued> issue_permit(const Node& node, store::Transaction& tx, const std::string& holder,
                            const core::PermitRequest& request, Quota& refusals);

// A report that came in, of the receiver of permits: noted beside them. A refusal gives the use back.
Result<void> note_report(store::Transaction& tx, const core::MessageId& id, const core::Message& message);

}  // namespace chancery::service

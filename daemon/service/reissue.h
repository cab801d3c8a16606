// A message again, for one recipient whose seal key had run out before it came: a new message of the same texts under
// the same approval, `fact reissue-of` naming the first (protocol sections 1 and 5).
#pragma once

#include "daemon/core/receipt.h"
#include "daemon/service/node.h"

namespace chancery::service {

// Refused for `key-retired` and nothing else.
bool asks_for_reissue(const core::Receipt& receipt);

// What the act takes beside what records the receipt.
inline constexpr std::uint32_t kReissueLeaves = 2;

// In the act that records such a receipt about a message of ours. Where the recipient has shown no other key in force
// than the one that ran out, the message waits: stored, and logged once. What the rules no longer allow is journalled
// and not sent; what does not open is logged.
Result<void> reissue(const Node& node, store::Transaction& tx, const core::Receipt& receipt);

// The same for one that never went, in the act that closes its number: it is sealed to a key the recipient has retired.
Result<void> seal_for_another_key(const Node& node, store::Transaction& tx, const core::MessageId& id,
                                  const std::string& recipient);

// Of those that wait, the ones whose recipient has another key in force by now: it was recorded, or has come into
// force.
Result<std::vector<store::WaitingReissue>> due_reissues(const Node& node);
// The same, later, in an act of its own: once, however often it is tried. On an error it still waits. Waits for the
// writer.
Result<void> reissue(const Node& node, const store::WaitingReissue& due);

}  // namespace chancery::service

// Whether anything is exchanged with a peer now. What waits for a peer with which nothing is, is parked: kept, not
// sent, and sent when that ends. Pure; a function of the directory alone.
#pragma once

#include "daemon/core/decision.h"
#include "daemon/core/directory.h"

namespace chancery::core {

// Why nothing goes to this peer and nothing is taken from it now: peer_inactive (not verified), peer_suspended,
// designation_ended (withdrawn, run out, or not begun), certificate_ended (no tls or no sign certificate of it holds:
// run out, left out or revoked), revocation_stale. Nothing: it may go.
//
// With `grace`, a peer needs a revocation list of its anchor that is out of date by no more than that; without any list
// ever, its first designation is no older. Without `grace` lists are not asked for; what those that are known revoke is
// revoked all the same.
std::optional<ReasonCode> why_parked(const Directory& directory, std::string_view peer, Instant now,
                                     const std::optional<Duration>& grace);

}  // namespace chancery::core

// Closing a dispatch number whose message will not be sent (protocol section 5).
#pragma once

#include "daemon/service/node.h"

namespace chancery::service {

// Signs the next dispatch to the peer: `void <sequence> <code>`. Without effect there if `delivered` was signed before.
// Signs one leaf. `actor`: who decided, as in a journal entry.
Result<void> void_dispatch(store::Transaction& tx, const store::OutboxRow& row, const std::string& code,
                           const std::string& actor);

// Why this message is not sent for the first time any more: its time is over before anybody could have seen it.
std::optional<std::string> why_not_sent(const store::OutboxRow& row, std::string_view statement, Instant now);

}  // namespace chancery::service

// What this daemon says by itself: to the original providers that something protected reached it or was refused, and
// what became of a copy; to those it passed something on to, that they may no longer use it (protocol section 8). Owed
// in the act that causes it, sent in one of its own.
#pragma once

#include "daemon/core/consent.h"
#include "daemon/service/outcome.h"

namespace chancery::service {

// Signed beside the report itself: one dispatch.
inline constexpr std::uint32_t kReportLeaves = 2;

// Records that it is owed; nothing when that is ourselves.
Result<void> owe(const Node& node, store::Transaction& tx, const std::string& provider, const std::string& agreement,
                 const core::ConsentStatement& statement);

// Sends what is owed and can be: to whom no way leads now, later; one try a pass tells that of all that is owed alike.
// A report that the rules say is not for its recipient is owed no more. Waits for the writer. The peers that have to
// hear of it.
Result<std::set<std::string>> send_reports(const Node& node);
// The same after an act at the desk, and wakes who has to hear; what cannot go yet is still owed.
void tell_owed(const Node& node, const Lanes& lanes);

}  // namespace chancery::service

// Registry numbers: gap-free within a series and a year of UTC.
#pragma once

#include "daemon/store/transaction.h"

namespace chancery::service {

// The next number of a series in the year of the act: `CN-2026-0142` of what leaves, `IN-2026-0087` of what comes in.
Result<std::string> next_number(store::Transaction& tx, const std::string& series);

}  // namespace chancery::service

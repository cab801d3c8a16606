// The tables, as numbered migrations. Internal to this folder.
#pragma once

#include "daemon/store/database.h"

namespace chancery::store {

// Brings the schema to the newest number, each step in one transaction. A database of a newer program is refused
// (conflict) and left as it is.
Result<void> migrate(Database& database);

}  // namespace chancery::store

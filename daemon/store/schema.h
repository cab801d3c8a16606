// The tables, as numbered migrations. Internal to this folder.
#pragma once

#include "daemon/store/database.h"

namespace chancery::store {

// Brings the schema to the newest number, each step in one transaction. A database of a newer program is refused
// (conflict) and left as it is.
Result<void> migrate(Database& database);

// The number it has; 0: none, it is new or what was written to it is lost.
Result<std::size_t> schema_of(Database& database);

}  // namespace chancery::store

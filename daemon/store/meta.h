// What a store says of itself: single values by name. Internal to this folder.
#pragma once

#include "daemon/store/database.h"

namespace chancery::store {

Result<std::optional<std::string>> meta(Database& database, const std::string& name);
Result<void> set_meta(Database& database, const std::string& name, const std::string& value);
Result<void> drop_meta(Database& database, const std::string& name);

// 1, and one more with each sanctioned restore.
Result<std::uint64_t> epoch(Database& database);
Result<void> set_epoch(Database& database, std::uint64_t epoch);

// Why nothing is signed from this store.
inline constexpr const char* kSuspended = "suspended";
// The ordinal of the last message that was there at the last sanctioned restore.
inline constexpr const char* kRestoredAfter = "restored after";
// The last checkpoint of a peer that we saw.
inline std::string seen_name(const std::string& peer) { return "seen " + peer; }

}  // namespace chancery::store

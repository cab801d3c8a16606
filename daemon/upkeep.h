// What an operator does with a store: each a command of chanceryd. All but `back_up` need that no daemon runs on it.
#pragma once

#include "daemon/config/load.h"
#include "daemon/store/backup.h"

namespace chancery {

// Where the store of these settings stands.
store::StoreOptions store_options(const config::Settings& settings);

Result<store::FsckReport> check_store(const config::Settings& settings);
Result<store::Backup> back_up(const config::Settings& settings, const std::string& to);
Result<store::Restored> restore(const config::Settings& settings, const std::optional<std::filesystem::path>& from);

// A new key: written beside the old one, then the database under it, then the key takes the old one's place.
Result<store::FsckReport> rekey(const config::Settings& settings);
// After a rekey that was interrupted: of the two keys, keeps the one that opens the database. Else nothing.
Result<void> settle_rekey(const config::Settings& settings);

}  // namespace chancery

// Opening the files of a store, as the daemon and fsck both do. Internal to this folder.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/directory_files.h"
#include "daemon/store/store.h"

namespace chancery::store {

// Makes the directory (0700) and takes the lock.
Result<FileLock> lock_directory(const StoreOptions& options);
// The database under its lock, migrated, of this authority.
Result<std::unique_ptr<Database>> open_database(const StoreOptions& options, const crypto::SecretBytes& key);
// corrupt when the journal is behind the checkpoint, or has another root at its size. A store without entries needs no
// checkpoint.
Result<void> check_rollback(Database& database, const std::optional<crypto::Checkpoint>& checkpoint);

}  // namespace chancery::store

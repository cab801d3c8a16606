// Opening the files of a store, as the daemon and fsck both do. Internal to this folder.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/directory_files.h"
#include "daemon/store/own_checkpoint.h"
#include "daemon/store/store.h"

namespace chancery::store {

// Makes the directory (0700) and takes the lock.
Result<FileLock> lock_directory(const StoreOptions& options);
// The database under its lock, of whatever schema and authority. Its log is not accepted yet, and nothing may be
// written before it is (`accept`): it would stand behind the last good frame, in the place of what comes after a
// damaged one.
Result<std::unique_ptr<Database>> open_as_it_is(const StoreOptions& options, const crypto::SecretBytes& key);
// The same, migrated, of this authority: of a copy, or where what is there is to be found out or replaced.
Result<std::unique_ptr<Database>> open_database(const StoreOptions& options, const crypto::SecretBytes& key);
// The checkpoint file, locked. Not there, or empty: the one inside the folder, where it stood once, has its word.
Result<OwnCheckpoint> open_checkpoint_file(const StoreOptions& options, const crypto::PublicKey& log_key,
                                           OwnCheckpoint::Missing missing);
Result<std::optional<crypto::Checkpoint>> last_checkpoint(const StoreOptions& options, const OwnCheckpoint& file,
                                                          const crypto::PublicKey& log_key);
// corrupt when the store is of an earlier epoch than its last checkpoint, its journal is behind, or has another root at
// that size. A store without entries needs no checkpoint; one of a later epoch was restored since.
Result<void> check_rollback(Database& database, const std::string& authority,
                            const std::optional<crypto::Checkpoint>& checkpoint);
// Accepts the log of a database that holds against its last checkpoint; then migrates it, and looks whose it is.
Result<void> accept(Database& database, const std::string& authority, const std::optional<crypto::Checkpoint>& last);
// The database under its lock, accepted.
Result<std::unique_ptr<Database>> open_accepted(const StoreOptions& options, const crypto::SecretBytes& key,
                                                const crypto::PublicKey& log_key);
// Folders that a restore or a rekey works in, inside that of the store.
inline constexpr const char* kRestoring = "restore.new";
inline constexpr const char* kRekeying = "rekey.new";
// What one that was killed left there: nothing of it is needed, and it may hold what was erased since.
Result<void> remove_unfinished(const StoreOptions& options);
// Files the last writer had no time to remove.
Result<void> remove_gone(Database& database, const AttachmentFiles& attachments);

}  // namespace chancery::store

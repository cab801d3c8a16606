// Copies of a whole store: made beside a running daemon, and put in the place of one that does not run.
//
// A backup is a folder: `chancery.db`, encrypted under the key of that day, `backup.checkpoint`, which no store takes
// for its own when the folder is put in its place, and what else belongs to the store (`kBeside`). Its index of
// quotations is not in it: that is made again.
#pragma once

#include "daemon/store/fsck.h"

namespace chancery::store {

// Folders beside the database whose files never change once they are complete: linked, or copied to another disk.
inline constexpr std::array<const char*, 1> kBeside = {"attachments"};

struct Backup {
  crypto::Checkpoint checkpoint;
  std::uint64_t files = 0;  // beside the database
};

// As of one moment, whether or not a daemon has the store open, which goes on meanwhile. Written beside `to`, synced,
// renamed: `to` is whole or not there. conflict: something is there already.
Result<Backup> back_up(const StoreOptions& options, const crypto::SecretBytes& database_key, crypto::Signer& log_key,
                       const std::filesystem::path& to);

struct Restored {
  FsckReport report;        // with findings nothing was changed
  std::uint64_t epoch = 0;  // that begins
  crypto::Checkpoint checkpoint;
  std::filesystem::path replaced;  // where the store before went; empty when there was none
};

// The sanctioned restore: of a backup, or without one of the store as it stands. Recomputed first; then in a new epoch,
// which its journal says, and no longer suspended; then put in place. The store before stays in a folder of its own.
// Interrupted, it is done again. busy while a daemon runs.
Result<Restored> restore(const StoreOptions& options, const crypto::SecretBytes& database_key, crypto::Signer& log_key,
                         const std::optional<std::filesystem::path>& backup, const Clock& clock,
                         crypto::RandomSource& random);

// The database under another key: exported, recomputed, put in the place of the old one. Where this returns an error
// the old key opens it; a crash leaves one that opens with either (`opens`).
Result<FsckReport> rekey(const StoreOptions& options, const crypto::SecretBytes& old_key,
                         const crypto::SecretBytes& new_key, const crypto::PublicKey& log_key);
// Whether this key opens the database. busy while a daemon runs, or a rekey.
Result<bool> opens(const StoreOptions& options, const crypto::SecretBytes& database_key);

}  // namespace chancery::store

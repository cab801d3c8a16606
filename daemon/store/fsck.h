// Recomputes everything a store claims from its own bytes: pages, rows, ids, batches and paths, the journal's tree and
// the chain of entries about each message, dispatch chains, outbox against receipts, numbers, and the checkpoint file.
#pragma once

#include "daemon/store/store.h"

namespace chancery::store {

struct FsckReport {
  std::uint64_t messages = 0;
  std::uint64_t receipts = 0;
  std::uint64_t dispatches = 0;
  std::uint64_t batches = 0;
  std::uint64_t entries = 0;
  std::uint64_t attachments = 0;
  std::vector<std::string> findings;  // one line each: what, where; ids and codes only
};

// Opens the database alone (the daemon must not run on it). Signatures of peers are verified against the certificates
// of the stored designations. An unreadable database is an Error, a wrong one a finding.
Result<FsckReport> fsck(const StoreOptions& options, const crypto::SecretBytes& database_key,
                        const crypto::PublicKey& log_key);

}  // namespace chancery::store

// A look at a store from outside of the daemon, also while one runs on it: nothing is written.
#pragma once

#include <optional>

#include "daemon/store/store.h"

namespace chancery::store {

struct Inspection {
  bool in_use = false;  // by a daemon, or a command
  std::uint64_t entries = 0;
  std::uint64_t epoch = 1;
  std::optional<std::string> suspended;
  std::shared_ptr<const core::Directory> directory;
};

// not_found: there is none yet; unauthenticated: the key opens it not; corrupt: rolled back, which only a store that is
// not in use is looked at for.
Result<Inspection> inspect(const StoreOptions& options, const crypto::SecretBytes& database_key,
                           const crypto::PublicKey& log_key);

}  // namespace chancery::store

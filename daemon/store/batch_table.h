// Where signatures are kept: one row a batch, shared by the statements it covers. Internal to this folder.
#pragma once

#include <list>

#include "daemon/store/database.h"
#include "daemon/store/records.h"

namespace chancery::store {

// What a row with a signed statement holds of its signature.
struct Place {
  std::uint64_t batch = 0;
  std::uint32_t leaf = 0;
  std::optional<Bytes> path;  // absent in our own batches: computed from their leaves
};

// A batch with every level of its tree, for the paths of its leaves.
class BatchTree {
 public:
  BatchTree(crypto::BatchSignature signature, std::vector<Digest> leaves);
  [[nodiscard]] const crypto::BatchSignature& signature() const { return signature_; }
  [[nodiscard]] bool holds(std::uint32_t leaf) const { return leaf < levels_.front().size(); }
  [[nodiscard]] crypto::Path path(std::uint32_t leaf) const;  // of a leaf it holds

 private:
  crypto::BatchSignature signature_;
  std::vector<std::vector<Digest>> levels_;  // leaves first; one empty level when they are not known
};

// Reads and writes `batch`, remembering the last few.
class BatchTable {
 public:
  explicit BatchTable(Database& database) : database_(database) {}

  [[nodiscard]] Result<std::uint64_t> last_id();
  Result<void> insert_own(std::uint64_t id, const crypto::SignedBatch& batch);
  // A peer's batch: the one just seen, or a new row with this id.
  Result<Place> place(const SignedStatement& statement, std::uint64_t new_id);
  // The statement with its signature. Of the batch `unsigned_batch`, which is not signed yet, only the index is known.
  [[nodiscard]] Result<SignedStatement> load(std::string statement, const Place& place,
                                             std::uint64_t unsigned_batch = 0);
  // After a rollback nothing remembered may be true.
  void forget();

 private:
  Result<std::shared_ptr<const BatchTree>> find(std::uint64_t id);
  Result<void> insert(std::uint64_t id, const crypto::BatchSignature& signature, const std::optional<Bytes>& leaves);

  Database& database_;
  std::list<std::pair<std::uint64_t, std::shared_ptr<const BatchTree>>> read_;  // newest first
  std::list<std::pair<std::uint64_t, crypto::BatchSignature>> placed_;          // newest first
};

}  // namespace chancery::store

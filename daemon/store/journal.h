// The journal's rows and its tree. Internal to this folder.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/records.h"

namespace chancery::store {

// Reads the hashes that the leaf `index` completed.
crypto::GrowingTree::NodeReader journal_nodes(Database& database);

class Journal {
 public:
  static Result<Journal> open(Database& database);

  // Writes the entry after the last one about the same message; returns its leaf hash. `entry.previous` is filled in.
  Result<Digest> append(core::JournalEntry entry);
  [[nodiscard]] const crypto::GrowingTree& tree() const { return tree_; }
  // Goes back to a copy of tree() taken before what was rolled back.
  void restore(crypto::GrowingTree tree) { tree_ = std::move(tree); }

 private:
  Journal(Database& database, crypto::GrowingTree tree) : database_(&database), tree_(std::move(tree)) {}
  Result<std::optional<Digest>> previous(const core::MessageId& id);

  Database* database_;
  crypto::GrowingTree tree_;
};

}  // namespace chancery::store

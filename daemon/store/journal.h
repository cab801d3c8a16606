// The journal's rows and its tree. Internal to this folder.
#pragma once

#include <map>

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
  // The first one about its message; conflict when there is one before.
  Result<Digest> append_first(core::JournalEntry entry);
  [[nodiscard]] const crypto::GrowingTree& tree() const { return tree_; }
  // Goes back to a copy of tree() taken before what was rolled back.
  void restore(crypto::GrowingTree tree) {
    tree_ = std::move(tree);
    recent_.clear();
  }

 private:
  Journal(Database& database, crypto::GrowingTree tree) : database_(&database), tree_(std::move(tree)) {}
  Result<Digest> append_after(const core::JournalEntry& entry);
  Result<std::optional<Digest>> previous(const core::MessageId& id);
  // `follows`: there is one before.
  Result<void> note_last(const core::MessageId& id, const Digest& leaf, bool follows);

  Database* database_;
  crypto::GrowingTree tree_;
  std::map<core::MessageId, Digest> recent_;  // the last entries about some of the messages
};

}  // namespace chancery::store

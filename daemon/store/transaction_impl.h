// What stands behind a Transaction: the group being built and the act that runs in it. Internal to this folder.
#pragma once

#include "crypto/clock.h"
#include "daemon/store/journal.h"
#include "daemon/store/rows.h"
#include "daemon/store/store.h"

namespace chancery::store {

// What every decision looks at, as of one moment; replaced as a whole.
struct Known {
  std::shared_ptr<const core::Directory> directory;
  std::shared_ptr<const core::JointActBook> joint_acts;
};
Result<Known> load_known(Rows& rows, const std::string& authority);

class Transaction::Impl {
 public:
  Impl(Database& db, Rows& all_rows, Journal journal, const Seams& world, std::string self, Known known);

  // ---- the group; on the writer's thread
  void begin_group(std::uint64_t batch);
  // Signs what the acts of the group asked for; nothing when they asked for nothing.
  Result<void> sign_group();
  // After COMMIT.
  void keep_group();
  // After ROLLBACK.
  void drop_group();
  // What the statements of the group were signed with; null when there were none.
  [[nodiscard]] const std::optional<BatchTree>& signed_batch() const { return signed_; }
  [[nodiscard]] const std::string& statement(std::uint32_t leaf) const { return statements_[leaf]; }
  [[nodiscard]] std::size_t statements() const { return statements_.size(); }
  [[nodiscard]] std::uint64_t next_batch() const { return next_batch_; }

  // ---- one act of it
  void begin_act(std::uint32_t leaves);
  // After its savepoint was rolled back.
  void undo_act();
  // An error an accessor could not return.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

  // ---- verbs
  Result<LeafRef> sign(std::string statement);
  Result<crypto::HpkeSender*> wrapping_context(const core::SealKey& key);
  Result<Digest> append(core::JournalEntry entry);
  const core::Directory& directory() { return *known().directory; }
  const core::JointActBook& joint_acts() { return *known().joint_acts; }
  [[nodiscard]] const Known& snapshot() const { return known_; }
  void known_changed();
  [[nodiscard]] Place own_place(LeafRef leaf) const { return {batch_, leaf.index, std::nullopt}; }
  Result<Place> place(const SignedStatement& statement);

  Database& database;
  Rows& rows;
  const Seams& seams;
  const std::string authority;
  Instant now;

  [[nodiscard]] const Journal& journal() const { return journal_; }

  // The log holds what the group erased, until it is emptied.
  void empty_log() { log_to_empty_ = true; }
  [[nodiscard]] bool log_to_empty() const { return log_to_empty_; }
  void log_emptied() { log_to_empty_ = false; }

 private:
  const Known& known();

  Journal journal_;
  crypto::GrowingTree tree_before_group_;
  crypto::GrowingTree tree_before_act_;

  std::uint64_t batch_ = 0;       // id of the batch this group signs
  std::uint64_t next_batch_ = 0;  // id of the next row
  std::vector<std::string> statements_;
  std::vector<Digest> leaves_;
  std::optional<BatchTree> signed_;
  std::map<Digest, crypto::HpkeSender> contexts_;

  std::size_t first_leaf_ = 0;  // of the act
  std::uint32_t allowed_ = 0;

  Known known_;
  Known committed_;
  bool known_stale_ = false;
  bool known_touched_ = false;  // by the act
  std::optional<Error> trouble_;
  bool log_to_empty_ = false;
};

}  // namespace chancery::store

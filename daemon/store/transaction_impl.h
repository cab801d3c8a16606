// What stands behind a Transaction: the group being built and the act that runs in it. Internal to this folder.
#pragma once

#include "crypto/clock.h"
#include "daemon/store/journal.h"
#include "daemon/store/peer_news.h"
#include "daemon/store/rows.h"
#include "daemon/store/store.h"
#include "daemon/store/tally.h"
#include "daemon/store/text_news.h"

namespace chancery::store {

using Users = std::map<Digest, UserRecord>;  // by the SHA-256 of their certificates

// What every decision looks at, as of one moment; replaced as a whole.
struct Known {
  std::shared_ptr<const core::Directory> directory;
  std::shared_ptr<const core::JointActBook> joint_acts;
  std::shared_ptr<const Users> users;
};
Result<Known> load_known(Rows& rows, const std::string& authority);

// How an act that fails is undone: its savepoint is rolled back, or the whole group is.
enum class Undo { alone, with_the_group };

class Transaction::Impl {
 public:
  Impl(Database& db, Rows& all_rows, Journal journal, const Seams& world, std::string self, Known known);

  // ---- the group; on the writer's thread
  void begin_group(std::uint64_t batch);
  // Before COMMIT: writes what was kept until then, and signs what the acts of the group asked for, if they did.
  Result<void> finish_group();
  // After COMMIT.
  void keep_group();
  // After ROLLBACK.
  void drop_group();
  // What the statements of the group were signed with; null when there were none.
  [[nodiscard]] const std::optional<BatchTree>& signed_batch() const { return signed_; }
  [[nodiscard]] const std::string& statement(std::uint32_t leaf) const { return statements_[leaf]; }
  [[nodiscard]] const Digest& leaf(LeafRef leaf) const { return leaves_[leaf.index]; }
  [[nodiscard]] std::size_t statements() const { return statements_.size(); }
  [[nodiscard]] std::uint64_t next_batch() const { return next_batch_; }

  // ---- one act of it
  void begin_act(std::uint32_t leaves, Undo undo);
  // After its savepoint was rolled back.
  void undo_act();
  // An error an accessor could not return.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

  // Why it signs nothing as far as the directory goes, see Store::why_unsigned.
  static std::optional<core::ReasonCode> why_unsigned(const core::Directory& directory, const std::string& authority,
                                                      const Digest& sign_certificate, Instant now);

  // ---- verbs
  Result<void> can_sign();
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
  std::uint64_t epoch = 1;
  std::optional<std::string> suspended;  // as of the group's beginning
  bool full = false;                     // the same of the disk
  bool signs = true;                     // the same of the signing key
  // Whether something may come in that grows the store; unavailable while the disk is full.
  [[nodiscard]] Result<void> room() const;

  [[nodiscard]] const Journal& journal() const { return journal_; }
  // The same, for what nobody wrote an entry about before.
  Result<Digest> append_first(core::JournalEntry entry);

  // The end of a chain, by its peer.
  Result<core::ChainHead> outbox_head(const std::string& peer);
  Result<core::ChainHead> inbound_head(const std::string& sender);
  void outbox_grew(const std::string& peer, const core::ChainHead& head) { outbox_heads_[peer] = head; }
  void inbound_grew(const std::string& sender, const core::ChainHead& head) { inbound_heads_[sender] = head; }
  // Written at the end of the group.
  Result<std::uint64_t> next_number(const std::string& series, int year);
  // Whether some submissions may be older than they are kept, as far as this group knows.
  bool submits_to_forget = true;

  // The log holds what the group erased, until it is emptied.
  void empty_log() { log_to_empty_ = true; }
  [[nodiscard]] bool log_to_empty() const { return log_to_empty_; }
  void log_emptied() { log_to_empty_ = false; }

  // Attachments no row names any more: their files go after COMMIT.
  void attachment_gone(const Digest& root) { gone_.push_back(root); }
  [[nodiscard]] std::vector<Digest> take_gone() { return std::exchange(gone_, {}); }

  GroupNews news;  // for the lanes, after COMMIT
  TextNews texts;  // with those of the group
  // The last entry is of a peer's receipt.
  void note_receipt(core::Stage stage) { noted_.back().receipt = stage; }
  // After COMMIT: what was journalled in the group.
  void count(Tally& tally) const;

 private:
  struct Number {
    std::uint64_t last = 0;
    bool is_there = false;  // has its row
    bool written = true;
  };
  const Known& known();
  core::JournalEntry filled(core::JournalEntry entry);
  Result<void> write_numbers();
  void forget_read();

  Journal journal_;
  crypto::GrowingTree tree_before_group_;
  crypto::GrowingTree tree_before_act_;
  TextNews texts_before_group_, texts_before_act_;

  std::uint64_t batch_ = 0;       // id of the batch this group signs
  std::uint64_t next_batch_ = 0;  // id of the next row
  std::vector<std::string> statements_;
  std::vector<Digest> leaves_;
  std::optional<BatchTree> signed_;
  struct Wrapping {
    crypto::HpkeSender context;
    Instant made;
  };
  std::map<Digest, Wrapping> contexts_;  // by recipient key; they outlive the group

  std::size_t first_leaf_ = 0;  // of the act
  std::uint32_t allowed_ = 0;

  Known known_;
  Known committed_;
  bool known_stale_ = false;
  bool known_touched_ = false;  // by the act
  std::optional<Error> trouble_;
  bool log_to_empty_ = false;
  std::vector<Digest> gone_;
  std::size_t gone_before_act_ = 0;

  // Read once and kept, because only acts change them.
  std::map<std::string, core::ChainHead> outbox_heads_, inbound_heads_;
  std::map<std::pair<std::string, int>, Number> numbers_, numbers_before_act_;
  struct Noted {
    core::Act act;
    std::vector<std::string> reasons;
    std::optional<core::Stage> receipt = std::nullopt;
  };
  std::vector<Noted> noted_;  // entries of the group
  std::size_t noted_before_act_ = 0;
};

}  // namespace chancery::store

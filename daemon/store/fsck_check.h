// What fsck goes through, a file each for the journal, signatures, messages and dispatches. A part reads its rows once
// and finds what does not hold; later parts rest on what earlier ones read, in the order fsck() runs them. The store's
// own.
#pragma once

#include <set>
#include <tuple>

#include "daemon/core/consent.h"
#include "daemon/store/database.h"
#include "daemon/store/fsck.h"
#include "daemon/store/journal.h"
#include "daemon/store/rows.h"

namespace chancery::store {

class FsckCheck {
 public:
  FsckCheck(Database& database, std::string authority)
      : database_(database), rows_(database), self_(std::move(authority)) {}

  Result<void> pages();
  Result<void> journal(const std::optional<crypto::Checkpoint>& last);
  Result<void> certificates();
  Result<void> batches();
  Result<void> messages();
  Result<void> receipts();
  void answered();
  void dispatched();
  Result<void> outbox();
  Result<void> reissues();
  Result<void> consents();
  Result<void> joint_acts();
  Result<void> locks();
  Result<void> permits();
  Result<void> detached_uses();
  Result<void> handlings();
  Result<void> inbound();
  Result<void> directory();
  Result<void> revocation_lists();
  Result<void> attachments(const AttachmentFiles& files);
  Result<void> people();
  Result<void> drafts();
  Result<void> numbers();
  FsckReport report;

 private:
  struct Batch {
    crypto::BatchStatement statement;
    std::vector<Digest> leaves;  // empty in a peer's
    Digest key_id;
    bool key_known = false;  // of no stored designation: nothing may rest on it
  };
  struct Span {
    Instant from, to;
  };

  void find(const std::string& where, const std::string& what) { report.findings.push_back(where + ": " + what); }
  void check_leaves(const std::string& where, const Batch& batch);
  bool check_signature(const std::string& where, const crypto::BatchSignature& signature);
  void keep_keys(const std::string& authority, std::string_view statement, const std::vector<Bytes>& certificates);
  bool may_sign(const Batch& batch, const std::string& author, core::KeyRole role) const;
  // Columns statement, batch, leaf, path: the statement is in that batch, signed by its author under a key of this
  // role.
  void check_signed(const Query& q, int column, const std::string& where, const std::string& author,
                    core::KeyRole role = core::KeyRole::sign);
  // An entry of this act has to speak of the statement.
  void check_told(core::Act act, const std::string& where, std::string_view statement);
  void check_extract(const Query& q, const std::string& where, const core::Message& message);
  void check_body(const Query& q, const std::string& where, const core::Message& message);
  void check_erased(const Query& q, const std::string& where);
  void keep_report(const core::MessageId& id, std::string_view statement);
  Result<bool> is_locked(const core::MessageId& message, const core::MessageId& by);
  void check_made_wraps(const Query& q, const std::string& where, const core::Message& message);
  Result<void> check_ended(const core::Directory& directory, const core::MessageId& id, const core::Message& message,
                           const core::ConsentStatement& said);
  Result<void> check_made_of(const Query& q, const std::string& where);
  void check_entry(const Query& q, std::uint64_t index, crypto::GrowingTree& tree);
  Result<void> check_last_entries();
  void check_chunks(const AttachmentFiles& files, const AttachmentRecord& record, const std::string& where);
  Result<void> check_attached(const core::MessageId& id);
  void check_link(const std::string& where, const core::Dispatch& d, std::optional<core::Dispatch>& last,
                  const std::string& last_text);
  void check_state(const Query& q, const std::string& where, const core::Dispatch& d);

  Database& database_;
  Rows rows_;
  std::string self_;
  std::map<Digest, crypto::Certificate> certificates_;
  std::map<std::uint64_t, Batch> batches_;
  std::map<std::string, std::set<Digest>> anchors_;
  std::map<std::pair<std::string, Digest>, std::vector<Span>> sign_keys_;  // by authority and key
  std::set<Digest> entries_;                                               // leaf hashes
  std::map<std::pair<core::Act, Digest>, bool> told_;   // statements of entries; whether they are there
  std::map<std::string, std::optional<Digest>> users_;  // what the last entry about each says
  std::map<core::MessageId, Digest> last_entry_;
  std::set<std::tuple<core::MessageId, std::string, std::string, bool>>
      reports_;                       // original, carrier, by whom, refused
  std::set<core::MessageId> erased_;  // what an entry says so of, though it may be there again
  std::map<core::MessageId, Direction> messages_;
  std::set<std::string> restored_;  // peers to whom what they had delivered goes again
  std::vector<std::pair<core::MessageId, core::MessageId>> originals_;  // of forwards
  std::set<std::pair<core::MessageId, std::string>> owed_;              // recipients who have no dispatch yet
  std::map<std::pair<core::MessageId, std::string>, std::vector<core::Receipt>> receipts_;
  std::map<std::pair<std::string, std::int64_t>, std::set<std::uint32_t>> numbers_;
};

// How a finding names a row.
std::string place_of(const char* table, const std::string& key);

}  // namespace chancery::store

// Reading rows as values, for whoever holds a connection: the writer's transaction, readers and fsck. Internal to this
// folder.
#pragma once

#include "daemon/store/batch_table.h"
#include "daemon/store/queries.h"

namespace chancery::store {

class Rows {
 public:
  explicit Rows(Database& database) : database_(database), batches_(database) {}

  Database& database() { return database_; }
  BatchTable& batches() { return batches_; }
  // Statements of this batch have no signature yet; 0: there is none such.
  void set_unsigned_batch(std::uint64_t id) { unsigned_batch_ = id; }

  Result<std::optional<MessageRow>> message_row(const core::MessageId& id);
  Result<std::optional<MessageRecord>> message(const core::MessageId& id);
  Result<std::vector<MessageRow>> recorded_after(std::uint64_t ordinal, std::uint32_t limit);
  Result<std::vector<MessageRow>> list(Box box, std::uint64_t before, std::uint32_t limit);
  Result<std::vector<core::MessageId>> ids_named(std::string_view name);

  Result<std::vector<ReceiptRecord>> receipts(const core::MessageId& id);
  Result<std::optional<DraftRecord>> draft(std::uint64_t id);
  Result<std::vector<DraftRecord>> drafts(std::uint32_t limit);
  Result<std::vector<DraftRecord>> waiting_drafts();

  // Rows of a SELECT that begins with outbox_columns' list.
  Result<std::vector<OutboxRow>> outbox(Query query);
  Result<SignedStatement> signed_at(const Query& query, int column);  // statement, batch, leaf, path

  // rows_consent.cpp
  Result<std::vector<MessageRow>> consents_about(const core::MessageId& id);
  Result<std::vector<MessageRow>> consents_said_about(const core::MessageId& id);
  Result<std::vector<MessageRow>> consents(std::uint64_t before, std::uint32_t limit);
  Result<std::vector<PermitRecord>> permits_of_grant(const core::MessageId& grant);
  Result<std::vector<PermitRecord>> permits_of_carrier(const core::MessageId& carrier);
  Result<std::optional<PermitRecord>> permit_of_use(const PermittedUse& use);
  Result<std::vector<UseRecord>> uses_of_grant(const core::MessageId& grant);
  Result<std::vector<UseRecord>> uses_of_carrier(const core::MessageId& carrier);
  Result<std::vector<OwedReport>> owed(std::uint64_t after, std::uint32_t limit);
  Result<std::vector<OwedQueue>> owed_queues();
  Result<std::vector<OwedReport>> owed_in(const OwedQueue& queue, std::uint64_t after, std::uint32_t limit);
  Result<std::vector<IndependentRecord>> independents(const core::MessageId& message);
  Result<bool> locked(const core::MessageId& message);
  Result<std::vector<MessageRow>> joint_acts();  // oldest first

  // rows_attachment.cpp
  Result<std::optional<AttachmentRecord>> attachment(const Digest& root);
  Result<std::optional<AttachmentRecord>> uploaded(const Digest& upload, Instant since);
  Result<std::vector<Attached>> attached(const core::MessageId& message);  // in the order of their roots

  // rows_handling.cpp
  Result<std::vector<HandlingRecord>> handlings(const core::MessageId& message);
  Result<std::vector<TextChange>> text_changes(std::uint64_t number, std::uint32_t limit);
  Result<std::uint64_t> last_text_change();
  Result<std::optional<ErasureRecord>> erasure(const core::MessageId& message);
  Result<std::vector<core::MessageId>> ids(Query query);  // rows of one column

  Result<std::vector<UserRecord>> users();
  Result<std::optional<UserRecord>> user(const Digest& certificate);
  Result<std::vector<PeerRecord>> peers();
  Result<std::vector<RevocationRecord>> revocation_lists();  // of an anchor the newest last
  Result<std::vector<DesignationRecord>> designations(const std::string& authority);
  Result<std::vector<SealKeyRecord>> seal_keys(const std::string& authority);

  // Rows of a SELECT of CHANCERY_MESSAGE_COLUMNS.
  Result<std::vector<MessageRow>> message_rows(Query query);

 private:
  Result<std::vector<PermitRecord>> permits(Query query);
  Result<std::vector<OwedReport>> reports(Query query);
  Result<std::vector<UseRecord>> uses(const std::vector<PermitRecord>& permits, Query detached);

  Database& database_;
  BatchTable batches_;
  std::uint64_t unsigned_batch_ = 0;
};

// Of `message m`: what message_rows reads. The last column is the last record of how it is handled here.
#define CHANCERY_HANDLING_COLUMN \
  "(SELECT h.statement FROM handling h WHERE h.message = m.id ORDER BY h.ordinal DESC LIMIT 1)"
#define CHANCERY_MESSAGE_COLUMNS \
  "m.ordinal, m.id, m.direction, m.statement, m.number, m.their_number, m.recorded, " CHANCERY_HANDLING_COLUMN

#define CHANCERY_OUTBOX_COLUMNS                                                                               \
  "o.peer, o.epoch, o.sequence, o.statement, o.batch, o.leaf, o.path, o.message, o.precedence, o.state, "     \
  "o.sequence <= coalesce((SELECT t.sequence FROM taken t WHERE t.peer = o.peer AND t.epoch = o.epoch), 0), " \
  "o.attempts, o.next_attempt, o.waiting_for"

// The last dispatch we signed to this peer.
Result<core::ChainHead> outbox_head(Database& database, const std::string& peer);
Result<core::ChainHead> inbound_head(Database& database, const std::string& sender);
// The highest epoch we sent to this peer under; 1 before the first dispatch.
Result<std::uint64_t> current_epoch(Database& database, const std::string& peer);
Result<core::Directory> load_directory(Rows& rows, const std::string& authority);
// A statement whose author's Party is not known then waits, and counts for nothing.
Result<core::JointActBook> load_joint_acts(Rows& rows, const core::Directory& directory);

}  // namespace chancery::store

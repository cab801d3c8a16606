// What can be asked of the store beside the writer. Each call is one consistent read; thread-safe (a small pool of
// read-only connections).
#pragma once

#include "daemon/store/store.h"

namespace chancery::store {

enum class Box { inbox, outbox };

struct Counts {
  std::uint64_t unread = 0;  // incoming without a `read` receipt
  std::uint64_t waiting_drafts = 0;
  std::uint64_t queued = 0;  // outbox rows not answered
  std::uint64_t conflicts = 0;
};

// Messages to a peer that are queued, and when the first of them was recorded.
struct Backlog {
  std::uint64_t messages = 0;
  std::optional<Instant> oldest;
};

class Store::Reader {
 public:
  virtual ~Reader() = default;

  // By id, by a prefix of the ten hex digits people see (at least 4), or by registry number (ours, or theirs when no
  // number of ours matches). not_found; conflict when several match.
  virtual Result<core::MessageId> resolve(std::string_view name) = 0;
  virtual Result<MessageRecord> message(const core::MessageId& id) = 0;
  virtual Result<MessageRow> message_row(const core::MessageId& id) = 0;
  // Newest first, ordinals below `before` (0: all).
  virtual Result<std::vector<MessageRow>> list(Box box, std::uint64_t before, std::uint32_t limit) = 0;
  // All that were recorded after `ordinal`, of every direction, oldest first.
  virtual Result<std::vector<MessageRow>> recorded_after(std::uint64_t ordinal, std::uint32_t limit) = 0;
  // Texts that are others than when they were recorded, in order of their last change, after `number`.
  virtual Result<std::vector<TextChange>> text_changes(std::uint64_t number, std::uint32_t limit) = 0;
  // 0 when there was none.
  virtual Result<std::uint64_t> last_text_change() = 0;
  virtual Result<std::vector<ReceiptRecord>> receipts(const core::MessageId& id) = 0;
  virtual Result<std::vector<OutboxRow>> deliveries(const core::MessageId& id) = 0;

  virtual Result<DraftRecord> draft(std::uint64_t id) = 0;
  virtual Result<std::vector<DraftRecord>> drafts(std::uint32_t limit) = 0;

  // Messages to one peer that are queued and due: by precedence, then in dispatch order. Dispatches without a message
  // are in `untaken`.
  virtual Result<std::vector<OutboxRow>> due(const std::string& peer, Instant now, std::uint32_t limit) = 0;
  // The earliest next_attempt of a queued row to this peer.
  virtual Result<std::optional<Instant>> next_due(const std::string& peer) = 0;
  // Dispatches that the peer has not taken, in order, of the first epoch that has some.
  virtual Result<std::vector<OutboxRow>> untaken(const std::string& peer, std::uint32_t limit) = 0;
  // The dispatches of an epoch from `sequence` on, for a peer that asks again.
  virtual Result<std::vector<OutboxRow>> dispatches_from(const std::string& peer, std::uint64_t epoch,
                                                         std::uint64_t sequence, std::uint32_t limit) = 0;
  // Messages that are queued and whose dispatch comes before this one.
  virtual Result<std::vector<core::MessageId>> queued_before(const std::string& peer, std::uint64_t epoch,
                                                             std::uint64_t sequence) = 0;
  // Dispatches of the current epoch that close others and that the peer has not taken.
  virtual Result<std::uint64_t> untaken_voids(const std::string& peer) = 0;
  // The last one we signed to it: 1/0 before the first.
  virtual Result<core::ChainHead> last_sent(const std::string& peer) = 0;
  // The last dispatch of this peer that we took, and the last checkpoint of it that record_seen kept.
  virtual Result<std::optional<SignedStatement>> last_inbound(const std::string& sender) = 0;
  virtual Result<std::optional<std::string>> seen(const std::string& peer) = 0;
  virtual Result<OutgoingMessage> outgoing(const core::MessageId& id) = 0;
  // Receipts of ours that this peer has not confirmed, after `ordinal`, in order of issue.
  virtual Result<std::vector<UnsentReceipt>> unsent_receipts(const std::string& peer, std::uint64_t after,
                                                             std::uint32_t limit) = 0;
  virtual Result<std::uint64_t> queued(const std::string& peer) = 0;
  virtual Result<Backlog> backlog(const std::string& peer) = 0;
  // All that wait, by peer, oldest first. Few: those whose key ran out and whose recipient has shown no other since.
  virtual Result<std::vector<WaitingReissue>> waiting_reissues() = 0;

  // Statements of consent about this message, oldest first.
  virtual Result<std::vector<MessageRow>> consents_about(const core::MessageId& id) = 0;
  // Those of them that a person wrote.
  virtual Result<std::vector<MessageRow>> consents_said_about(const core::MessageId& id) = 0;
  // All that a person wrote, newest first, ordinals below `before` (0: all).
  virtual Result<std::vector<MessageRow>> consents(std::uint64_t before, std::uint32_t limit) = 0;
  virtual Result<std::vector<PermitRecord>> permits_of_grant(const core::MessageId& grant) = 0;
  virtual Result<std::vector<PermitRecord>> permits_of_carrier(const core::MessageId& carrier) = 0;
  // Uses of a grant, or by which a carrier went to its receivers, each once: by permits and under detached grants.
  virtual Result<std::vector<UseRecord>> uses_of_grant(const core::MessageId& grant) = 0;
  virtual Result<std::vector<UseRecord>> uses_of_carrier(const core::MessageId& carrier) = 0;
  virtual Result<std::vector<OwedReport>> owed(std::uint64_t after, std::uint32_t limit) = 0;
  // Those that are not empty, and the reports of one.
  virtual Result<std::vector<OwedQueue>> owed_queues() = 0;
  virtual Result<std::vector<OwedReport>> owed_in(const OwedQueue& queue, std::uint64_t after, std::uint32_t limit) = 0;
  virtual Result<bool> locked(const core::MessageId& message) = 0;
  // Oldest first; the last one counts.
  virtual Result<std::vector<HandlingRecord>> handlings(const core::MessageId& message) = 0;
  virtual Result<std::optional<ErasureRecord>> erasure(const core::MessageId& message) = 0;
  // What was signed of a message of ours, in the order of its draft.
  virtual Result<std::vector<IndependentRecord>> independents(const core::MessageId& message) = 0;

  virtual Result<std::optional<AttachmentRecord>> attachment(const Digest& root) = 0;
  // What was uploaded as this, since then, and is still here.
  virtual Result<std::optional<AttachmentRecord>> uploaded(const Digest& upload, Instant since) = 0;
  // In the order of their roots.
  virtual Result<std::vector<Attached>> attached(const core::MessageId& message) = 0;

  virtual Result<std::vector<UserRecord>> users() = 0;
  virtual Result<std::vector<PeerRecord>> peers() = 0;
  // Newest first.
  virtual Result<std::vector<DesignationRecord>> designations(const std::string& authority) = 0;
  virtual Result<std::vector<SealKeyRecord>> seal_keys(const std::string& authority) = 0;
  virtual Result<Counts> counts() = 0;
  virtual Result<std::vector<ConflictRecord>> conflicts(std::uint32_t limit) = 0;
  virtual Result<std::vector<JournalRow>> journal(std::uint64_t from, std::uint32_t limit) = 0;
  // Of the journal's first entries.
  virtual Result<Digest> root(crypto::TreeSize size) = 0;
  virtual Result<std::vector<Digest>> inclusion(crypto::LeafIndex index, crypto::TreeSize size) = 0;
};

}  // namespace chancery::store

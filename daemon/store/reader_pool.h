// A few read-only connections that answer what queries.h promises. Internal to this folder.
#pragma once

#include <condition_variable>
#include <mutex>

#include "daemon/store/rows.h"

namespace chancery::store {

class ReaderPool final : public Store::Reader {
 public:
  static Result<std::unique_ptr<ReaderPool>> open(const StoreOptions& options, const crypto::SecretBytes& key);

  Result<core::MessageId> resolve(std::string_view name) override;
  Result<MessageRecord> message(const core::MessageId& id) override;
  Result<MessageRow> message_row(const core::MessageId& id) override;
  Result<std::vector<MessageRow>> list(Box box, std::uint64_t before, std::uint32_t limit) override;
  Result<std::vector<MessageRow>> recorded_after(std::uint64_t ordinal, std::uint32_t limit) override;
  Result<std::vector<ReceiptRecord>> receipts(const core::MessageId& id) override;
  Result<std::vector<OutboxRow>> deliveries(const core::MessageId& id) override;
  Result<DraftRecord> draft(std::uint64_t id) override;
  Result<std::vector<DraftRecord>> drafts(std::uint32_t limit) override;
  Result<std::vector<OutboxRow>> due(const std::string& peer, Instant now, std::uint32_t limit) override;
  Result<std::optional<Instant>> next_due(const std::string& peer) override;
  Result<std::vector<OutboxRow>> untaken(const std::string& peer, std::uint32_t limit) override;
  Result<std::vector<OutboxRow>> dispatches_from(const std::string& peer, std::uint64_t epoch, std::uint64_t sequence,
                                                 std::uint32_t limit) override;
  Result<std::vector<core::MessageId>> queued_before(const std::string& peer, std::uint64_t epoch,
                                                     std::uint64_t sequence) override;
  Result<std::uint64_t> untaken_voids(const std::string& peer) override;
  Result<OutgoingMessage> outgoing(const core::MessageId& id) override;
  Result<std::vector<UnsentReceipt>> unsent_receipts(const std::string& peer, std::uint64_t after,
                                                     std::uint32_t limit) override;
  Result<std::uint64_t> queued(const std::string& peer) override;
  Result<Backlog> backlog(const std::string& peer) override;
  Result<std::vector<WaitingReissue>> waiting_reissues() override;
  Result<std::vector<MessageRow>> consents_about(const core::MessageId& id) override;
  Result<std::vector<MessageRow>> consents_said_about(const core::MessageId& id) override;
  Result<std::vector<MessageRow>> consents(std::uint64_t before, std::uint32_t limit) override;
  Result<std::vector<PermitRecord>> permits_of_grant(const core::MessageId& grant) override;
  Result<std::vector<PermitRecord>> permits_of_carrier(const core::MessageId& carrier) override;
  Result<std::vector<UseRecord>> uses_of_grant(const core::MessageId& grant) override;
  Result<std::vector<UseRecord>> uses_of_carrier(const core::MessageId& carrier) override;
  Result<std::vector<OwedReport>> owed(std::uint64_t after, std::uint32_t limit) override;
  Result<std::vector<OwedQueue>> owed_queues() override;
  Result<std::vector<OwedReport>> owed_in(const OwedQueue& queue, std::uint64_t after, std::uint32_t limit) override;
  Result<bool> locked(const core::MessageId& message) override;
  Result<std::vector<HandlingRecord>> handlings(const core::MessageId& message) override;
  Result<std::vector<TextChange>> text_changes(std::uint64_t number, std::uint32_t limit) override;
  Result<std::uint64_t> last_text_change() override;
  Result<std::optional<ErasureRecord>> erasure(const core::MessageId& message) override;
  Result<std::vector<IndependentRecord>> independents(const core::MessageId& message) override;
  Result<std::optional<AttachmentRecord>> attachment(const Digest& root) override;
  Result<std::optional<AttachmentRecord>> uploaded(const Digest& upload, Instant since) override;
  Result<std::vector<Attached>> attached(const core::MessageId& message) override;
  Result<std::vector<UserRecord>> users() override;
  Result<std::vector<PeerRecord>> peers() override;
  Result<std::vector<DesignationRecord>> designations(const std::string& authority) override;
  Result<std::vector<SealKeyRecord>> seal_keys(const std::string& authority) override;
  Result<Counts> counts() override;
  Result<std::vector<ConflictRecord>> conflicts(std::uint32_t limit) override;
  Result<std::vector<JournalRow>> journal(std::uint64_t from, std::uint32_t limit) override;
  Result<Digest> root(crypto::TreeSize size) override;
  Result<core::ChainHead> last_sent(const std::string& peer) override;
  Result<std::optional<SignedStatement>> last_inbound(const std::string& sender) override;
  Result<std::optional<std::string>> seen(const std::string& peer) override;
  Result<std::vector<Digest>> inclusion(crypto::LeafIndex index, crypto::TreeSize size) override;

 private:
  struct Connection {
    explicit Connection(std::unique_ptr<Database> opened) : database(std::move(opened)), rows(*database) {}
    std::unique_ptr<Database> database;
    Rows rows;
  };
  class Lease;
  explicit ReaderPool(std::vector<std::unique_ptr<Connection>> connections) : free_(std::move(connections)) {}
  // Calls `body` with the rows as of one moment.
  template <class Body>
  auto read(Body body) -> decltype(body(std::declval<Rows&>()));

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> free_;  // guarded by mutex_
};

}  // namespace chancery::store

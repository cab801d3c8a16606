#include "daemon/store/reader_pool.h"

#include "daemon/store/journal.h"
#include "daemon/store/meta.h"

namespace chancery::store {

namespace {

constexpr int kConnections = 3;

template <class T>
Result<T> found(Result<std::optional<T>> value) {
  if (!value) return tl::unexpected(value.error());
  if (!*value) return fail(Errc::not_found, "not held here");
  return std::move(**value);
}

Result<std::uint64_t> count(Query q) {
  if (!TRY(q.next())) return fail(Errc::internal, "store: no count came");
  return q.number(0);
}

}  // namespace

// A connection for one call, in one deferred transaction.
class ReaderPool::Lease {
 public:
  explicit Lease(ReaderPool& pool) : pool_(pool) {
    std::unique_lock lock(pool.mutex_);
    pool.returned_.wait(lock, [&pool] { return !pool.free_.empty(); });
    connection_ = std::move(pool.free_.back());
    pool.free_.pop_back();
  }
  ~Lease() {
    if (connection_->database->in_transaction()) (void)connection_->database->query("ROLLBACK").run();
    const std::lock_guard lock(pool_.mutex_);
    pool_.free_.push_back(std::move(connection_));
    pool_.returned_.notify_one();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Connection& operator*() { return *connection_; }

 private:
  ReaderPool& pool_;
  std::unique_ptr<Connection> connection_;
};

template <class Body>
auto ReaderPool::read(Body body) -> decltype(body(std::declval<Rows&>())) {
  Lease lease(*this);
  CHECK_OK((*lease).database->query("BEGIN").run());
  return body((*lease).rows);
}

Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const StoreOptions& options, const crypto::SecretBytes& key) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < kConnections; ++i) {
    auto database = TRY(Database::open(options.directory / "chancery.db", key, Database::Use::reader, options.vfs));
    connections.push_back(std::make_unique<Connection>(std::move(database)));
  }
  return std::unique_ptr<ReaderPool>(new ReaderPool(std::move(connections)));
}

Result<core::MessageId> ReaderPool::resolve(std::string_view name) {
  return read([&](Rows& rows) -> Result<core::MessageId> {
    if (const auto id = core::parse_message_id(name)) {
      if (!TRY(rows.message_row(*id))) return fail(Errc::not_found, "no such message");
      return *id;
    }
    const auto ids = TRY(rows.ids_named(name));
    if (ids.empty()) return fail(Errc::not_found, "no message of this name");
    if (ids.size() > 1) return fail(Errc::conflict, "several messages have this name");
    return ids.front();
  });
}

Result<MessageRecord> ReaderPool::message(const core::MessageId& id) {
  return read([&](Rows& rows) { return found(rows.message(id)); });
}

Result<MessageRow> ReaderPool::message_row(const core::MessageId& id) {
  return read([&](Rows& rows) { return found(rows.message_row(id)); });
}

Result<std::vector<MessageRow>> ReaderPool::list(Box box, std::uint64_t before, std::uint32_t limit) {
  return read([&](Rows& rows) { return rows.list(box, before, limit); });
}

Result<std::vector<MessageRow>> ReaderPool::recorded_after(std::uint64_t ordinal, std::uint32_t limit) {
  return read([&](Rows& rows) { return rows.recorded_after(ordinal, limit); });
}

Result<std::vector<ReceiptRecord>> ReaderPool::receipts(const core::MessageId& id) {
  return read([&](Rows& rows) { return rows.receipts(id); });
}

Result<std::vector<OutboxRow>> ReaderPool::deliveries(const core::MessageId& id) {
  return read([&](Rows& rows) {
    return rows.outbox(rows.database().query(
        "SELECT " CHANCERY_OUTBOX_COLUMNS " FROM outbox o WHERE o.message = ? ORDER BY o.peer", id));
  });
}

Result<DraftRecord> ReaderPool::draft(std::uint64_t id) {
  return read([&](Rows& rows) { return found(rows.draft(id)); });
}

Result<std::vector<DraftRecord>> ReaderPool::drafts(std::uint32_t limit) {
  return read([&](Rows& rows) { return rows.drafts(limit); });
}

Result<std::vector<OutboxRow>> ReaderPool::due(const std::string& peer, Instant now, std::uint32_t limit) {
  return read([&](Rows& rows) {
    return rows.outbox(rows.database().query(
        "SELECT " CHANCERY_OUTBOX_COLUMNS
        " FROM outbox o INDEXED BY outbox_queued WHERE o.peer = ? AND o.state = 0 AND o.message IS NOT NULL "
        "AND o.next_attempt <= ? ORDER BY o.precedence DESC, o.epoch, o.sequence LIMIT ?",
        peer, now, limit));
  });
}

Result<std::optional<Instant>> ReaderPool::next_due(const std::string& peer) {
  return read([&](Rows& rows) -> Result<std::optional<Instant>> {
    auto q = rows.database().query(
        "SELECT min(next_attempt) FROM outbox INDEXED BY outbox_queued "
        "WHERE peer = ? AND state = 0 AND message IS NOT NULL",
        peer);
    if (!TRY(q.next()) || q.null(0)) return std::optional<Instant>();
    return std::optional<Instant>(q.instant(0));
  });
}

Result<std::vector<OutboxRow>> ReaderPool::untaken(const std::string& peer, std::uint32_t limit) {
  return read([&](Rows& rows) -> Result<std::vector<OutboxRow>> {
    const auto last = TRY(current_epoch(rows.database(), peer));
    std::vector<OutboxRow> found;
    for (std::uint64_t epoch = 1; epoch <= last && found.empty(); ++epoch)
      found =
          TRY(rows.outbox(rows.database().query(
              "SELECT " CHANCERY_OUTBOX_COLUMNS " FROM outbox o WHERE o.peer = ?1 AND o.epoch = ?2 AND o.sequence > "
              "coalesce((SELECT sequence FROM taken WHERE peer = ?1 AND epoch = ?2), 0) ORDER BY o.sequence LIMIT ?3",
              peer, epoch, limit)));
    return found;
  });
}

Result<std::vector<OutboxRow>> ReaderPool::dispatches_from(const std::string& peer, std::uint64_t epoch,
                                                           std::uint64_t sequence, std::uint32_t limit) {
  return read([&](Rows& rows) {
    return rows.outbox(rows.database().query(
        "SELECT " CHANCERY_OUTBOX_COLUMNS
        " FROM outbox o WHERE o.peer = ? AND o.epoch = ? AND o.sequence >= ? ORDER BY o.sequence LIMIT ?",
        peer, epoch, sequence, limit));
  });
}

Result<std::vector<core::MessageId>> ReaderPool::queued_before(const std::string& peer, std::uint64_t epoch,
                                                               std::uint64_t sequence) {
  return read([&](Rows& rows) -> Result<std::vector<core::MessageId>> {
    auto q = rows.database().query(
        "SELECT message FROM outbox INDEXED BY outbox_queued WHERE peer = ?1 AND state = 0 AND message IS NOT NULL "
        "AND (epoch, sequence) < (?2, ?3)",
        peer, epoch, sequence);
    std::vector<core::MessageId> all;
    while (TRY(q.next())) all.push_back(q.message_id(0));
    return all;
  });
}

Result<std::uint64_t> ReaderPool::untaken_voids(const std::string& peer) {
  return read([&](Rows& rows) -> Result<std::uint64_t> {
    const auto epoch = TRY(current_epoch(rows.database(), peer));
    return count(rows.database().query(
        "SELECT count(*) FROM outbox WHERE peer = ?1 AND epoch = ?2 AND message IS NULL AND sequence > "
        "coalesce((SELECT sequence FROM taken WHERE peer = ?1 AND epoch = ?2), 0)",
        peer, epoch));
  });
}

Result<OutgoingMessage> ReaderPool::outgoing(const core::MessageId& id) {
  return read([&](Rows& rows) -> Result<OutgoingMessage> {
    auto m = TRY(rows.message(id));
    if (!m || m->direction != Direction::outgoing) return fail(Errc::not_found, "not a message of ours");
    OutgoingMessage out{
        m->id,       std::move(m->statement), std::move(m->ciphertexts), std::move(m->wraps), std::move(m->sources),
        m->original, std::move(m->made_wraps)};
    out.locked = TRY(rows.locked(id));
    const auto erasure = TRY(rows.erasure(id));
    out.erased = erasure && erasure->state == ErasureState::erased;
    return out;
  });
}

Result<std::vector<UnsentReceipt>> ReaderPool::unsent_receipts(const std::string& peer, std::uint64_t after,
                                                               std::uint32_t limit) {
  return read([&](Rows& rows) -> Result<std::vector<UnsentReceipt>> {
    auto q = rows.database().query(
        "SELECT r.statement, r.batch, r.leaf, r.path, u.ordinal FROM unsent_receipt u JOIN receipt r "
        "ON r.message = u.message AND r.receiver = u.receiver AND r.stage = u.stage "
        "WHERE u.peer = ? AND u.ordinal > ? ORDER BY u.ordinal LIMIT ?",
        peer, after, limit);
    std::vector<UnsentReceipt> all;
    while (TRY(q.next())) {
      auto statement = TRY(rows.signed_at(q, 0));
      all.push_back({q.number(4), std::move(statement)});
    }
    return all;
  });
}

Result<std::uint64_t> ReaderPool::queued(const std::string& peer) {
  return read([&](Rows& rows) {
    return count(rows.database().query(
        "SELECT count(*) FROM outbox INDEXED BY outbox_queued WHERE peer = ? AND state = 0 AND message IS NOT NULL",
        peer));
  });
}

// In the index of what is queued, which knows epochs and sequences: the lowest was recorded first.
Result<Backlog> ReaderPool::backlog(const std::string& peer) {
  return read([&](Rows& rows) -> Result<Backlog> {
    auto q = rows.database().query(
        "SELECT count(*), min((epoch << 44) | sequence) FROM outbox INDEXED BY outbox_queued "
        "WHERE peer = ? AND state = 0 AND message IS NOT NULL",
        peer);
    if (!TRY(q.next()) || q.null(1)) return Backlog{};
    Backlog out{q.number(0), std::nullopt};
    const auto first = q.number(1);
    auto m = rows.database().query(
        "SELECT m.recorded FROM outbox o JOIN message m ON m.id = o.message "
        "WHERE o.peer = ? AND o.epoch = ? AND o.sequence = ?",
        peer, first >> 44, first & ((std::uint64_t{1} << 44) - 1));
    if (TRY(m.next())) out.oldest = m.instant(0);
    return out;
  });
}

Result<std::vector<WaitingReissue>> ReaderPool::waiting_reissues() {
  return read([](Rows& rows) -> Result<std::vector<WaitingReissue>> {
    auto q = rows.database().query("SELECT peer, message, key_id FROM reissue ORDER BY peer, message");
    std::vector<WaitingReissue> all;
    while (TRY(q.next())) all.push_back({q.text(0), q.message_id(1), q.digest(2)});
    return all;
  });
}

Result<std::vector<MessageRow>> ReaderPool::consents_about(const core::MessageId& id) {
  return read([&](Rows& rows) { return rows.consents_about(id); });
}

Result<std::vector<MessageRow>> ReaderPool::consents_said_about(const core::MessageId& id) {
  return read([&](Rows& rows) { return rows.consents_said_about(id); });
}

Result<std::vector<MessageRow>> ReaderPool::consents(std::uint64_t before, std::uint32_t limit) {
  return read([&](Rows& rows) { return rows.consents(before, limit); });
}

Result<std::vector<PermitRecord>> ReaderPool::permits_of_grant(const core::MessageId& grant) {
  return read([&](Rows& rows) { return rows.permits_of_grant(grant); });
}

Result<std::vector<PermitRecord>> ReaderPool::permits_of_carrier(const core::MessageId& carrier) {
  return read([&](Rows& rows) { return rows.permits_of_carrier(carrier); });
}

Result<std::vector<UseRecord>> ReaderPool::uses_of_grant(const core::MessageId& grant) {
  return read([&](Rows& rows) { return rows.uses_of_grant(grant); });
}

Result<std::vector<UseRecord>> ReaderPool::uses_of_carrier(const core::MessageId& carrier) {
  return read([&](Rows& rows) { return rows.uses_of_carrier(carrier); });
}

Result<std::vector<OwedReport>> ReaderPool::owed(std::uint64_t after, std::uint32_t limit) {
  return read([&](Rows& rows) { return rows.owed(after, limit); });
}

Result<std::vector<OwedQueue>> ReaderPool::owed_queues() {
  return read([](Rows& rows) { return rows.owed_queues(); });
}

Result<std::vector<OwedReport>> ReaderPool::owed_in(const OwedQueue& queue, std::uint64_t after, std::uint32_t limit) {
  return read([&](Rows& rows) { return rows.owed_in(queue, after, limit); });
}

Result<std::vector<TextChange>> ReaderPool::text_changes(std::uint64_t number, std::uint32_t limit) {
  return read([&](Rows& rows) { return rows.text_changes(number, limit); });
}

Result<std::uint64_t> ReaderPool::last_text_change() {
  return read([&](Rows& rows) { return rows.last_text_change(); });
}

Result<std::optional<ErasureRecord>> ReaderPool::erasure(const core::MessageId& message) {
  return read([&](Rows& rows) { return rows.erasure(message); });
}

Result<std::optional<AttachmentRecord>> ReaderPool::attachment(const Digest& root) {
  return read([&](Rows& rows) { return rows.attachment(root); });
}

Result<std::optional<AttachmentRecord>> ReaderPool::uploaded(const Digest& upload, Instant since) {
  return read([&](Rows& rows) { return rows.uploaded(upload, since); });
}

Result<std::vector<Attached>> ReaderPool::attached(const core::MessageId& message) {
  return read([&](Rows& rows) { return rows.attached(message); });
}

Result<std::vector<IndependentRecord>> ReaderPool::independents(const core::MessageId& message) {
  return read([&](Rows& rows) { return rows.independents(message); });
}

Result<bool> ReaderPool::locked(const core::MessageId& message) {
  return read([&](Rows& rows) { return rows.locked(message); });
}

Result<std::vector<HandlingRecord>> ReaderPool::handlings(const core::MessageId& message) {
  return read([&](Rows& rows) { return rows.handlings(message); });
}

Result<std::vector<UserRecord>> ReaderPool::users() {
  return read([](Rows& rows) { return rows.users(); });
}

Result<std::vector<PeerRecord>> ReaderPool::peers() {
  return read([](Rows& rows) { return rows.peers(); });
}

Result<std::vector<DesignationRecord>> ReaderPool::designations(const std::string& authority) {
  return read([&](Rows& rows) { return rows.designations(authority); });
}

Result<std::vector<SealKeyRecord>> ReaderPool::seal_keys(const std::string& authority) {
  return read([&](Rows& rows) { return rows.seal_keys(authority); });
}

Result<Counts> ReaderPool::counts() {
  return read([](Rows& rows) -> Result<Counts> {
    auto& db = rows.database();
    Counts counts;
    counts.unread = TRY(count(db.query("SELECT count(*) FROM message INDEXED BY message_unread WHERE unread = 1")));
    counts.waiting_drafts = TRY(count(db.query("SELECT count(*) FROM draft INDEXED BY draft_waiting WHERE state = 0")));
    counts.queued = TRY(count(
        db.query("SELECT count(*) FROM outbox INDEXED BY outbox_queued WHERE state = 0 AND message IS NOT NULL")));
    counts.conflicts = TRY(count(db.query("SELECT count(*) FROM conflict")));
    return counts;
  });
}

Result<std::vector<ConflictRecord>> ReaderPool::conflicts(std::uint32_t limit) {
  return read([&](Rows& rows) -> Result<std::vector<ConflictRecord>> {
    auto q = rows.database().query(
        "SELECT kind, subject, first, second, recorded FROM conflict ORDER BY id DESC LIMIT ?", limit);
    std::vector<ConflictRecord> all;
    while (TRY(q.next())) all.push_back({q.text(0), q.text(1), q.text(2), q.text(3), q.instant(4)});
    return all;
  });
}

Result<std::vector<JournalRow>> ReaderPool::journal(std::uint64_t from, std::uint32_t limit) {
  return read([&](Rows& rows) -> Result<std::vector<JournalRow>> {
    auto q = rows.database().query("SELECT id, entry FROM journal WHERE id >= ? ORDER BY id LIMIT ?", from, limit);
    std::vector<JournalRow> all;
    while (TRY(q.next())) all.push_back({{q.number(0)}, q.text(1)});
    return all;
  });
}

Result<std::vector<Digest>> ReaderPool::inclusion(crypto::LeafIndex index, crypto::TreeSize size) {
  return read([&](Rows& rows) -> Result<std::vector<Digest>> {
    if (index.value >= size.value) return fail(Errc::not_found, "no such entry in a tree of this size");
    return crypto::stored_inclusion(index, size, journal_nodes(rows.database()));
  });
}

Result<Digest> ReaderPool::root(crypto::TreeSize size) {
  return read([&](Rows& rows) { return crypto::stored_root(size, journal_nodes(rows.database())); });
}

Result<core::ChainHead> ReaderPool::last_sent(const std::string& peer) {
  return read([&](Rows& rows) { return outbox_head(rows.database(), peer); });
}

Result<std::optional<SignedStatement>> ReaderPool::last_inbound(const std::string& sender) {
  return read([&](Rows& rows) -> Result<std::optional<SignedStatement>> {
    auto q = rows.database().query(
        "SELECT statement, batch, leaf, path FROM inbound_dispatch WHERE sender = ? "
        "ORDER BY epoch DESC, sequence DESC LIMIT 1",
        sender);
    if (!TRY(q.next())) return std::optional<SignedStatement>();
    return std::optional<SignedStatement>(TRY(rows.signed_at(q, 0)));
  });
}

Result<std::optional<std::string>> ReaderPool::seen(const std::string& peer) {
  return read([&](Rows& rows) { return meta(rows.database(), seen_name(peer)); });
}

}  // namespace chancery::store

#include "daemon/store/writer.h"

#include <algorithm>

namespace chancery::store {

namespace {

constexpr std::size_t kMaxWaiting = 4096;
constexpr std::size_t kMaxActs = 512;  // in one group, signing or not
constexpr int kLogFrames = 2000;       // 16 MiB of log, then it is moved into the database, after the answers
constexpr Duration kReserveEvery = minutes(1);

// Of a group that was not committed, or of none.
class NoCommit final : public Commit {
 public:
  explicit NoCommit(Instant time) : time_(time) {}
  [[nodiscard]] Instant time() const override { return time_; }
  [[nodiscard]] SignedStatement signed_statement(LeafRef) const override { return {}; }

 private:
  Instant time_;
};

class GroupCommit final : public Commit {
 public:
  explicit GroupCommit(const Transaction::Impl& group) : group_(group) {}
  [[nodiscard]] Instant time() const override { return group_.now; }
  [[nodiscard]] SignedStatement signed_statement(LeafRef leaf) const override {
    const auto& batch = group_.signed_batch();
    if (!batch || leaf.index >= group_.statements()) return {};
    return {group_.statement(leaf.index), batch->signature(), batch->path(leaf.index)};
  }

 private:
  const Transaction::Impl& group_;
};

// An act that throws (no memory) fails like any other.
Result<void> guarded(const Store::Work& work, Transaction& tx) {
  try {
    return work.act(tx);
  } catch (const std::exception& e) {
    return fail(Errc::internal, std::string("an act threw: ") + e.what());
  }
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::start(std::unique_ptr<Database> database, const StoreOptions& options,
                                              Seams seams) {
  auto journal = TRY(Journal::open(*database));
  auto rows = std::make_unique<Rows>(*database);
  auto known = TRY(load_known(*rows, options.authority));
  return std::unique_ptr<Writer>(new Writer(std::move(database), std::move(rows), std::move(journal), options,
                                            std::move(seams), std::move(known)));
}

Writer::Writer(std::unique_ptr<Database> database, std::unique_ptr<Rows> rows, Journal journal,
               const StoreOptions& options, Seams seams, Known known)
    : seams_(std::move(seams)),
      checkpoint_file_(options.directory / "checkpoint", options.authority),
      reserve_(options.directory / "reserve"),
      database_(std::move(database)),
      rows_(std::move(rows)),
      transaction_(*database_, *rows_, std::move(journal), seams_, options.authority, std::move(known)) {
  // Killed after a COMMIT, the daemon before may have left in it what was erased.
  if (!database_->empty_log()) transaction_.empty_log();
  publish();
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  (void)checkpoint_file_.sync();
}

void Writer::post(std::vector<Store::Work> works) {
  std::unique_lock lock(mutex_);
  const auto room = stopping_ ? 0 : kMaxWaiting - std::min(kMaxWaiting, waiting_.size());
  const auto taken = std::min(room, works.size());
  for (std::size_t i = 0; i < taken; ++i) waiting_.push_back(std::move(works[i]));
  const auto refused =
      stopping_ ? Error{Errc::unavailable, "the store is closing"} : Error{Errc::busy, "too many acts wait"};
  lock.unlock();
  if (taken > 0) wake_.notify_one();
  const NoCommit none(seams_.clock.now());
  for (std::size_t i = taken; i < works.size(); ++i) works[i].done(tl::unexpected(refused), none);
}

Known Writer::known() const {
  const std::lock_guard lock(published_mutex_);
  return known_;
}

crypto::Checkpoint Writer::checkpoint() const {
  const std::lock_guard lock(published_mutex_);
  return checkpoint_;
}

void Writer::loop() {
  for (auto group = next_group(); !group.empty(); group = next_group()) {
    run_group(group);
    tend_files();
    if (!latched_ || failure_told_) continue;
    failure_told_ = true;
    if (seams_.on_failure) seams_.on_failure(*latched_);
  }
}

Writer::Group Writer::next_group() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  Group group;
  std::size_t leaves = 0;
  while (!waiting_.empty() && group.size() < kMaxActs) {
    leaves += waiting_.front().leaves;
    if (leaves > crypto::kMaxBatchLeaves && !group.empty()) break;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

void Writer::run_group(const Group& group) {
  Outcomes outcomes(group.size());
  auto whole = latched_
                   ? Result<void>(tl::unexpected(Error{Errc::unavailable, "the writer is shut: " + latched_->detail}))
                   : attempt(group, outcomes);
  if (whole) {
    transaction_.keep_group();
    empty_log();
    publish();
    const GroupCommit commit(transaction_);
    for (std::size_t i = 0; i < group.size(); ++i) group[i].done(outcomes[i], commit);
    return;
  }
  if (!latched_) roll_back(whole.error());
  const NoCommit none(seams_.clock.now());
  for (std::size_t i = 0; i < group.size(); ++i) group[i].done(outcomes[i] ? whole : outcomes[i], none);
}

Result<void> Writer::attempt(const Group& group, Outcomes& outcomes) {
  committing_ = group_begun_ = false;
  (void)database_->take_fault();
  CHECK_OK(database_->query("BEGIN IMMEDIATE").run());
  transaction_.begin_group(TRY(rows_->batches().last_id()) + 1);
  group_begun_ = true;
  for (std::size_t i = 0; i < group.size(); ++i) CHECK_OK(run_act(group[i], outcomes[i]));
  CHECK_OK(transaction_.sign_group());
  committing_ = true;
  return database_->query("COMMIT").run();
}

Result<void> Writer::run_act(const Store::Work& work, Result<void>& outcome) {
  if (work.leaves > crypto::kMaxBatchLeaves) {
    outcome = fail(Errc::internal, "an act signs more than a batch holds");
    return {};
  }
  CHECK_OK(database_->query("SAVEPOINT act").run());
  transaction_.begin_act(work.leaves);
  Transaction tx(transaction_);
  outcome = guarded(work, tx);
  if (outcome && transaction_.trouble()) outcome = tl::unexpected(*transaction_.trouble());
  // A device that fails, or SQLite giving up the transaction by itself, is everybody's failure.
  if (!outcome && (database_->take_fault() != Fault::none || !database_->in_transaction())) {
    auto cause = outcome.error();
    outcome = {};
    return fail(Errc::unavailable, cause.detail);
  }
  if (!outcome) {
    CHECK_OK(database_->query("ROLLBACK TO act").run());
    transaction_.undo_act();
  }
  return database_->query("RELEASE act").run();
}

void Writer::roll_back(const Error& cause) {
  const auto fault = database_->take_fault();
  if (database_->in_transaction() && !database_->query("ROLLBACK").run()) latch(cause);
  // What did not begin has nothing to restore.
  if (std::exchange(group_begun_, false)) transaction_.drop_group();
  // In WAL mode "full" comes from writing frames, before the sync: the commit frame is not there, and the next group
  // overwrites what is. After any other failure of COMMIT nobody knows what reached the disk.
  if (fault == Fault::full)
    reserve_.release();
  else if (fault == Fault::io || (committing_ && cause.code != Errc::busy))
    latch(cause);
}

void Writer::publish() {
  const auto& tree = transaction_.journal().tree();
  crypto::Checkpoint head{checkpoint_file_.origin(), tree.size(), tree.root(), std::nullopt};
  bool grown = false;
  {
    const std::lock_guard lock(published_mutex_);
    grown = !(head == checkpoint_);
    known_ = transaction_.snapshot();
    checkpoint_ = head;
  }
  // A checkpoint that cannot be written leaves an older one, which is still true; the acts are committed either way.
  if (grown) (void)checkpoint_file_.write(head, seams_.log_key);
}

// What was erased stands in the log until it is emptied. A reader that is slow makes it wait for the next group.
void Writer::empty_log() {
  if (latched_ || !transaction_.log_to_empty()) return;
  const auto emptied = database_->empty_log();
  if (emptied) transaction_.log_emptied();
  if (!emptied && database_->take_fault() == Fault::io) latch(emptied.error());
}

void Writer::tend_files() {
  if (latched_) return;
  if (database_->log_frames() >= kLogFrames) {
    auto moved = database_->checkpoint_log();
    if (!moved && database_->take_fault() == Fault::io) latch(moved.error());
  }
  const auto now = transaction_.now;
  if (now - reserve_tried_ < kReserveEvery && now >= reserve_tried_) return;
  reserve_tried_ = now;
  reserve_.restore();
}

}  // namespace chancery::store

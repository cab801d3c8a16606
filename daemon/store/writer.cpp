#include "daemon/store/writer.h"

#include <pthread.h>

#include <algorithm>

#include "daemon/store/meta.h"

namespace chancery::store {

namespace {

constexpr std::size_t kMaxWaiting = 4096;
constexpr std::size_t kMaxActs = 512;  // in one group, signing or not
// 32 MiB of log, then it is moved into the database, after the answers: a page that changes in many groups is moved
// once, and of a hundred answers not one waits for that.
constexpr int kLogFrames = 4000;
constexpr Duration kReaderEnds{100};
constexpr std::chrono::minutes kReserveEvery{1};
constexpr std::chrono::milliseconds kReserveEveryWhenFull{500};

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

Result<std::unique_ptr<Writer>> Writer::start(std::unique_ptr<Database> database, OwnCheckpoint checkpoints,
                                              AttachmentFiles attachments, std::filesystem::path reserve,
                                              const std::string& authority, Seams seams) {
  auto journal = TRY(Journal::open(*database));
  auto rows = std::make_unique<Rows>(*database);
  auto known = TRY(load_known(*rows, authority));
  const auto epoch = TRY(store::epoch(*database));
  auto suspended = TRY(meta(*database, kSuspended));
  Beginning beginning{std::move(database), std::move(rows), std::move(journal),
                      std::move(known),    epoch,           std::move(suspended)};
  return std::unique_ptr<Writer>(new Writer(std::move(beginning), std::move(checkpoints), std::move(attachments),
                                            std::move(reserve), authority, std::move(seams)));
}

Writer::Writer(Beginning beginning, OwnCheckpoint checkpoints, AttachmentFiles attachments,
               std::filesystem::path reserve, const std::string& authority, Seams seams)
    : seams_(std::move(seams)),
      reserve_(std::move(reserve)),
      attachments_(std::move(attachments)),
      database_(std::move(beginning.database)),
      rows_(std::move(beginning.rows)),
      transaction_(*database_, *rows_, std::move(beginning.journal), seams_, authority, std::move(beginning.known)),
      checkpoints_(std::move(checkpoints)),
      suspended_(std::move(beginning.suspended)) {
  transaction_.epoch = beginning.epoch;
  transaction_.suspended = suspended_;
  // Killed after a COMMIT, the daemon before may have left in it what was erased.
  transaction_.empty_log();
  empty_log();
  (void)publish();
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  (void)checkpoints_.sync();
}

void Writer::post(std::vector<Store::Work> works) {
  std::unique_lock lock(mutex_);
  const auto room = stopping_ ? 0 : kMaxWaiting - std::min(kMaxWaiting, waiting_.size());
  const auto taken = std::min(room, works.size());
  for (std::size_t i = 0; i < taken; ++i) waiting_.push_back(std::move(works[i]));
  turned_away_ += works.size() - taken;
  const auto refused =
      stopping_ ? Error{Errc::unavailable, "the store is closing"} : Error{Errc::busy, "too many acts wait"};
  lock.unlock();
  if (taken > 0) wake_.notify_one();
  const NoCommit none(seams_.clock.now());
  for (std::size_t i = taken; i < works.size(); ++i) works[i].done(tl::unexpected(refused), none);
}

std::optional<core::ReasonCode> Writer::why_unsigned() const {
  if (!seams_.sign_key.reachable()) return core::ReasonCode::sign_key_away;
  return Transaction::Impl::why_unsigned(*known().directory, transaction_.authority, seams_.sign_certificate,
                                         seams_.clock.now());
}

Known Writer::known() const {
  const std::lock_guard lock(published_mutex_);
  return known_;
}

crypto::Checkpoint Writer::checkpoint() const {
  const std::lock_guard lock(published_mutex_);
  return checkpoint_;
}

TextNews Writer::text_news() const {
  const std::lock_guard lock(published_mutex_);
  return texts_;
}

std::string Writer::checkpoint_note() const {
  const std::lock_guard lock(published_mutex_);
  return note_;
}

Tally Writer::tally() const {
  Tally out;
  {
    const std::lock_guard lock(published_mutex_);
    out = tally_;
  }
  const std::lock_guard lock(mutex_);
  out.turned_away = turned_away_;
  out.waiting = waiting_.size();
  return out;
}

void Writer::hold(Duration at_most) {
  const std::lock_guard lock(mutex_);
  held_until_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(at_most.ms);
}

void Writer::release() {
  const std::lock_guard lock(mutex_);
  held_until_ = {};
  wake_.notify_one();
}

// The first reason stays.
void Writer::suspend(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (suspended_) return;
    suspended_ = why;
  }
  std::vector<Store::Work> one;
  one.push_back(Store::work<void>(
      0, [why](Transaction& tx) { return tx.record_suspension(why); }, [](const Result<void>&, const Commit&) {}));
  post(std::move(one));
}

std::optional<std::string> Writer::suspended() const {
  const std::lock_guard lock(mutex_);
  return suspended_;
}

void Writer::loop() {
  ::pthread_setname_np(::pthread_self(), "writer");
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
  while (!stopping_ && std::chrono::steady_clock::now() < held_until_) wake_.wait_until(lock, held_until_);
  Group group;
  std::size_t leaves = 0;
  while (!waiting_.empty() && group.size() < kMaxActs) {
    leaves += waiting_.front().leaves;
    if (leaves > crypto::kMaxBatchLeaves && !group.empty()) break;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  transaction_.suspended = suspended_;
  transaction_.full = full_;
  transaction_.signs = seams_.sign_key.reachable();
  return group;
}

void Writer::run_group(const Group& group) {
  Outcomes outcomes(group.size());
  const auto begun = std::chrono::steady_clock::now();
  auto whole = latched_
                   ? Result<void>(tl::unexpected(Error{Errc::unavailable, "the writer is shut: " + latched_->detail}))
                   : attempt(group, outcomes);
  count(whole.has_value(), std::chrono::steady_clock::now() - begun);
  if (whole) {
    transaction_.keep_group();
    empty_log();
    remove_gone();
    const auto published = publish();
    const bool all_leaves = published || published.error().code != Errc::corrupt;
    const GroupCommit commit(transaction_);
    if (all_leaves)
      news_.put(std::move(transaction_.news), [&](LeafRef leaf) { return commit.signed_statement(leaf); });
    for (std::size_t i = 0; i < group.size(); ++i)
      group[i].done(all_leaves || group[i].leaves == 0 || !outcomes[i] ? outcomes[i] : published, commit);
    return;
  }
  if (!latched_) roll_back(whole.error());
  const NoCommit none(seams_.clock.now());
  for (std::size_t i = 0; i < group.size(); ++i) group[i].done(outcomes[i] ? whole : outcomes[i], none);
}

Result<void> Writer::attempt(const Group& group, Outcomes& outcomes) {
  committing_ = group_begun_ = false;
  (void)database_->take_fault();
  // No more than one group may be ahead of the file that stands for it.
  if (!transaction_.suspended) CHECK_OK(move_on(checkpoint()));
  CHECK_OK(begin());
  if (!TRY(run_together(group, outcomes))) {
    for (std::size_t i = 0; i < group.size(); ++i)
      if (outcomes[i]) CHECK_OK(run_in_savepoint(group[i], outcomes[i]));
  }
  CHECK_OK(transaction_.finish_group());
  // Before any of it is there for others to see.
  if (!transaction_.suspended) CHECK_OK(alone(checkpoints_.check()));
  committing_ = true;
  return database_->query("COMMIT").run();
}

Result<void> Writer::begin() {
  CHECK_OK(database_->query("BEGIN IMMEDIATE").run());
  transaction_.begin_group(TRY(rows_->batches().last_id()) + 1);
  group_begun_ = true;
  return {};
}

// Without savepoints, where that is allowed: acts seldom fail. False: the group has begun anew, because one of them
// did, and that one is done with.
Result<bool> Writer::run_together(const Group& group, Outcomes& outcomes) {
  const auto may_repeat = [](const Store::Work& work) { return work.repeat == Repeat::allowed; };
  if (!std::all_of(group.begin(), group.end(), may_repeat)) return false;
  for (std::size_t i = 0; i < group.size(); ++i) {
    CHECK_OK(run_act(group[i], Undo::with_the_group, outcomes[i]));
    if (outcomes[i]) continue;
    CHECK_OK(database_->query("ROLLBACK").run());
    group_begun_ = false;
    transaction_.drop_group();
    CHECK_OK(begin());
    return false;
  }
  return true;
}

Result<void> Writer::run_in_savepoint(const Store::Work& work, Result<void>& outcome) {
  CHECK_OK(database_->query("SAVEPOINT act").run());
  CHECK_OK(run_act(work, Undo::alone, outcome));
  if (!outcome) {
    CHECK_OK(database_->query("ROLLBACK TO act").run());
    transaction_.undo_act();
  }
  return database_->query("RELEASE act").run();
}

Result<void> Writer::run_act(const Store::Work& work, Undo undo, Result<void>& outcome) {
  transaction_.begin_act(work.leaves, undo);
  if (work.leaves > crypto::kMaxBatchLeaves) {
    outcome = fail(Errc::internal, "an act signs more than a batch holds");
    return {};
  }
  Transaction tx(transaction_);
  outcome = guarded(work, tx);
  if (outcome && transaction_.trouble()) outcome = tl::unexpected(*transaction_.trouble());
  if (outcome) return {};
  // A device that fails, or SQLite giving up the transaction by itself, is everybody's failure.
  if (database_->take_fault() == Fault::none && database_->in_transaction()) return {};
  auto cause = outcome.error();
  outcome = {};
  return fail(Errc::unavailable, cause.detail);
}

void Writer::roll_back(const Error& cause) {
  const auto fault = database_->take_fault();
  if (database_->in_transaction() && !database_->query("ROLLBACK").run()) latch(cause);
  // What did not begin has nothing to restore.
  if (std::exchange(group_begun_, false)) transaction_.drop_group();
  // In WAL mode "full" comes from writing frames, before the sync: the commit frame is not there, and the next group
  // overwrites what is. After any other failure of COMMIT nobody knows what reached the disk.
  if (fault == Fault::full)
    run_full();
  else if (fault == Fault::io || (committing_ && cause.code != Errc::busy))
    latch(cause);
}

// What has to be said of refusals and what is read goes on from the reserve; nothing else comes in.
void Writer::run_full() {
  reserve_.release();
  full_ = true;
  reserve_due_ = {};
  const std::lock_guard lock(published_mutex_);
  ++tally_.rolled_back_full;
}

void Writer::count(bool committed, std::chrono::steady_clock::duration took) {
  const std::lock_guard lock(published_mutex_);
  if (!committed) {
    ++tally_.rolled_back;
    return;
  }
  tally_.commits.add(took);
  transaction_.count(tally_);
}

Result<void> Writer::publish() {
  const auto& tree = transaction_.journal().tree();
  const crypto::Checkpoint head{checkpoint_origin(transaction_.authority, transaction_.epoch), tree.size(), tree.root(),
                                std::nullopt};
  {
    const std::lock_guard lock(published_mutex_);
    known_ = transaction_.snapshot();
    checkpoint_ = head;
    texts_ = transaction_.texts;
  }
  // The acts are committed either way; what cannot be written now is written before the next group.
  return transaction_.suspended ? Result<void>() : move_on(head);
}

// Signs the head and leaves it outside, unless it stands there already.
Result<void> Writer::move_on(const crypto::Checkpoint& head) {
  if (checkpoints_.last() == head && !note_.empty()) return {};
  auto note = TRY(crypto::sign_checkpoint(head, seams_.log_key));
  if (checkpoints_.last() != head) CHECK_OK(alone(checkpoints_.advance(head, note)));
  const std::lock_guard lock(published_mutex_);
  note_ = std::move(note);
  return {};
}

// Suspends the store where somebody else moved the checkpoint file on; where nobody can tell, it waits.
Result<void> Writer::alone(Result<void> checked) {
  if (checked || checked.error().code != Errc::conflict) return checked;
  const auto why = checked.error().detail + ": expected there " + std::to_string(checkpoints_.last()->size.value) +
                   " entries, the journal has " + std::to_string(checkpoint().size.value);
  suspend(why);
  return fail(Errc::corrupt, "nothing is signed from this store: " + why);
}

// Files no row names any more. One that came again in the same group is named again.
void Writer::remove_gone() {
  for (const auto& root : transaction_.take_gone())
    if (const auto named = rows_->attachment(root); named.has_value() && !*named) attachments_.remove(root);
}

// What was erased stands in the log until it is emptied. A reader that is slow makes it wait for a later group: one may
// be a backup, and no other group waits for that.
void Writer::empty_log() {
  if (latched_ || !transaction_.log_to_empty()) return;
  const auto emptied = database_->empty_log(log_stays_ ? Duration{0} : kReaderEnds);
  log_stays_ = !emptied;
  if (emptied) transaction_.log_emptied();
  if (!emptied && database_->take_fault() == Fault::io) latch(emptied.error());
}

void Writer::tend_files() {
  if (latched_) return;
  tend_log();
  tend_reserve();
}

// While the disk is full the log is moved on after every group, so that it is written from its beginning again and does
// not grow.
void Writer::tend_log() {
  if (database_->log_frames() < (full_ ? 1 : kLogFrames)) return;
  auto moved = database_->checkpoint_log();
  if (!moved && database_->take_fault() == Fault::io) latch(moved.error());
  const std::lock_guard lock(published_mutex_);
  ++tally_.log_moves;
}

void Writer::tend_reserve() {
  const auto now = std::chrono::steady_clock::now();
  if (now < reserve_due_) return;
  reserve_due_ = now + (full_ ? std::chrono::milliseconds(kReserveEveryWhenFull) : kReserveEvery);
  if (reserve_.restore()) full_ = false;
}

}  // namespace chancery::store

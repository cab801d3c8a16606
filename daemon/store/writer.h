// The writer: one thread that commits what waits, group by group. Internal to this folder.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "daemon/store/attachment_files.h"
#include "daemon/store/directory_files.h"
#include "daemon/store/own_checkpoint.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

class Writer {
 public:
  // Starts the thread. `database` is migrated and checked.
  static Result<std::unique_ptr<Writer>> start(std::unique_ptr<Database> database, OwnCheckpoint checkpoints,
                                               AttachmentFiles attachments, std::filesystem::path reserve,
                                               const std::string& authority, Seams seams);
  ~Writer();  // finishes what waits
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void post(std::vector<Store::Work> works);  // thread-safe
  [[nodiscard]] PeerNews& news() { return news_; }
  [[nodiscard]] Known known() const;
  [[nodiscard]] crypto::Checkpoint checkpoint() const;
  [[nodiscard]] TextNews text_news() const;
  [[nodiscard]] std::string checkpoint_note() const;
  [[nodiscard]] const crypto::PublicKey& log_key() const { return seams_.log_key.public_key(); }
  [[nodiscard]] std::uint64_t epoch() const { return transaction_.epoch; }
  void hold(Duration at_most);
  void release();
  void suspend(const std::string& why);
  [[nodiscard]] std::optional<std::string> suspended() const;
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] std::optional<core::ReasonCode> why_unsigned() const;
  [[nodiscard]] Tally tally() const;

 private:
  using Steady = std::chrono::steady_clock::time_point;
  using Group = std::vector<Store::Work>;
  using Outcomes = std::vector<Result<void>>;
  struct Beginning {
    std::unique_ptr<Database> database;
    std::unique_ptr<Rows> rows;
    Journal journal;
    Known known;
    std::uint64_t epoch = 1;
    std::optional<std::string> suspended;
  };
  Writer(Beginning beginning, OwnCheckpoint checkpoints, AttachmentFiles attachments, std::filesystem::path reserve,
         const std::string& authority, Seams seams);

  void loop();
  Group next_group();  // waits; empty when it is time to stop
  void run_group(const Group& group);
  // An error fails the whole group.
  Result<void> attempt(const Group& group, Outcomes& outcomes);
  Result<void> begin();
  Result<bool> run_together(const Group& group, Outcomes& outcomes);
  Result<void> run_in_savepoint(const Store::Work& work, Result<void>& outcome);
  Result<void> run_act(const Store::Work& work, Undo undo, Result<void>& outcome);
  void roll_back(const Error& cause);
  void run_full();
  void count(bool committed, std::chrono::steady_clock::duration took);
  // corrupt: another instance went on while this group was committed; nothing it signed may leave.
  Result<void> publish();
  Result<void> move_on(const crypto::Checkpoint& head);
  [[nodiscard]] Result<void> alone(Result<void> checked);
  void empty_log();
  void remove_gone();
  void tend_files();
  void tend_log();
  void tend_reserve();
  void latch(const Error& cause) { latched_ = latched_ ? latched_ : std::optional<Error>(cause); }

  const Seams seams_;
  const Reserve reserve_;
  const AttachmentFiles attachments_;
  const std::unique_ptr<Database> database_;
  const std::unique_ptr<Rows> rows_;
  Transaction::Impl transaction_;  // of the writer's thread
  OwnCheckpoint checkpoints_;      // of the writer's thread
  bool group_begun_ = false;       // of the writer's thread
  bool committing_ = false;        // of the writer's thread
  std::optional<Error> latched_;   // of the writer's thread
  bool failure_told_ = false;      // of the writer's thread
  bool log_stays_ = false;         // of the writer's thread; it was to be emptied, and a reader was in the way
  Steady reserve_due_;             // of the writer's thread

  // Until the reserve is there again.
  std::atomic<bool> full_{false};  // set by the writer's thread

  PeerNews news_;

  mutable std::mutex published_mutex_;
  Known known_;                    // guarded by published_mutex_
  crypto::Checkpoint checkpoint_;  // guarded by published_mutex_
  TextNews texts_;                 // guarded by published_mutex_
  std::string note_;               // guarded by published_mutex_
  Tally tally_;                    // guarded by published_mutex_

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Steady held_until_;                     // guarded by mutex_
  std::optional<std::string> suspended_;  // guarded by mutex_
  std::deque<Store::Work> waiting_;       // guarded by mutex_
  std::uint64_t turned_away_ = 0;         // guarded by mutex_
  bool stopping_ = false;                 // guarded by mutex_
  std::thread thread_;                    // last: uses all the others
};

}  // namespace chancery::store

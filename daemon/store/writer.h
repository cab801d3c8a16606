// The writer: one thread that commits what waits, group by group. Internal to this folder.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "daemon/store/directory_files.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

class Writer {
 public:
  // Starts the thread. `database` is migrated and checked.
  static Result<std::unique_ptr<Writer>> start(std::unique_ptr<Database> database, const StoreOptions& options,
                                               Seams seams);
  ~Writer();  // finishes what waits
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void post(std::vector<Store::Work> works);  // thread-safe
  [[nodiscard]] Known known() const;
  [[nodiscard]] crypto::Checkpoint checkpoint() const;

 private:
  using Group = std::vector<Store::Work>;
  using Outcomes = std::vector<Result<void>>;
  Writer(std::unique_ptr<Database> database, std::unique_ptr<Rows> rows, Journal journal, const StoreOptions& options,
         Seams seams, Known known);

  void loop();
  Group next_group();  // waits; empty when it is time to stop
  void run_group(const Group& group);
  // An error fails the whole group.
  Result<void> attempt(const Group& group, Outcomes& outcomes);
  Result<void> run_act(const Store::Work& work, Result<void>& outcome);
  void roll_back(const Error& cause);
  void publish();
  void empty_log();
  void tend_files();
  void latch(const Error& cause) { latched_ = latched_ ? latched_ : std::optional<Error>(cause); }

  const Seams seams_;
  const CheckpointFile checkpoint_file_;
  const Reserve reserve_;
  const std::unique_ptr<Database> database_;
  const std::unique_ptr<Rows> rows_;
  Transaction::Impl transaction_;  // of the writer's thread
  bool group_begun_ = false;       // of the writer's thread
  bool committing_ = false;        // of the writer's thread
  std::optional<Error> latched_;   // of the writer's thread
  bool failure_told_ = false;      // of the writer's thread
  Instant reserve_tried_;          // of the writer's thread

  mutable std::mutex published_mutex_;
  Known known_;                    // guarded by published_mutex_
  crypto::Checkpoint checkpoint_;  // guarded by published_mutex_

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Store::Work> waiting_;  // guarded by mutex_
  bool stopping_ = false;            // guarded by mutex_
  std::thread thread_;               // last: uses all the others
};

}  // namespace chancery::store

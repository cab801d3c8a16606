// A thread for what may wait for the disk: one piece of work after the other, in the order they came.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace chancery::service {

// Thread-safe.
class Errands {
 public:
  Errands() : thread_([this] { run(); }) {}
  ~Errands() { stop(); }
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  // Work must not throw. Dropped after `stop`.
  void add(std::function<void()> work);
  // Waits for the piece that is being done; what waits is dropped.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;  // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::thread thread_;                      // last: uses all the others
};

}  // namespace chancery::service

// The folder of revocation lists: what is new in it is verified under the anchors of the authorities that are known,
// and recorded.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "daemon/service/node.h"

namespace chancery {

class RevocationWatch {
 public:
  // Looks at once, then whenever a file or the directory of authorities has changed, within a second, and each second
  // at what failed for a passing reason: it is dated ahead, cannot be read, or the store does not take it now.
  // `on_news` runs on the thread of whoever looked. References outlive this.
  RevocationWatch(service::Node node, std::filesystem::path folder, std::function<void()> on_news);
  ~RevocationWatch();
  RevocationWatch(const RevocationWatch&) = delete;
  RevocationWatch& operator=(const RevocationWatch&) = delete;

  // Now, whatever has changed. Thread-safe.
  void look();

 private:
  // A file as it was when it was read.
  struct Stamp {
    std::filesystem::path path;
    std::filesystem::file_time_type changed;
    std::uintmax_t size = 0;
    bool operator==(const Stamp&) const = default;
  };

  void run();
  std::vector<Stamp> stamps();
  void look_if_changed(bool anyway);
  // What became of a file: `passing`, when it may be taken later as it is.
  enum class Fate { recorded, nothing_new, fault, passing };
  Fate take(const std::filesystem::path& path, bool tell);
  Result<bool> record(const crypto::RevocationList& list);

  const service::Node node_;
  const std::filesystem::path folder_;
  const std::function<void()> on_news_;

  std::mutex looking_;                                // one look at a time
  std::vector<Stamp> seen_;                           // guarded by looking_; what became of them is final
  std::vector<Stamp> waiting_;                        // guarded by looking_; told, and tried again
  bool unread_ = false;                               // guarded by looking_; the folder itself, and it was told
  std::shared_ptr<const core::Directory> directory_;  // guarded by looking_; of the last look

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: uses all the others
};

}  // namespace chancery

// The network between authorities in one process: streams that lose, repeat, reorder, hold up and cut frames, by seed.
// A frame crosses as the bytes a peer would get. It behaves behind the daemon's own seam (daemon/service/ports.h).
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "daemon/service/ports.h"

namespace chancery::test {

// Each of a hundred frames.
struct NetworkFaults {
  unsigned lose = 0;
  unsigned repeat = 0;
  unsigned reorder = 0;  // others overtake it
  unsigned delay = 0;    // and all behind it
  unsigned cut = 0;      // with everything under way on that stream
  Duration at_most{20};  // how long one is held up
};

// Thread-safe. The seed decides what happens to the n-th frame of the n-th stream; threads decide what that frame is.
class FakeNetwork {
 public:
  explicit FakeNetwork(std::uint64_t seed, NetworkFaults faults = {});
  ~FakeNetwork();  // after every authority has left
  FakeNetwork(const FakeNetwork&) = delete;
  FakeNetwork& operator=(const FakeNetwork&) = delete;

  // What this authority dials with.
  service::PeerNetwork& of(const std::string& authority);
  // From here on the others reach it. It leaves before its Exchange ends.
  void join(const std::string& authority, service::PeerEvents& events);
  void leave(const std::string& authority);

  void set_faults(const NetworkFaults& faults);
  // Cuts what is up between the two, and nothing comes up until they are joined again.
  void part(const std::string& one, const std::string& other);
  void reunite();

  // Sees every frame as it is sent, whatever becomes of it.
  using Watcher = std::function<void(const std::string& from, const std::string& to, const wire::Frame& frame)>;
  void watch(Watcher watcher);

  [[nodiscard]] std::size_t streams() const { return streams_; }
  [[nodiscard]] std::size_t hurt() const { return hurt_; }  // frames something happened to

 private:
  class Cable;
  class End;
  class Port;
  struct Reader {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> done;
  };
  enum class Fate { arrives, lost, repeated, overtaken, held_up, cut };

  Result<std::shared_ptr<service::PeerLink>> connect(const std::string& from, const std::string& to,
                                                     service::PeerEvents& events);
  void start_reading(const std::shared_ptr<End>& end, const std::string& peer, service::PeerEvents& events);
  [[nodiscard]] bool parted(const std::string& one, const std::string& other) const;
  Fate fate(std::mt19937_64& chance);
  Duration pause(std::mt19937_64& chance);
  void seen(const std::string& from, const std::string& to, const wire::Frame& frame);

  const std::uint64_t seed_;
  std::atomic<std::size_t> streams_{0};
  std::atomic<std::size_t> hurt_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_, which is held while an authority is asked whether it takes a stream:
  std::map<std::string, std::unique_ptr<Port>> ports_;
  std::map<std::string, service::PeerEvents*> doors_;
  std::set<std::pair<std::string, std::string>> parted_;
  std::vector<std::weak_ptr<Cable>> cables_;
  std::list<Reader> readers_;

  mutable std::mutex faults_mutex_;
  NetworkFaults faults_;  // guarded by faults_mutex_
  std::mutex watcher_mutex_;
  Watcher watcher_;  // guarded by watcher_mutex_
};

}  // namespace chancery::test

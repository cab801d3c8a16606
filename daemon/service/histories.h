// What each end remembers of the other's history (protocol sections 5 and 10).
//
// First on every stream both ends show the last dispatch of the other that they took and the latest of its checkpoints
// that they saw. What a peer shows is ours only under our own signature. What of it our store does not have, or has
// otherwise, was signed by a later state of this store, or by another instance of it: then the store is suspended,
// before anything more is signed for anybody.
#pragma once

#include <map>
#include <set>

#include "daemon/service/verification.h"
#include "daemon/service/window.h"

namespace chancery::service {

// Thread-safe; owned by shared_ptr because acts may end after its last caller has gone.
class Histories : public std::enable_shared_from_this<Histories> {
 public:
  explicit Histories(Node node) : node_(std::move(node)), certificates_(node_.store) {}

  // What we show the peer of itself. unavailable, corrupt: it cannot be read, and the peer could not tell that from
  // nothing; the frame is as it was.
  [[nodiscard]] Result<void> show(const std::string& peer, wire::Frame& frame);
  // Our own latest checkpoint, unless it is the one that went before.
  void tell(wire::Heartbeat& heartbeat, std::string& before) const;
  // What the peer shows of us, and its own latest checkpoint. An error: it could not be compared, because our store or
  // what the peer shows cannot be read, or under a key we do not know; nothing goes to it until it can.
  // Blocks for a look into the store, never for the writer.
  [[nodiscard]] Result<void> take(const std::string& peer, const wire::Frame& frame);

  // The store is held until each of these peers was heard, or could not be reached.
  void await(std::set<std::string> peers);
  void heard(const std::string& peer);

 private:
  struct Shown {
    crypto::Checkpoint checkpoint;
    std::string note;
    Bytes log_key;
  };
  struct Seen {
    crypto::Checkpoint checkpoint;  // the latest that the peer signed
    std::string note;
    std::optional<Shown> later;  // that it showed since; nobody has looked at its signature
    Steady looked_at;
    bool asked = false;  // the store, for what was there before
    bool conflict = false;
  };

  [[nodiscard]] Result<void> judge(const std::string& peer, const wire::Frame& frame);
  [[nodiscard]] Result<void> judge_checkpoint(const std::string& peer, const std::string& note);
  [[nodiscard]] Result<void> judge_dispatch(const std::string& peer, const wire::Frame& frame);
  void left_behind(const std::string& peer, const core::Dispatch& taken);
  [[nodiscard]] bool is_compromised(const wire::Frame& frame, const wire::Proven& proven) const;
  void tell_trouble(const std::string& peer, const Result<void>& judged);
  [[nodiscard]] Result<void> see(const std::string& peer, Shown shown);
  [[nodiscard]] bool is_signed(const std::string& peer, const Bytes& log_key, const std::string& note) const;
  // With the lock held:
  [[nodiscard]] Result<Seen*> remembered(const std::string& peer);
  void look(const std::string& peer, Seen& seen);
  void suspend(const std::string& why);
  void keep_conflict(const char* kind, const std::string& subject, const std::string& first, const std::string& second);
  void keep(const std::string& peer, const std::string& note);

  const Node node_;
  Certificates certificates_;

  std::mutex mutex_;
  std::map<std::string, Seen> seen_;                                            // guarded by mutex_
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> left_behind_;  // guarded by mutex_; told last
  std::set<std::string> awaited_;                                               // guarded by mutex_
  std::map<std::string, std::string> trouble_;                                  // guarded by mutex_; told last
};

}  // namespace chancery::service

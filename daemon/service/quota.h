// How much a peer may make this authority do although nothing of ours asked for it: write reports of transfers nobody
// here permitted and requests for permits that are refused (protocol section 8), and send again all it ever took.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "daemon/service/arrival.h"

namespace chancery::service {

// Each peer has so many in a time (an hour), the same once more counted once; what goes beyond is deferred, and comes
// again. Kept in memory: a restart begins a new one. Thread-safe.
class Quota {
 public:
  static constexpr std::size_t kAtMost = 256;
  static constexpr Duration kWithin = hours(1);
  explicit Quota(std::size_t at_most = kAtMost, Duration within = kWithin) : at_most_(at_most), within_(within) {}

  enum class Place { first, again, beyond };
  Place take(const std::string& peer, const Digest& what, Instant now);
  // How many of them it has taken in the time that runs.
  [[nodiscard]] std::size_t used(const std::string& peer, Instant now) const;
  [[nodiscard]] std::size_t at_most() const { return at_most_; }

 private:
  struct Hour {
    Instant since;
    std::set<Digest> taken;
  };
  [[nodiscard]] bool runs(const Hour& hour, Instant now) const {
    return now >= hour.since && now < hour.since + within_;
  }

  const std::size_t at_most_;
  const Duration within_;
  mutable std::mutex mutex_;
  std::map<std::string, Hour> hours_;  // guarded by mutex_
};

// What a monitor reads of one quota of one peer.
struct QuotaUse {
  std::string_view quota;
  std::uint64_t used;
  std::uint64_t limit;
};

// Whether this is a report of a transfer that no permit of ours waits to hear of, or a second one about it, and not
// known yet. It tells of an attempt without permission, or by a detached grant; or its author made it up.
Result<bool> is_unasked_report(store::Transaction& tx, const Arrived& arrived);

}  // namespace chancery::service

// How much a peer may make this authority write although nothing of ours asked for it: reports of transfers nobody here
// permitted, and requests for permits that are refused (protocol section 8).
#pragma once

#include <map>
#include <set>

#include "daemon/service/arrival.h"

namespace chancery::service {

// Each peer has so many in an hour, the same once more counted once; what goes beyond is deferred, and comes again.
// Kept in memory: a restart begins a new hour. Not thread-safe: of the writer's thread.
class Quota {
 public:
  static constexpr std::size_t kAtMost = 256;
  static constexpr Duration kWithin = hours(1);

  enum class Place { first, again, beyond };
  Place take(const std::string& peer, const Digest& what, Instant now);

 private:
  struct Hour {
    Instant since;
    std::set<Digest> taken;
  };
  std::map<std::string, Hour> hours_;
};

// Whether this is a report of a transfer that no permit of ours waits to hear of, or a second one about it, and not
// known yet. It tells of an attempt without permission, or by a detached grant; or its author made it up.
Result<bool> is_unasked_report(store::Transaction& tx, const Arrived& arrived);

}  // namespace chancery::service

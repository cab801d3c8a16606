// What a store did since it was opened, and how it is now: for whoever watches it.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/journal_entry.h"
#include "daemon/core/receipt.h"

namespace chancery::store {

// How long something took, as a histogram has it: of each upper bound how many took no longer. A value.
class Durations {
 public:
  // Seconds.
  static constexpr std::array kBounds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0};

  void add(std::chrono::steady_clock::duration took);
  // As many as there are bounds, each with what came under the bounds before.
  [[nodiscard]] std::vector<std::uint64_t> cumulative() const;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::array<std::uint64_t, kBounds.size()> within_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

struct Tally {
  // Journal entries that were committed, by their act; of those with reasons, by each reason too.
  std::map<core::Act, std::uint64_t> acts;
  std::map<std::pair<core::Act, std::string>, std::uint64_t> reasons;
  std::map<core::Stage, std::uint64_t> receipts;  // of peers
  Durations commits;                   // groups that were committed: from BEGIN to the end of COMMIT and its sync
  std::uint64_t rolled_back = 0;       // groups that were not
  std::uint64_t rolled_back_full = 0;  // of these, because the disk was full
  std::uint64_t log_moves = 0;         // of the write-ahead log into the database, each with syncs of both
  std::uint64_t turned_away = 0;       // acts that were not taken, because too many waited
  std::uint64_t waiting = 0;           // acts, now
};

// What of the disk a store uses, and what is left, in bytes; what cannot be found out is 0.
struct DiskUse {
  std::uint64_t free = 0;             // for this user
  std::uint64_t for_attachments = 0;  // of it
  std::uint64_t database = 0;
  std::uint64_t log = 0;  // write-ahead
  std::uint64_t attachments = 0;
  std::uint64_t unfinished = 0;  // attachments on their way in
};
DiskUse disk_use(const std::filesystem::path& folder);

}  // namespace chancery::store

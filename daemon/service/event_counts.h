// How often each event of the log happened, whether or not its lines were written.
#pragma once

#include <array>
#include <atomic>
#include <iterator>
#include <memory>

#include "daemon/service/log.h"

namespace chancery::service {

// Thread-safe. A copy counts with the one it was copied from.
class EventCounts {
 public:
  // Counts what goes through it. An event that stands for several (`count`) counts as so many.
  [[nodiscard]] Log counted(Log log) const;
  [[nodiscard]] std::uint64_t of(LogEvent event) const { return (*counts_)[static_cast<std::size_t>(event)]; }

 private:
  using Counts = std::array<std::atomic<std::uint64_t>, std::size(kLogEvents)>;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace chancery::service

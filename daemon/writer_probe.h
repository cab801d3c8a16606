// Whether the store's writer still moves: for the watchdog, which must not take a daemon for dead that works hard.
#pragma once

#include <atomic>
#include <memory>

#include "daemon/store/store.h"

namespace chancery {

class WriterProbe {
 public:
  explicit WriterProbe(store::Store& store) : store_(store) {}
  // True at the first call. Later: the act posted at the last call is done, or the journal grew since. Blocks on
  // nothing. From one thread.
  [[nodiscard]] bool moves();

 private:
  enum class Asked { nothing, waits, done };

  store::Store& store_;
  // Owned by the act too, which may outlive the probe.
  std::shared_ptr<std::atomic<Asked>> asked_ = std::make_shared<std::atomic<Asked>>(Asked::nothing);
  std::uint64_t entries_ = 0;
  bool first_ = true;
};

}  // namespace chancery

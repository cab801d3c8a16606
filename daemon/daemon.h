// The composition root: everything is made here, complete, in the order in which it stands on each other, and taken
// down in the opposite one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "crypto/clock.h"
#include "daemon/config/load.h"
#include "daemon/service/node.h"

namespace chancery {

struct DaemonOptions {
  config::Configuration configuration;
  std::string version;
  service::Log log;
  std::size_t connections = 512;           // of peers, all together
  std::function<void()> on_store_failure;  // once, on the writer's thread
  const Clock& clock;                      // outlives the daemon
};

class Daemon {
 public:
  // Serving when it returns. Errors: those of the keys (the file is named), of the store (corrupt: rolled back), of the
  // sockets, and unavailable while no designation is in force.
  static Result<std::unique_ptr<Daemon>> start(DaemonOptions options);
  // Stops taking calls, lets the running ones end, then the lanes, then the store.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  [[nodiscard]] const std::string& desk() const;  // socket path
  [[nodiscard]] const std::string& peer() const;  // address, with the port taken

  // Whether the writer finished since the last call what it was asked at the one before, or committed anything, and the
  // Desk answers now, within `wait`. While the writer does not, or the disk is full, the health check says NOT_SERVING.
  // Asking makes a store that was full look for room. From one thread.
  [[nodiscard]] bool makes_progress(Duration wait);

  // Reads what is data again: our designations, revocation lists, and the agreement data, which is swapped as a whole;
  // after a fault the old data stays and the faults are logged.
  void reload();

 private:
  class Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery

// Who supervises the process, told as sd_notify(3) tells it: one datagram to $NOTIFY_SOCKET. Written here, because
// libsystemd brings three compressors and libgcrypt into a process that holds keys; the manual calls the protocol
// stable and asks those to speak it themselves who want no such dependency.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace chancery {

class Supervisor {
 public:
  // Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment. Before any thread is started.
  static Supervisor from_environment();

  // Without anybody to tell these do nothing; what cannot be sent is left out.
  void ready(const std::string& status) const;
  void reloading() const;  // `ready` ends it
  void stopping() const;
  void alive() const;  // of a process that is watched

  // How often `alive` has to be told at least. Nothing: nobody watches this process.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
  void tell(const std::string& state) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace chancery

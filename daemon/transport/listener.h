// Our own acceptor in front of gRPC. gRPC 1.51's never accepts again after one EMFILE (CVE-2023-4785); this one keeps a
// descriptor in reserve, turns away what is over a limit, and can shut every connection down.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "crypto/clock.h"
#include "daemon/transport/connections.h"

namespace chancery::transport {

// A bound, listening socket. Owns its descriptor; a Unix socket's file is removed with it.
class Socket {
 public:
  // "127.0.0.1:8443", "[::1]:8443"; port 0 takes a free one. Numeric addresses only. Errors: malformed, unavailable.
  static Result<Socket> tcp(const std::string& endpoint);
  // Mode 0660. The folder belongs to us (or root) and nobody else can write to it; what stands in the way is removed
  // only when it is a socket of ours that nobody answers on. Errors: forbidden, conflict (somebody answers),
  // unavailable.
  static Result<Socket> unix(const std::string& path);

  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) = delete;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  Socket(int descriptor, std::string address, std::string file)
      : descriptor_(descriptor), address_(std::move(address)), file_(std::move(file)) {}
  int descriptor_;
  std::string address_;  // with the port that was taken
  std::string file_;     // of a Unix socket
};

class Listener {
 public:
  // Takes over an accepted descriptor.
  using Hand = std::function<void(int listening, int accepted)>;
  using Tick = std::function<void()>;

  // Accepts on a thread of its own until destroyed; `tick` is called on another forty times a second, beside the guard.
  Listener(Socket socket, Connections& connections, const Clock& clock, Hand hand, Tick tick);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] const std::string& address() const { return socket_.address(); }

 private:
  void accept_all();
  void watch();
  void accept_waiting();
  void turn_one_away();

  Socket socket_;
  Connections& connections_;
  const Clock& clock_;
  Hand hand_;
  Tick tick_;
  int reserve_;
  std::uint64_t serial_ = 0;  // names connections of a Unix socket
  std::atomic<bool> stop_{false};
  std::thread accepting_;
  std::thread watching_;
};

}  // namespace chancery::transport

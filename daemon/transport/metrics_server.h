// A Unix socket that answers `GET /metrics` of HTTP/1.1 and nothing else: `curl --unix-socket FILE
// http://local/metrics`. Whoever may use the Desk's socket may read it. Written here, because an HTTP library
// (libmicrohttpd) brings GnuTLS into a process that holds keys.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "daemon/transport/listener.h"

namespace chancery::transport {

class MetricsServer {
 public:
  // `text` is called on the server's thread, once a request. Errors: those of Socket::unix.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& path, std::function<std::string()> text);
  // Ends an answer that is under way within a second.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

 private:
  MetricsServer(Socket socket, std::function<std::string()> text);
  void serve();
  void answer(int connection);

  Socket socket_;
  std::function<std::string()> text_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace chancery::transport

// The peers' side of the house: our listener, TLS pinned to designations, one Deliver stream an authority.
#pragma once

#include "crypto/clock.h"
#include "daemon/transport/connections.h"
#include "daemon/transport/credentials.h"
#include "daemon/transport/links.h"

namespace chancery::transport {

struct PeerServerOptions {
  std::string listen;  // "127.0.0.1:8443"; port 0 takes a free one
  TlsIdentity identity;
  ConnectionLimits limits;
};

class PeerServer {
 public:
  // References outlive it. Errors: malformed (address), unavailable (cannot listen there).
  static Result<std::unique_ptr<PeerServer>> start(const PeerServerOptions& options, Links& links,
                                                   service::PeerEvents& events, const Clock& clock, service::Log log);
  // Stops accepting, ends every call and waits until no event is running.
  ~PeerServer();
  PeerServer(const PeerServer&) = delete;
  PeerServer& operator=(const PeerServer&) = delete;

  [[nodiscard]] const std::string& address() const;  // with the port taken
  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] std::uint64_t debt(const std::string& peer) const;  // see Connections

 private:
  class Impl;
  explicit PeerServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery::transport

// Asks the Desk what any monitor asks it, the standard health check, over its own socket: the acceptor, TLS and gRPC's
// loop have to work for an answer.
#pragma once

#include "crypto/instant.h"
#include "daemon/transport/credentials.h"

namespace grpc {
class Channel;
}

namespace chancery::transport {

enum class Health { serving, not_serving, silent };

class DeskProbe {
 public:
  // Shows the identity of the daemon itself, and trusts nobody else's. Connects when it asks.
  DeskProbe(const std::string& socket, const TlsIdentity& identity);
  // `silent`: nobody answers within `wait`, or not with a health. From one thread at a time.
  [[nodiscard]] Health ask(Duration wait) const;

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace chancery::transport

// Dials peers: TLS pinned to the one that is called, one Deliver stream, a thread that reads it. What a peer sends on a
// connection that we dialled is held against its use as on one that it dialled: beyond, it is cut and its authority
// barred.
#pragma once

#include "crypto/clock.h"
#include "daemon/transport/connections.h"
#include "daemon/transport/credentials.h"
#include "daemon/transport/links.h"

namespace chancery::transport {

struct PeerClientOptions {
  TlsIdentity identity;
  Duration connect_timeout = seconds(10);
  GuardLimits guard = {};
};

class PeerClient final : public service::PeerNetwork {
 public:
  // References outlive this.
  PeerClient(PeerClientOptions options, Links& links, const Clock& clock, service::Log log);
  // Calls stop().
  ~PeerClient() override;
  PeerClient(const PeerClient&) = delete;
  PeerClient& operator=(const PeerClient&) = delete;

  Result<std::shared_ptr<service::PeerLink>> dial(const std::string& peer, const std::string& endpoint,
                                                  service::PeerEvents& events) override;
  // Closes every link and waits until no event of any is running; later dials are unavailable. To be called while the
  // receiver of the events still lives.
  void stop();
  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] std::uint64_t debt(const std::string& peer) const;  // see Connections

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery::transport

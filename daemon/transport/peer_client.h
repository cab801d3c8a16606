// Dials peers: TLS pinned to the one that is called, one Deliver stream, a thread that reads it.
#pragma once

#include "daemon/transport/credentials.h"
#include "daemon/transport/links.h"

namespace chancery::transport {

struct PeerClientOptions {
  TlsIdentity identity;
  Duration connect_timeout = seconds(10);
};

class PeerClient final : public service::PeerNetwork {
 public:
  PeerClient(PeerClientOptions options, Links& links);
  // Calls stop().
  ~PeerClient() override;
  PeerClient(const PeerClient&) = delete;
  PeerClient& operator=(const PeerClient&) = delete;

  Result<std::shared_ptr<service::PeerLink>> dial(const std::string& peer, const std::string& endpoint,
                                                  service::PeerEvents& events) override;
  // Closes every link and waits until no event of any is running; later dials are unavailable. To be called while the
  // receiver of the events still lives.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery::transport

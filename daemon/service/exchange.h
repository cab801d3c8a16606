// Exchange with peers: takes in what comes over a link and keeps one lane per peer that delivers the durable outbox
// (protocol section 5).
//
// Promises: identical bytes are sent again until answered; a message has exactly one effect here and gets the stored
// receipt again, byte for byte; retry by core::next_attempt, persisted; a slow or dead peer delays nobody else; what is
// in flight to a peer is bounded; nothing is parsed before its signature holds.
#pragma once

#include <atomic>

#include "daemon/core/delivery.h"
#include "daemon/service/node.h"
#include "daemon/service/ports.h"

namespace chancery::service {

struct ExchangeOptions {
  core::RetryPolicy retry;
  std::uint32_t window_messages = 512;  // unanswered messages in flight to one peer
  std::size_t window_bytes = std::size_t{4} << 20;
  std::uint32_t frame_messages = 128;
  Duration heartbeat = seconds(30);  // a peer that says nothing for three of them is gone
  Duration answer = seconds(30);     // a message without an answer for so long is sent again, later and later
};

// What status shows of a peer's lane.
struct LaneStatus {
  bool connected = false;
  std::optional<Instant> last_contact;
  std::string last_error;  // a code, empty when none
  std::int64_t skew_ms = 0;
};

struct QuotaUse;

class Exchange final : public PeerEvents {
 public:
  // Starts a lane for each active peer. `network` outlives this.
  Exchange(Node node, PeerNetwork& network, ExchangeOptions options);
  ~Exchange() override;  // closes all links, stops all lanes
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  bool opened(const std::string& peer, const std::shared_ptr<PeerLink>& link, bool dialled_by_us) override;
  void received(const std::string& peer, const std::shared_ptr<PeerLink>& link, wire::Frame frame) override;
  void malformed(const std::string& peer, const std::shared_ptr<PeerLink>& link) override;
  void closed(const std::string& peer, const std::shared_ptr<PeerLink>& link) override;

  // Something was committed for this peer, or its state or designation changed.
  void wake(const std::string& peer);
  void peers_changed();
  // Our own designation changed: a seal key is issued under it, and every peer hears of both.
  void designated();
  // Asks this provider for a permit; it is recorded when it comes.
  void ask_permit(const std::string& provider, const core::PermitRequest& request);

  [[nodiscard]] LaneStatus status(const std::string& peer) const;
  // Frames and items that were nobody's: counted, never journalled.
  [[nodiscard]] std::uint64_t rejected() const;
  // What the peer used of its quotas.
  [[nodiscard]] std::vector<QuotaUse> quotas(const std::string& peer) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery::service

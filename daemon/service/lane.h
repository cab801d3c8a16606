// One lane per peer: the stream to it, whoever dialled, and the thread that dials and sends. A slow or dead peer keeps
// only its own lane waiting.
#pragma once

#include <condition_variable>
#include <thread>

#include "daemon/service/outgoing.h"

namespace chancery::service {

class Lane {
 public:
  // Starts its thread. References outlive this.
  Lane(Node node, std::string peer, PeerNetwork& network, PeerEvents& events, const ExchangeOptions& options,
       std::shared_ptr<PermitRequests> permits, std::shared_ptr<Histories> histories);
  ~Lane() { stop(); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Whether this stream is the one to keep: of two, that dialled by the smaller id; of one dialler's, the newer.
  bool opened(const std::shared_ptr<PeerLink>& link, bool dialled_by_us);
  void closed(const std::shared_ptr<PeerLink>& link);

  // Waits until one more frame of the peer may be under way; each is ended by `replied`. False when the lane is closed.
  bool admit(const wire::Frame& frame);
  void replied(Reply reply);
  // What the peer's answers change, to be posted.
  [[nodiscard]] std::vector<store::Store::Work> answered(const wire::Frame& frame);
  void tell(const wire::AttachmentState& state);
  [[nodiscard]] bool in_flight(const core::MessageId& id) const { return outgoing_->in_flight(id); }

  // Closes the stream and waits for the thread. Never on the writer's thread, which the lane may be waiting for.
  void stop();
  void wake();
  // What came of comparing what the peer has of us with our store; see Outgoing.
  void meet(const Result<void>& compared);
  [[nodiscard]] bool met() const { return outgoing_->met(); }
  void greet();
  void set_active(bool active);  // a lane that is not has no stream
  void keys_came();              // the peer stated seal keys: what waited for one may go
  [[nodiscard]] LaneStatus status() const;

 private:
  void run();
  void park(const std::shared_ptr<PeerLink>& link, core::ReasonCode why);
  void unpark();
  void dial();
  void drive(const std::shared_ptr<PeerLink>& link);
  void end(const std::shared_ptr<PeerLink>& link, const std::string& error);
  void await(std::unique_lock<std::mutex>& lock, Duration at_most);
  void measure(const wire::Frame& frame);
  [[nodiscard]] bool smaller() const { return node_.identity.authority < peer_; }
  [[nodiscard]] Duration back_off();

  const Node node_;
  const std::string peer_;
  PeerNetwork& network_;
  PeerEvents& events_;
  const ExchangeOptions options_;
  const std::shared_ptr<Histories> histories_;
  const std::shared_ptr<Outgoing> outgoing_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool stopping_ = false;
  bool active_ = true;
  bool woken_ = false;
  std::shared_ptr<PeerLink> link_;
  bool link_is_ours_ = false;
  bool fresh_ = false;  // a stream on which nothing was sent yet
  Steady heard_;
  Steady dial_at_;
  std::uint32_t failed_dials_ = 0;
  std::size_t frames_in_work_ = 0;
  LaneStatus status_;
  std::optional<core::ReasonCode> parked_;

  std::thread thread_;  // last: everything it uses is there
};

}  // namespace chancery::service

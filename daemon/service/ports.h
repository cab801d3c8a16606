// How the network comes in: a link is one open stream to one authenticated peer.
#pragma once

#include <memory>

#include "daemon/wire/frame.h"

namespace chancery::service {

// Thread-safe. A link carries frames both ways until either side closes it.
class PeerLink {
 public:
  virtual ~PeerLink() = default;
  // Queues or writes a frame; blocks while the peer does not read (flow control), at most until the link closes.
  // False when it is closed: nothing is known about what arrived.
  virtual bool send(const wire::Frame& frame) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual bool open() const = 0;
  // So many bytes of a frame that came were of no use, though it could be read.
  virtual void wasted(std::size_t bytes) { (void)bytes; }
};

// What a transport tells of its links; implemented by Exchange. Calls for one link come from one thread at a time.
class PeerEvents {
 public:
  virtual ~PeerEvents() = default;
  // A stream was authenticated as this peer. False: another stream stays (the one dialled by the smaller id), or the
  // peer is not active; the transport closes it.
  virtual bool opened(const std::string& peer, const std::shared_ptr<PeerLink>& link, bool dialled_by_us) = 0;
  // A frame came. Blocks while the services cannot take more: this is the back-pressure.
  virtual void received(const std::string& peer, const std::shared_ptr<PeerLink>& link, wire::Frame frame) = 0;
  // A frame that could not be decoded; counted.
  virtual void malformed(const std::string& peer, const std::shared_ptr<PeerLink>& link) = 0;
  virtual void closed(const std::string& peer, const std::shared_ptr<PeerLink>& link) = 0;
};

// Dials peers. `opened` is called before `dial` returns a link; `received` and `closed` come from a thread of its own.
class PeerNetwork {
 public:
  virtual ~PeerNetwork() = default;
  // unavailable when nobody answers within the connect timeout, unauthenticated when it is not this peer.
  virtual Result<std::shared_ptr<PeerLink>> dial(const std::string& peer, const std::string& endpoint,
                                                 PeerEvents& events) = 0;
};

}  // namespace chancery::service

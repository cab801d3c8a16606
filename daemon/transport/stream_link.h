// A PeerLink over one gRPC stream, whichever end opened it: bytes in, bytes out, and a way to cancel. What it works on
// lives as long as the call; `detach` ends the connection between the two before the call ends.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "daemon/service/ports.h"

namespace chancery::transport {

// Bytes of one frame may be a little over what wire accepts, so that wire, not gRPC, is the one to say so.
inline constexpr int kMaxReceived = static_cast<int>(wire::kMaxFrame) + (64 << 10);

struct Stream {
  std::function<bool(const Bytes& frame)> write;      // blocks while the peer does not read; false when it is over
  std::function<std::optional<Bytes>()> read;         // blocks; nothing when it is over
  std::function<void()> cancel;                       // makes both return
  std::function<void(std::size_t bytes)> credit_in;   // a frame of this size was of use
  std::function<void(std::size_t bytes)> credit_out;  // a frame of this size was sent
  std::function<void(std::size_t bytes)> wasted;      // so much of what was of use was of none after all
};

class StreamLink final : public service::PeerLink {
 public:
  explicit StreamLink(Stream stream) : stream_(std::move(stream)) {}

  bool send(const wire::Frame& frame) override;
  void close() override;
  [[nodiscard]] bool open() const override { return open_; }
  void wasted(std::size_t bytes) override;

  // After this nothing of the stream is touched any more. Waits for writers, which the cancelling frees.
  void detach();

 private:
  friend bool pump(const std::string& peer, const std::shared_ptr<StreamLink>& link, service::PeerEvents& events);
  Stream stream_;
  std::atomic<bool> open_{true};
  std::mutex writing_;  // one writer at a time
  std::mutex state_;    // guards attached_ against a late cancel
  bool attached_ = true;
};

// Reads until the stream is over and tells `events`; ends with detached link and `closed`. False: it was of no use, as
// it brought no frame, or something that is none.
bool pump(const std::string& peer, const std::shared_ptr<StreamLink>& link, service::PeerEvents& events);

}  // namespace chancery::transport

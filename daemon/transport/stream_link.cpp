#include "daemon/transport/stream_link.h"

namespace chancery::transport {

bool StreamLink::send(const wire::Frame& frame) {
  const auto bytes = wire::encode_frame(frame);
  const std::lock_guard lock(writing_);
  if (!open_) return false;
  stream_.credit_out(bytes.size());
  if (stream_.write(bytes)) return true;
  close();
  return false;
}

void StreamLink::close() {
  open_ = false;
  const std::lock_guard lock(state_);
  if (attached_) stream_.cancel();
}

void StreamLink::wasted(std::size_t bytes) {
  const std::lock_guard lock(state_);
  if (attached_) stream_.wasted(bytes);
}

void StreamLink::detach() {
  close();
  const std::lock_guard write_lock(writing_);
  const std::lock_guard lock(state_);
  attached_ = false;
}

bool pump(const std::string& peer, const std::shared_ptr<StreamLink>& link, service::PeerEvents& events) {
  bool useful = false;
  while (link->open()) {
    const auto bytes = link->stream_.read();
    if (!bytes) break;
    auto frame = wire::decode_frame(*bytes);
    useful = frame.has_value();
    if (!useful) {
      events.malformed(peer, link);
      continue;
    }
    // Only what can be read pays for itself: a flood of nonsense runs into the guard.
    link->stream_.credit_in(bytes->size());
    events.received(peer, link, std::move(*frame));
  }
  link->detach();
  events.closed(peer, link);
  return useful;
}

}  // namespace chancery::transport

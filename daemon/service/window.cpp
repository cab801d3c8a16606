#include "daemon/service/window.h"

namespace chancery::service {

void Window::add(const InFlight& message) {
  remove(message.id);
  bytes_ += message.bytes;
  by_digest_[message.digest] = message.id;
  by_id_[message.id] = message;
}

const InFlight* Window::find(const Digest& digest) const {
  const auto id = by_digest_.find(digest);
  return id == by_digest_.end() ? nullptr : &by_id_.at(id->second);
}

std::vector<core::MessageId> Window::ids() const {
  std::vector<core::MessageId> all;
  for (const auto& [id, message] : by_id_) all.push_back(id);
  return all;
}

void Window::remove(const core::MessageId& id) {
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return;
  bytes_ -= known->second.bytes;
  by_digest_.erase(known->second.digest);
  by_id_.erase(known);
}

void Window::clear() {
  by_id_.clear();
  by_digest_.clear();
  bytes_ = 0;
}

std::vector<InFlight> Window::overdue(Steady limit, Steady now) {
  std::vector<InFlight> out;
  for (auto& [id, message] : by_id_) {
    if (message.sent >= limit) continue;
    message.sent = now;
    out.push_back(message);
  }
  return out;
}

}  // namespace chancery::service

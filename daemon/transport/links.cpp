#include "daemon/transport/links.h"

#include <vector>

namespace chancery::transport {

void Links::add(const std::string& peer, const Digest& leaf, const std::weak_ptr<service::PeerLink>& link) {
  const std::lock_guard lock(mutex_);
  entries_.remove_if([](const Entry& entry) { return entry.link.expired(); });
  entries_.push_back({peer, leaf, link});
}

void Links::recheck() {
  std::vector<std::shared_ptr<service::PeerLink>> fallen;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : entries_) {
      auto link = entry.link.lock();
      if (link && link->open() && peer_of_(entry.leaf) != entry.peer) fallen.push_back(std::move(link));
    }
  }
  for (const auto& link : fallen) link->close();
}

void Links::close_all() {
  std::vector<std::shared_ptr<service::PeerLink>> open;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : entries_)
      if (auto link = entry.link.lock()) open.push_back(std::move(link));
  }
  for (const auto& link : open) link->close();
}

}  // namespace chancery::transport

// The open streams to peers, ours and theirs, so that each can be closed when its certificate stops standing for its
// authority: suspended, replaced, run out.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "crypto/digest.h"
#include "daemon/service/ports.h"

namespace chancery::transport {

// The active peer whose TLS certificate this is now (never ourselves). Thread-safe; called often.
using PeerOfLeaf = std::function<std::optional<std::string>(const Digest& leaf)>;

// Thread-safe.
class Links {
 public:
  explicit Links(PeerOfLeaf peer_of) : peer_of_(std::move(peer_of)) {}

  [[nodiscard]] std::optional<std::string> peer_of(const Digest& leaf) const { return peer_of_(leaf); }
  void add(const std::string& peer, const Digest& leaf, const std::weak_ptr<service::PeerLink>& link);
  // Closes the links whose certificate does not stand for their peer any more.
  void recheck();
  void close_all();

 private:
  struct Entry {
    std::string peer;
    Digest leaf;
    std::weak_ptr<service::PeerLink> link;
  };
  PeerOfLeaf peer_of_;
  std::mutex mutex_;
  std::list<Entry> entries_;
};

}  // namespace chancery::transport

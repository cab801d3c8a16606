// Two ends of the peer transport in one process: keys, certificates, who trusts whom, and events that are written down.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <set>

#include "daemon/transport/peer_client.h"
#include "daemon/transport/peer_exchange.h"

namespace chancery::test {

struct Party {
  std::string id;
  transport::TlsIdentity tls;
  Digest leaf;
};
Party make_party(const std::string& id);

// Which certificate stands for whom; changed while servers run.
class Trust {
 public:
  void add(const Party& party);
  void drop(const std::string& id);
  [[nodiscard]] std::optional<std::string> peer_of(const Digest& leaf) const;

 private:
  mutable std::mutex mutex_;
  std::map<Digest, std::string> peers_;
};

class FakeEvents final : public service::PeerEvents {
 public:
  bool opened(const std::string& peer, const std::shared_ptr<service::PeerLink>& link, bool dialled_by_us) override;
  void received(const std::string& peer, const std::shared_ptr<service::PeerLink>& link, wire::Frame frame) override;
  void malformed(const std::string& peer, const std::shared_ptr<service::PeerLink>& link) override;
  void closed(const std::string& peer, const std::shared_ptr<service::PeerLink>& link) override;

  // False after ten seconds.
  bool wait_for_frames(std::size_t count);
  bool wait_for_opened(std::size_t count);
  bool wait_for_closed(std::size_t count);
  bool wait_for_malformed(std::size_t count);
  [[nodiscard]] std::vector<wire::Frame> frames() const;
  [[nodiscard]] std::size_t times_opened() const;
  [[nodiscard]] std::shared_ptr<service::PeerLink> link() const;

  bool accept = true;

 private:
  template <class Condition>
  bool wait(Condition condition);
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<service::PeerLink> link_;
  std::vector<wire::Frame> frames_;
  std::size_t opened_ = 0;
  std::size_t closed_ = 0;
  std::size_t malformed_ = 0;
};

// An authority's transport: a server on a free port of 127.0.0.1 and a client.
struct End {
  End(Party who, const Trust& trust, transport::ConnectionLimits limits = {});
  ~End();

  Party party;
  FakeEvents events;
  SystemClock clock;
  transport::Links links;
  transport::PeerClient client;
  std::unique_ptr<transport::PeerServer> server;
};

// cn-example and ru-example, who trust each other.
struct Pair {
  Pair();
  Trust trust;
  Party cn = make_party("cn-example");
  Party ru = make_party("ru-example");
  std::unique_ptr<End> left;
  std::unique_ptr<End> right;

  Result<std::shared_ptr<service::PeerLink>> dial() const {
    return left->client.dial("ru-example", right->server->address(), left->events);
  }
};

wire::Frame heartbeat(std::uint64_t sequence);

}  // namespace chancery::test

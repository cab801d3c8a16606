#include "tests/unit/transport/ends.h"

namespace chancery::test {

// A leaf under an anchor of its own, as `chancery init` makes them.
Party make_party(const std::string& id) {
  const auto now = SystemClock().now();
  auto anchor_key = crypto::PrivateKey::generate(crypto::Suite::p256).value();
  const crypto::CertificateRequest of_anchor{id, crypto::CertificateUse::anchor, now - hours(2), now + days(2)};
  const auto anchor = crypto::issue_certificate(of_anchor, anchor_key.public_key(), anchor_key, nullptr).value();
  const auto key = crypto::PrivateKey::generate(crypto::Suite::p256).value();
  const crypto::CertificateRequest of_leaf{id, crypto::CertificateUse::tls, now - hours(1), now + days(1)};
  const auto leaf = crypto::issue_certificate(of_leaf, key.public_key(), anchor_key, &anchor).value();
  return {id, {leaf.pem(), std::make_shared<const crypto::SecretBytes>(key.to_pem())}, leaf.id()};
}

void Trust::add(const Party& party) {
  const std::lock_guard lock(mutex_);
  peers_[party.leaf] = party.id;
}

void Trust::drop(const std::string& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(peers_, [&](const auto& entry) { return entry.second == id; });
}

std::optional<std::string> Trust::peer_of(const Digest& leaf) const {
  const std::lock_guard lock(mutex_);
  const auto it = peers_.find(leaf);
  if (it == peers_.end()) return std::nullopt;
  return it->second;
}

bool FakeEvents::opened(const std::string& /*peer*/, const std::shared_ptr<service::PeerLink>& link,
                        bool /*dialled_by_us*/) {
  const std::lock_guard lock(mutex_);
  if (!accept) return false;
  link_ = link;
  ++opened_;
  changed_.notify_all();
  return true;
}

void FakeEvents::received(const std::string& /*peer*/, const std::shared_ptr<service::PeerLink>& /*link*/,
                          wire::Frame frame) {
  const std::lock_guard lock(mutex_);
  frames_.push_back(std::move(frame));
  changed_.notify_all();
}

void FakeEvents::malformed(const std::string& /*peer*/, const std::shared_ptr<service::PeerLink>& /*link*/) {
  const std::lock_guard lock(mutex_);
  ++malformed_;
  changed_.notify_all();
}

void FakeEvents::closed(const std::string& /*peer*/, const std::shared_ptr<service::PeerLink>& /*link*/) {
  const std::lock_guard lock(mutex_);
  ++closed_;
  changed_.notify_all();
}

template <class Condition>
bool FakeEvents::wait(Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), condition);
}

bool FakeEvents::wait_for_frames(std::size_t count) {
  return wait([&] { return frames_.size() >= count; });
}
bool FakeEvents::wait_for_opened(std::size_t count) {
  return wait([&] { return opened_ >= count; });
}
bool FakeEvents::wait_for_closed(std::size_t count) {
  return wait([&] { return closed_ >= count; });
}
bool FakeEvents::wait_for_malformed(std::size_t count) {
  return wait([&] { return malformed_ >= count; });
}

std::vector<wire::Frame> FakeEvents::frames() const {
  const std::lock_guard lock(mutex_);
  return frames_;
}

std::size_t FakeEvents::times_opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

std::shared_ptr<service::PeerLink> FakeEvents::link() const {
  const std::lock_guard lock(mutex_);
  return link_;
}

End::End(Party who, const Trust& trust, transport::ConnectionLimits limits)
    : party(std::move(who)),
      links([&trust](const Digest& leaf) { return trust.peer_of(leaf); }),
      client({party.tls, seconds(5), limits.guard}, links, clock, [](const service::LogLine&) {}) {
  transport::prepare_libraries();
  server = transport::PeerServer::start({"127.0.0.1:0", party.tls, limits}, links, events, clock,
                                        [](const service::LogLine&) {})
               .value();
}

End::~End() {
  server.reset();
  client.stop();
}

Pair::Pair() {
  trust.add(cn);
  trust.add(ru);
  left = std::make_unique<End>(cn, trust);
  right = std::make_unique<End>(ru, trust);
}

wire::Frame heartbeat(std::uint64_t sequence) {
  wire::Frame frame;
  frame.heartbeat = wire::Heartbeat{1, sequence, {}};
  return frame;
}

}  // namespace chancery::test

#include "daemon/service/exchange.h"

#include <set>

#include "daemon/service/lane.h"
#include "daemon/service/reissue.h"
#include "daemon/service/reports.h"

namespace chancery::service {

namespace {

constexpr auto kHousekeeping = std::chrono::minutes(1);
constexpr auto kFarewell = std::chrono::seconds(10);  // for transports to say that their streams are closed

}  // namespace

class Exchange::Impl {
 public:
  Impl(Node node, PeerNetwork& network, PeerEvents& events, ExchangeOptions options)
      : node_(std::move(node)),
        network_(network),
        events_(events),
        options_(options),
        permits_(std::make_shared<PermitRequests>([this](const std::string& peer) { wake(peer); })),
        receiver_(std::make_shared<Receiver>(node_, permits_)) {}

  // Apart from the constructor: lanes call back through the Exchange, which has to have us first.
  void start() {
    renew();
    peers_changed();
    housekeeper_ = std::thread([this] { keep_house(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    housekeeper_.join();
    stop_lanes();
    // Calls under way end first, and the transports say that their streams are closed.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kFarewell, [this] { return links_.empty() && calls_ == 0; });
    lock.unlock();
    // What they posted calls back here.
    (void)node_.store.run<int>(0, [](store::Transaction&) -> Result<int> { return 0; });
  }

  bool opened(const std::string& peer, const std::shared_ptr<PeerLink>& link, bool dialled_by_us) {
    const auto lane = find(peer);
    if (!lane) return false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      links_.insert(link.get());
    }
    if (lane->opened(link, dialled_by_us)) return true;
    forget(link);
    return false;
  }

  void received(const std::string& peer, wire::Frame frame) {
    const auto lane = find(peer);
    if (!lane) return;
    const Call call(*this);
    if (!lane->admit(frame)) return;
    const bool keys = !frame.seal_keys.empty();
    auto acts = lane->answered(frame.answers);
    receiver_->take(
        peer, std::move(frame), [&](const core::MessageId& id) { return lane->in_flight(id); }, std::move(acts),
        [this, lane](Reply reply) {
          const bool owes = reply.owes;
          lane->replied(std::move(reply));
          if (owes) look_again();
        });
    if (keys) look_again();
  }

  void malformed(const std::string& peer, const std::shared_ptr<PeerLink>& link) {
    receiver_->count_rejected(1);
    node_.log(LogLevel::warning, "malformed", peer);
    link->close();
  }

  void closed(const std::string& peer, const std::shared_ptr<PeerLink>& link) {
    if (const auto lane = find(peer)) lane->closed(link);
    forget(link);
  }

  void wake(const std::string& peer) {
    if (const auto lane = find(peer)) lane->wake();
  }

  void ask_permit(const std::string& provider, const core::PermitRequest& request) { permits_->ask(provider, request); }

  // A lane for each peer that is active; one that was and is no more keeps quiet.
  void peers_changed() {
    const auto directory = node_.store.directory();
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    for (const auto& [peer, entry] : directory->entries()) {
      if (peer == node_.identity.authority) continue;
      const bool active = entry.state == core::PeerState::active;
      const auto known = lanes_.find(peer);
      if (known != lanes_.end())
        known->second->set_active(active);
      else if (active)
        lanes_.emplace(peer, std::make_shared<Lane>(node_, peer, network_, events_, options_, permits_));
    }
  }

  [[nodiscard]] LaneStatus status(const std::string& peer) const {
    const auto lane = find(peer);
    return lane ? lane->status() : LaneStatus();
  }

  [[nodiscard]] std::uint64_t rejected() const { return receiver_->rejected(); }

 private:
  // A call of a transport that is inside us.
  class Call {
   public:
    explicit Call(Impl& impl) : impl_(impl) {
      const std::lock_guard lock(impl_.mutex_);
      ++impl_.calls_;
    }
    ~Call() {
      const std::lock_guard lock(impl_.mutex_);
      --impl_.calls_;
      impl_.changed_.notify_all();
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Impl& impl_;
  };

  [[nodiscard]] std::shared_ptr<Lane> find(const std::string& peer) const {
    const std::lock_guard lock(mutex_);
    const auto known = lanes_.find(peer);
    return known == lanes_.end() ? nullptr : known->second;
  }

  void forget(const std::shared_ptr<PeerLink>& link) {
    const std::lock_guard lock(mutex_);
    links_.erase(link.get());
    changed_.notify_all();
  }

  void stop_lanes() {
    std::map<std::string, std::shared_ptr<Lane>> lanes;
    {
      const std::lock_guard lock(mutex_);
      lanes = lanes_;
    }
    for (const auto& [peer, lane] : lanes) lane->stop();
  }

  void renew() {
    const auto issued = receiver_->keys().renew();
    if (!issued.has_value()) node_.log(LogLevel::error, "seal-key", issued.error().detail);
    if (!issued.has_value() || !*issued) return;
    const std::lock_guard lock(mutex_);
    for (const auto& [peer, lane] : lanes_) lane->greet();
  }

  // A peer has stated keys: what waits for one may go.
  void look_again() {
    const std::lock_guard lock(mutex_);
    look_again_ = true;
    changed_.notify_all();
  }

  void send_again() {
    const auto due = due_reissues(node_);
    if (!due.has_value()) return node_.log(LogLevel::error, "reissue", due.error().detail);
    for (const auto& one : *due) {
      if (stopping()) return;
      const auto done = reissue(node_, one);
      if (done.has_value()) {
        wake(one.peer);
        continue;
      }
      node_.log(LogLevel::error, "reissue", core::to_string(one.message) + ": " + done.error().detail);
      if (done.error().code == Errc::unavailable || done.error().code == Errc::busy) return;
    }
  }

  void send_owed() {
    const auto told = send_reports(node_);
    if (!told.has_value()) return node_.log(LogLevel::error, "report", told.error().detail);
    for (const auto& peer : *told) wake(peer);
  }

  [[nodiscard]] bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  // Looks for what may go again at the start, whenever keys came, and as time goes on: one may have come into force.
  void keep_house() {
    auto renewed = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      look_again_ = false;
      lock.unlock();
      if (std::chrono::steady_clock::now() - renewed >= kHousekeeping) {
        renew();
        renewed = std::chrono::steady_clock::now();
      }
      send_again();
      send_owed();
      lock.lock();
      changed_.wait_until(lock, renewed + kHousekeeping, [this] { return stopping_ || look_again_; });
    }
  }

  Node node_;
  PeerNetwork& network_;
  PeerEvents& events_;
  ExchangeOptions options_;
  std::shared_ptr<PermitRequests> permits_;
  std::shared_ptr<Receiver> receiver_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                               // guarded by mutex_
  bool look_again_ = false;                             // guarded by mutex_
  std::size_t calls_ = 0;                               // guarded by mutex_
  std::set<const PeerLink*> links_;                     // guarded by mutex_; opened and not closed
  std::map<std::string, std::shared_ptr<Lane>> lanes_;  // guarded by mutex_
  std::thread housekeeper_;
};

Exchange::Exchange(Node node, PeerNetwork& network, ExchangeOptions options)
    : impl_(std::make_unique<Impl>(std::move(node), network, *this, options)) {
  impl_->start();
}

Exchange::~Exchange() { impl_->stop(); }

bool Exchange::opened(const std::string& peer, const std::shared_ptr<PeerLink>& link, bool dialled_by_us) {
  return impl_->opened(peer, link, dialled_by_us);
}

void Exchange::received(const std::string& peer, const std::shared_ptr<PeerLink>& link, wire::Frame frame) {
  (void)link;  // what a stream brought counts whether or not it is still the one
  impl_->received(peer, std::move(frame));
}

void Exchange::malformed(const std::string& peer, const std::shared_ptr<PeerLink>& link) {
  impl_->malformed(peer, link);
}

void Exchange::closed(const std::string& peer, const std::shared_ptr<PeerLink>& link) { impl_->closed(peer, link); }

void Exchange::wake(const std::string& peer) { impl_->wake(peer); }

void Exchange::peers_changed() { impl_->peers_changed(); }

void Exchange::ask_permit(const std::string& provider, const core::PermitRequest& request) {
  impl_->ask_permit(provider, request);
}

LaneStatus Exchange::status(const std::string& peer) const { return impl_->status(peer); }

std::uint64_t Exchange::rejected() const { return impl_->rejected(); }

}  // namespace chancery::service

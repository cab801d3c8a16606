#include "daemon/service/exchange.h"

#include <atomic>
#include <set>

#include "daemon/service/lane.h"
#include "daemon/service/reissue.h"
#include "daemon/service/reports.h"

namespace chancery::service {

namespace {

constexpr auto kHousekeeping = std::chrono::minutes(1);
constexpr auto kFarewell = std::chrono::seconds(10);  // for transports to say that their streams are closed

// Of a peer that has not shown what it has of us we learn who it is, and sign nothing for it: the rest comes again.
wire::Frame introduction(wire::Frame frame) {
  wire::Frame out;
  out.signatures = std::move(frame.signatures);
  out.designations = std::move(frame.designations);
  out.seal_keys = std::move(frame.seal_keys);
  out.data_versions = std::move(frame.data_versions);
  return out;
}

}  // namespace

class Exchange::Impl {
 public:
  Impl(Node node, PeerNetwork& network, PeerEvents& events, ExchangeOptions options)
      : node_(std::move(node)),
        network_(network),
        events_(events),
        options_(options),
        permits_(std::make_shared<PermitRequests>([this](const std::string& peer) { wake(peer); })),
        histories_(std::make_shared<Histories>(node_)),
        attachments_(
            std::make_shared<ArrivingAttachments>(node_,
                                                  [this](const std::string& peer, const wire::AttachmentState& state) {
                                                    if (const auto lane = find(peer)) lane->tell(state);
                                                  })),
        receiver_(std::make_shared<Receiver>(node_, permits_, attachments_)) {}

  // Apart from the constructor: lanes call back through the Exchange, which has to have us first.
  void start() {
    histories_->await(active_peers());
    // Lanes first: what they hear lets the writer go on, and what we sign now waits for that.
    peers_changed();
    renew();
    housekeeper_ = std::thread([this] { keep_house(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    housekeeper_.join();
    attachments_->stop();
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

  void received(const std::string& peer, const std::shared_ptr<PeerLink>& link, wire::Frame frame) {
    const auto lane = find(peer);
    if (!lane) return;
    const Call call(*this);
    if (!lane->admit(frame)) return;
    const bool keys = !frame.seal_keys.empty();
    if (frame.heartbeat) lane->meet(histories_->take(peer, frame));
    if (!lane->met()) frame = introduction(std::move(frame));
    auto acts = lane->answered(frame);
    const auto wasted = receiver_->take(
        peer, std::move(frame), [&](const core::MessageId& id) { return lane->in_flight(id); }, std::move(acts),
        [this, lane](Reply reply) {
          const bool owes = reply.owes;
          lane->replied(std::move(reply));
          if (owes) look_again();
        });
    if (wasted > 0) link->wasted(wasted);
    if (keys) {
      look_again();
      lane->keys_came();
    }
  }

  void malformed(const std::string& peer, const std::shared_ptr<PeerLink>& link) {
    receiver_->count_rejected(1);
    node_.log(log_line<LogEvent::peer_malformed>(peer));
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

  [[nodiscard]] std::set<std::string> active_peers() const {
    std::set<std::string> peers;
    const auto directory = node_.store.directory();
    for (const auto& [peer, entry] : directory->entries())
      if (peer != node_.identity.authority && !why_parked(node_, peer)) peers.insert(peer);
    return peers;
  }

  // A lane for each peer that is verified; that of a suspended one keeps quiet and says so.
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
      else if (entry.state != core::PeerState::unverified)
        lanes_.emplace(peer, std::make_shared<Lane>(node_, peer, network_, events_, options_, permits_, histories_))
            .first->second->set_active(active);
    }
  }

  void designated() {
    (void)renew_seal_key();
    const std::lock_guard lock(mutex_);
    for (const auto& [peer, lane] : lanes_) lane->greet();
  }

  [[nodiscard]] LaneStatus status(const std::string& peer) const {
    const auto lane = find(peer);
    return lane ? lane->status() : LaneStatus();
  }

  [[nodiscard]] std::uint64_t rejected() const { return receiver_->rejected(); }
  [[nodiscard]] std::vector<QuotaUse> quotas(const std::string& peer) const { return receiver_->quotas(peer); }

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

  // Whether there is a new one. Without a designation in force there can be none, and that is said once.
  bool renew_seal_key() {
    const auto& self = node_.identity.authority;
    const auto issued = receiver_->keys().renew();
    const bool designated = node_.store.directory()->designation(self, node_.clock.now()) != nullptr;
    if (designated_.exchange(designated) && !designated) node_.log(log_line<LogEvent::designation_ended>(self));
    if (!issued.has_value() && designated) node_.log(log_line<LogEvent::seal_key_failed>(issued.error().detail));
    return issued.value_or(false);
  }

  void renew() {
    if (!renew_seal_key()) return;
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
    if (!due.has_value()) return node_.log(log_line<LogEvent::reissue_failed>("-", due.error().detail));
    for (const auto& one : *due) {
      if (stopping()) return;
      const auto done = reissue(node_, one);
      if (done.has_value()) {
        wake(one.peer);
        continue;
      }
      node_.log(log_line<LogEvent::reissue_failed>(core::to_string(one.message), done.error().detail));
      if (done.error().code == Errc::unavailable || done.error().code == Errc::busy) return;
    }
  }

  void send_owed() {
    const auto told = send_reports(node_);
    if (!told.has_value()) return node_.log(log_line<LogEvent::report_failed>("-", told.error().detail));
    for (const auto& peer : *told) wake(peer);
  }

  // Attachments that nobody went on with, and uploads nobody used.
  void drop_unfinished() {
    attachments_->expire();
    // Not a matter of minutes, and every file is asked for.
    if (minutes_++ % 60 == 0)
      node_.store.attachments().sweep(node_.clock.now() - kKeepUnfinished - kKeepUnfinished,
                                      [this](const Digest& root) {
                                        const auto named = node_.store.reader().attachment(root);
                                        return !named.has_value() || named->has_value();
                                      });
    const auto before = node_.clock.now() - kKeepUnfinished;
    const auto done =
        node_.store.run<void>(0, [before](store::Transaction& tx) { return tx.drop_unused_uploads(before); });
    if (!done.has_value()) node_.log(log_line<LogEvent::attachment_failed>("-", done.error().detail));
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
        drop_unfinished();
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
  std::shared_ptr<Histories> histories_;
  std::shared_ptr<ArrivingAttachments> attachments_;
  std::shared_ptr<Receiver> receiver_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                               // guarded by mutex_
  std::uint64_t minutes_ = 0;                           // of the housekeeper
  std::atomic<bool> designated_{true};                  // when it was last looked at
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
  // What a stream brought counts whether or not it is still the one.
  impl_->received(peer, link, std::move(frame));
}

void Exchange::malformed(const std::string& peer, const std::shared_ptr<PeerLink>& link) {
  impl_->malformed(peer, link);
}

void Exchange::closed(const std::string& peer, const std::shared_ptr<PeerLink>& link) { impl_->closed(peer, link); }

void Exchange::wake(const std::string& peer) { impl_->wake(peer); }

void Exchange::peers_changed() { impl_->peers_changed(); }

void Exchange::designated() { impl_->designated(); }

void Exchange::ask_permit(const std::string& provider, const core::PermitRequest& request) {
  impl_->ask_permit(provider, request);
}

LaneStatus Exchange::status(const std::string& peer) const { return impl_->status(peer); }

std::uint64_t Exchange::rejected() const { return impl_->rejected(); }
std::vector<QuotaUse> Exchange::quotas(const std::string& peer) const { return impl_->quotas(peer); }

}  // namespace chancery::service

#include "daemon/service/lane.h"

#include <algorithm>

namespace chancery::service {

namespace {

constexpr std::size_t kFramesInWork = 4;  // of one peer; more wait in its stream
constexpr Duration kIdle = seconds(1);
constexpr Duration kFirstDial{250};
constexpr const char* kSuspended = "suspended";
constexpr const char* kHistory = "history";
constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999

}  // namespace

Lane::Lane(Node node, std::string peer, PeerNetwork& network, PeerEvents& events, const ExchangeOptions& options,
           std::shared_ptr<PermitRequests> permits, std::shared_ptr<Histories> histories)
    : node_(std::move(node)),
      peer_(std::move(peer)),
      network_(network),
      events_(events),
      options_(options),
      histories_(std::move(histories)),
      outgoing_(std::make_shared<Outgoing>(node_, peer_, options, std::move(permits), histories_)),
      // The smaller id dials first; the other gives it a moment, so that two streams are the exception. A short one:
      // the smaller may be long up and wait, and what a peer has of us is to be known before much is signed.
      dial_at_(smaller() ? now() : now() + in_ms(std::min(options.retry.first, kFirstDial))),
      thread_([this] { run(); }) {}

void Lane::stop() {
  std::shared_ptr<PeerLink> link;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    link = std::move(link_);
    changed_.notify_all();
  }
  if (link) link->close();
  if (thread_.joinable()) thread_.join();
}

bool Lane::opened(const std::shared_ptr<PeerLink>& link, bool dialled_by_us) {
  std::shared_ptr<PeerLink> replaced;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !active_ || node_.store.suspended() || why_parked(node_, peer_)) return false;
    const bool preferred = dialled_by_us == smaller();
    if (link_ && link_->open() && link_is_ours_ != dialled_by_us && !preferred) return false;
    replaced = std::exchange(link_, link);
    link_is_ours_ = dialled_by_us;
    fresh_ = true;
    failed_dials_ = 0;
    heard_ = now();
    status_.connected = true;
    status_.last_error.clear();
    changed_.notify_all();
  }
  if (replaced) replaced->close();
  return true;
}

void Lane::closed(const std::shared_ptr<PeerLink>& link) { end(link, ""); }

// The stream is over; whoever is to dial waits a moment first.
void Lane::end(const std::shared_ptr<PeerLink>& link, const std::string& error) {
  {
    const std::lock_guard lock(mutex_);
    if (link_ != link) return;
    link_.reset();
    status_.connected = false;
    if (!error.empty()) status_.last_error = error;
    dial_at_ = now() + in_ms(back_off()) + (smaller() ? in_ms({0}) : in_ms(options_.retry.first));
    changed_.notify_all();
  }
  link->close();
}

bool Lane::admit(const wire::Frame& frame) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !active_ || frames_in_work_ < kFramesInWork; });
  if (stopping_ || !active_) return false;
  ++frames_in_work_;
  heard_ = now();
  status_.last_contact = node_.clock.now();
  measure(frame);
  return true;
}

// How far the peer's clock is from ours, as its freshest signature shows; receipts are signed just before they come.
void Lane::measure(const wire::Frame& frame) {
  if (frame.receipts.empty()) return;
  std::int64_t newest = 0;
  for (const auto& signature : frame.signatures) newest = std::max(newest, signature.signing_time);
  // Nobody has checked it yet: any number may stand there.
  newest = std::min(newest, kLastSecond);
  const auto skew = newest * 1000 - node_.clock.now().ms;
  status_.skew_ms = skew > -2000 && skew < 1000 ? 0 : skew;  // signing times have whole seconds
}

void Lane::replied(Reply reply) {
  const bool room = outgoing_->reply(std::move(reply));
  std::shared_ptr<PeerLink> link;
  {
    const std::lock_guard lock(mutex_);
    --frames_in_work_;
    woken_ = true;
    if (!room) link = link_;
    changed_.notify_all();
  }
  if (link) link->close();
}

std::vector<store::Store::Work> Lane::answered(const wire::Frame& frame) {
  if (frame.answers.empty() && frame.attachment_states.empty()) return {};
  auto acts = outgoing_->answered(frame.answers);
  for (auto& act : outgoing_->told(frame.attachment_states)) acts.push_back(std::move(act));
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
  return acts;
}

void Lane::tell(const wire::AttachmentState& state) {
  outgoing_->tell(state);
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Lane::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Lane::meet(const Result<void>& compared) {
  outgoing_->meet(compared.has_value());
  {
    const std::lock_guard lock(mutex_);
    if (!compared.has_value())
      status_.last_error = kHistory;
    else if (status_.last_error == kHistory)
      status_.last_error.clear();
  }
  wake();
}

void Lane::greet() {
  outgoing_->greet();
  wake();
}

void Lane::keys_came() { outgoing_->keys_came(); }

void Lane::set_active(bool active) {
  std::shared_ptr<PeerLink> link;
  {
    const std::lock_guard lock(mutex_);
    if (active && !active_) dial_at_ = now();
    active_ = active;
    woken_ = true;
    if (!active) link = link_;
    changed_.notify_all();
  }
  if (link) end(link, "");
}

LaneStatus Lane::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

// ---- the thread

void Lane::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto link = link_;
    if (!link) outgoing_->leave();
    const auto why = why_parked(node_, peer_);
    if (parked_ && !why) unpark();
    if (node_.store.suspended()) {
      lock.unlock();
      if (link) end(link, kSuspended);
      lock.lock();
      status_.last_error = kSuspended;
      await(lock, kIdle);
    } else if (why) {
      lock.unlock();
      park(link, *why);
      lock.lock();
      await(lock, kIdle);
    } else if (!active_) {
      await(lock, kIdle);
    } else if (link) {
      if (std::exchange(fresh_, false)) outgoing_->restart();
      woken_ = false;
      lock.unlock();
      drive(link);
      lock.lock();
    } else if (now() < dial_at_) {
      await(lock, {std::chrono::ceil<std::chrono::milliseconds>(dial_at_ - now()).count()});
    } else {
      lock.unlock();
      dial();
      lock.lock();
    }
  }
}

// Nothing is exchanged with the peer: no stream, and nobody dials. What waits for it stays.
void Lane::park(const std::shared_ptr<PeerLink>& link, core::ReasonCode why) {
  const std::string code = core::to_string(why);
  if (link) end(link, code);
  {
    const std::lock_guard lock(mutex_);
    status_.last_error = code;
    if (std::exchange(parked_, why) == why) return;
  }
  const auto queued = node_.store.reader().queued(peer_);
  node_.log(log_line<LogEvent::peer_parked>(peer_, code, queued.has_value() ? std::to_string(*queued) : "-"));
}

// With the lock held. Whoever was kept out may wait long before it dials again: we do.
void Lane::unpark() {
  parked_.reset();
  status_.last_error.clear();
  failed_dials_ = 0;
  dial_at_ = now();
  node_.log(log_line<LogEvent::peer_unparked>(peer_));
}

void Lane::await(std::unique_lock<std::mutex>& lock, Duration at_most) {
  changed_.wait_for(lock, in_ms(std::min(at_most, kIdle)));
}

void Lane::drive(const std::shared_ptr<PeerLink>& link) {
  const auto frame = outgoing_->compose();
  if (!frame.empty()) {
    if (!link->send(frame)) end(link, "closed");
    return;
  }
  const auto patience = outgoing_->patience();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, in_ms(patience), [&] { return woken_ || stopping_ || link_ != link || fresh_; });
  const bool silent = link_ == link && now() - heard_ > 3 * in_ms(options_.heartbeat);
  const bool gone = link_ == link && !link->open();
  lock.unlock();
  if (silent || gone) end(link, silent ? "silent" : "closed");
}

void Lane::dial() {
  const auto directory = node_.store.directory();
  const auto* designation = directory->designation(peer_, node_.clock.now());
  const auto link = designation != nullptr
                        ? network_.dial(peer_, designation->endpoint, events_)
                        : Result<std::shared_ptr<PeerLink>>(fail(Errc::not_found, "no designation in force"));
  if (!link.has_value()) histories_->heard(peer_);
  const std::lock_guard lock(mutex_);
  if (link_) return;
  // Nobody there, or the other stream stayed and has ended since.
  if (!link.has_value())
    status_.last_error =
        designation != nullptr ? to_string(link.error().code) : core::to_string(core::ReasonCode::designation_unknown);
  dial_at_ = now() + in_ms(back_off());
}

Duration Lane::back_off() {
  const auto bytes = node_.random.bytes(4);
  const auto wait =
      core::next_attempt(options_.retry, failed_dials_++, Instant{0}, static_cast<std::uint32_t>(read_be(bytes)));
  return {wait.ms};
}

}  // namespace chancery::service

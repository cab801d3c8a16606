#include "tests/support/fake_network.h"

#include <condition_variable>

namespace chancery::test {

namespace {

using Steady = std::chrono::steady_clock::time_point;

constexpr std::size_t kUnderWay = 32;  // frames one way; then the sender waits, as for a peer that does not read

Steady now() { return std::chrono::steady_clock::now(); }

}  // namespace

// One stream: what is under way in both directions.
class FakeNetwork::Cable {
 public:
  Cable(FakeNetwork& network, std::string dialler, std::string acceptor, std::uint64_t seed)
      : names{std::move(dialler), std::move(acceptor)}, network_(network), chance_(seed) {}

  bool send(std::size_t side, const wire::Frame& frame) {
    const auto bytes = wire::encode_frame(frame);
    network_.seen(names[side], names[1 - side], frame);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !open_ || under_way_[side].size() < kUnderWay; });
    if (!open_) return false;
    put(side, bytes, network_.fate(chance_));
    changed_.notify_all();
    return open_;
  }

  // The next frame to this side; nothing once the stream is closed.
  std::optional<Bytes> receive(std::size_t side) {
    auto& coming = under_way_[1 - side];
    std::unique_lock lock(mutex_);
    while (open_) {
      if (coming.empty()) {
        changed_.wait(lock);
      } else if (const auto due = coming.begin()->first; due > now()) {
        changed_.wait_until(lock, due);
      } else {
        auto bytes = std::move(coming.begin()->second);
        coming.erase(coming.begin());
        changed_.notify_all();
        return bytes;
      }
    }
    return std::nullopt;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    changed_.notify_all();
  }
  [[nodiscard]] bool open() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }

  const std::string names[2];

 private:
  // With the lock held.
  void put(std::size_t side, const Bytes& bytes, Fate fate) {
    auto& last = last_due_[side];
    last = std::max(last, now());
    switch (fate) {
      case Fate::lost:
        return;
      case Fate::cut:
        open_ = false;
        return;
      case Fate::overtaken:
        under_way_[side].emplace(last + std::chrono::milliseconds(network_.pause(chance_).ms), bytes);
        return;
      case Fate::held_up:
        last += std::chrono::milliseconds(network_.pause(chance_).ms);
        break;
      case Fate::repeated:
        under_way_[side].emplace(last, bytes);
        break;
      case Fate::arrives:
        break;
    }
    under_way_[side].emplace(last, bytes);
  }

  FakeNetwork& network_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool open_ = true;
  std::mt19937_64 chance_;
  std::multimap<Steady, Bytes> under_way_[2];  // by the side that sent, in order of arrival
  Steady last_due_[2];
};

class FakeNetwork::End final : public service::PeerLink {
 public:
  End(std::shared_ptr<Cable> cable, std::size_t side) : cable_(std::move(cable)), side_(side) {}

  bool send(const wire::Frame& frame) override { return cable_->send(side_, frame); }
  void close() override { cable_->close(); }
  [[nodiscard]] bool open() const override { return cable_->open(); }
  std::optional<Bytes> receive() { return cable_->receive(side_); }

 private:
  const std::shared_ptr<Cable> cable_;
  const std::size_t side_;  // 0 dialled
};

class FakeNetwork::Port final : public service::PeerNetwork {
 public:
  Port(FakeNetwork& network, std::string self) : network_(network), self_(std::move(self)) {}
  Result<std::shared_ptr<service::PeerLink>> dial(const std::string& peer, const std::string& endpoint,
                                                  service::PeerEvents& events) override {
    (void)endpoint;
    return network_.connect(self_, peer, events);
  }

 private:
  FakeNetwork& network_;
  const std::string self_;
};

FakeNetwork::FakeNetwork(std::uint64_t seed, NetworkFaults faults) : seed_(seed), faults_(faults) {}

FakeNetwork::~FakeNetwork() {
  for (auto& reader : readers_) reader.thread.join();
}

service::PeerNetwork& FakeNetwork::of(const std::string& authority) {
  const std::lock_guard lock(mutex_);
  auto& port = ports_[authority];
  if (!port) port = std::make_unique<Port>(*this, authority);
  return *port;
}

void FakeNetwork::join(const std::string& authority, service::PeerEvents& events) {
  const std::lock_guard lock(mutex_);
  doors_[authority] = &events;
}

void FakeNetwork::leave(const std::string& authority) {
  const std::lock_guard lock(mutex_);
  doors_.erase(authority);
}

void FakeNetwork::set_faults(const NetworkFaults& faults) {
  const std::lock_guard lock(faults_mutex_);
  faults_ = faults;
}

void FakeNetwork::part(const std::string& one, const std::string& other) {
  const std::lock_guard lock(mutex_);
  parted_.insert(std::minmax(one, other));
  for (const auto& weak : cables_) {
    const auto cable = weak.lock();
    if (cable && std::minmax(cable->names[0], cable->names[1]) == std::minmax(one, other)) cable->close();
  }
}

void FakeNetwork::reunite() {
  const std::lock_guard lock(mutex_);
  parted_.clear();
}

void FakeNetwork::watch(Watcher watcher) {
  const std::lock_guard lock(watcher_mutex_);
  watcher_ = std::move(watcher);
}

bool FakeNetwork::parted(const std::string& one, const std::string& other) const {
  return parted_.contains(std::minmax(one, other));
}

Result<std::shared_ptr<service::PeerLink>> FakeNetwork::connect(const std::string& from, const std::string& to,
                                                                service::PeerEvents& events) {
  std::shared_ptr<Cable> cable;
  {
    const std::lock_guard lock(mutex_);
    const auto door = doors_.find(to);
    if (door == doors_.end() || parted(from, to)) return fail(Errc::unavailable, "nobody answers");
    cable = std::make_shared<Cable>(*this, from, to, seed_ + 7919 * ++streams_);
    const auto theirs = std::make_shared<End>(cable, 1);
    if (!door->second->opened(from, theirs, false)) return fail(Errc::unavailable, "another stream stays");
    std::erase_if(cables_, [](const auto& weak) { return weak.expired(); });
    cables_.push_back(cable);
    start_reading(theirs, from, *door->second);
  }
  const auto ours = std::make_shared<End>(cable, 0);
  if (!events.opened(to, ours, true)) {
    cable->close();
    return fail(Errc::unavailable, "another stream stays");
  }
  const std::lock_guard lock(mutex_);
  start_reading(ours, to, events);
  return std::shared_ptr<service::PeerLink>(ours);
}

// With the lock held.
void FakeNetwork::start_reading(const std::shared_ptr<End>& end, const std::string& peer, service::PeerEvents& events) {
  for (auto it = readers_.begin(); it != readers_.end();) {
    if (!*it->done) {
      ++it;
      continue;
    }
    it->thread.join();
    it = readers_.erase(it);
  }
  auto done = std::make_shared<std::atomic<bool>>(false);
  readers_.push_back({std::thread([end, peer, &events, done] {
                        while (const auto bytes = end->receive()) {
                          auto frame = wire::decode_frame(*bytes);
                          if (frame.has_value())
                            events.received(peer, end, std::move(*frame));
                          else
                            events.malformed(peer, end);
                        }
                        events.closed(peer, end);
                        *done = true;
                      }),
                      done});
}

FakeNetwork::Fate FakeNetwork::fate(std::mt19937_64& chance) {
  const auto drawn = chance() % 100;
  const std::lock_guard lock(faults_mutex_);
  auto limit = std::uint64_t{0};
  for (const auto& [fate, share] : {std::pair{Fate::lost, faults_.lose},
                                    {Fate::repeated, faults_.repeat},
                                    {Fate::overtaken, faults_.reorder},
                                    {Fate::held_up, faults_.delay},
                                    {Fate::cut, faults_.cut}}) {
    limit += share;
    if (drawn >= limit) continue;
    ++hurt_;
    return fate;
  }
  return Fate::arrives;
}

Duration FakeNetwork::pause(std::mt19937_64& chance) {
  const std::lock_guard lock(faults_mutex_);
  return {1 + static_cast<std::int64_t>(chance() %
                                        static_cast<std::uint64_t>(std::max<std::int64_t>(faults_.at_most.ms, 1)))};
}

void FakeNetwork::seen(const std::string& from, const std::string& to, const wire::Frame& frame) {
  const std::lock_guard lock(watcher_mutex_);
  if (watcher_) watcher_(from, to, frame);
}

}  // namespace chancery::test

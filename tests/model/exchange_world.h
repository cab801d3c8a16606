// Three authorities on a bad network, and what a naive bookkeeper remembers of them: every answer a client got, and
// every frame that was sent.
#pragma once

#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/support/station.h"

namespace chancery::test {

// What may happen in a history, each of a hundred acts; what is left over are releases.
struct Mix {
  unsigned read = 15;
  unsigned close = 4;      // a number is voided
  unsigned crash = 0;      // a disk fails under the writer, and the authority starts again
  unsigned restart = 0;    // an authority is stopped and started
  unsigned part = 0;       // a pair is parted, or all are reunited
  unsigned expiring = 10;  // of a hundred releases: with an end so near that some arrive too late
  NetworkFaults network;
};

// Bytes that were on the wire, by what they are about: once seen, they may never be other ones.
class Tap {
 public:
  void take(const std::string& from, const wire::Frame& frame);
  // One line each; empty is good.
  [[nodiscard]] std::vector<std::string> findings() const;
  // Receipts that were sent: receiver, statement.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> receipts() const;
  [[nodiscard]] std::size_t repeats() const;

 private:
  void same(const std::string& about, const Bytes& bytes);

  mutable std::mutex mutex_;
  std::map<std::string, Bytes> first_;                                   // guarded by mutex_
  std::map<std::string, std::pair<std::string, std::string>> receipts_;  // guarded by mutex_
  std::vector<std::string> findings_;                                    // guarded by mutex_
  std::size_t repeats_ = 0;                                              // guarded by mutex_
};

struct Promise {
  std::string from;
  std::vector<std::string> to;
};

class ExchangeWorld {
 public:
  ExchangeWorld(std::uint64_t seed, const Mix& mix);
  ~ExchangeWorld();

  void play(unsigned acts);
  // The network is good again and all disks work: false when something is still under way after `seconds`.
  bool settle(unsigned seconds = 20);

  [[nodiscard]] std::vector<Station*> stations();
  Station& station(const std::string& id);
  [[nodiscard]] const std::map<std::string, Promise>& promised() const { return promised_; }
  [[nodiscard]] const Tap& tap() const { return tap_; }
  [[nodiscard]] const FakeNetwork& network() const { return network_; }
  // Ends the services.
  void stop();

 private:
  void act();
  void release(Station& by);
  void read(Station& by);
  void close(Station& by);
  void crash(Station& by);
  bool quiet();
  void tick(std::int64_t ms);
  Station& any();
  bool chance(unsigned of_a_hundred) { return random_() % 100 < of_a_hundred; }

  const Mix mix_;
  std::mt19937_64 random_;
  ManualClock clock_;
  SeededRandom bytes_;
  Tap tap_;
  FakeNetwork network_;
  std::vector<std::unique_ptr<Station>> stations_;
  std::map<std::string, Promise> promised_;  // by id: what clients were told
  std::uint64_t submissions_ = 0;
};

// The value of a line of a statement, without any parser of ours; empty when there is none.
std::string line(const std::string& statement, const std::string& name);

// Every law, checked on what all stores hold; one line each, empty is good.
std::vector<std::string> broken_laws(ExchangeWorld& world);

}  // namespace chancery::test

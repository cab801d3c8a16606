#include "tests/support/station.h"

namespace chancery::test {

Station::Station(const std::string& id, const Clock& clock, crypto::RandomSource& random, FakeNetwork& network,
                 const service::ExchangeOptions& options)
    : network_(network), options_(options), disk_("disk of " + id), authority_(id, clock, random, disk_.name()) {}

void Station::start() {
  exchange_.emplace(authority_.node(), network_.of(id()), options_);
  const service::Lanes lanes{
      [this](const std::string& peer) { exchange_->wake(peer); }, [this] { exchange_->peers_changed(); },
      [this](const std::string& peer) { return exchange_->status(peer); }, [this] { return exchange_->rejected(); }};
  submit_.emplace(authority_.node(), lanes, authority_.quotations());
  reading_.emplace(authority_.node(), lanes);
  network_.join(id(), *exchange_);
}

void Station::stop() {
  if (!exchange_) return;
  network_.leave(id());
  // Acts under way may still wake a lane: the writer has answered them all before the lanes go.
  (void)store().run<void>(0, [](store::Transaction&) { return Result<void>(); });
  reading_.reset();
  submit_.reset();
  exchange_.reset();
}

void Station::fail_disk(int syncs) { disk_.fail_at(FaultVfs::Call::sync, syncs, FaultVfs::With::io_error, true); }

void Station::reopen() {
  const bool running = exchange_.has_value();
  stop();
  authority_.restart([this] { disk_.heal(); });
  if (running) start();
}

}  // namespace chancery::test

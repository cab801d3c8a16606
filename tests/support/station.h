// An example authority with its services on a fake network: what the composition root builds, without a transport.
#pragma once

#include <optional>

#include "daemon/service/exchange.h"
#include "daemon/service/read.h"
#include "daemon/service/submit.h"
#include "tests/support/authorities.h"
#include "tests/support/fake_network.h"
#include "tests/support/fault_vfs.h"

namespace chancery::test {

class Station {
 public:
  // The store is open, the services are not: see start. References outlive this.
  Station(const std::string& id, const Clock& clock, crypto::RandomSource& random, FakeNetwork& network,
          const service::ExchangeOptions& options);
  ~Station() { stop(); }
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;

  void start();
  void stop();
  // The disk takes no further sync after `syncs` more; call `reopen` then.
  void fail_disk(int syncs);
  // All services end as they are, the store is closed, and opened again on a disk that works.
  void reopen();

  [[nodiscard]] const std::string& id() const { return authority_.id(); }
  [[nodiscard]] ExampleAuthority& authority() { return authority_; }
  [[nodiscard]] store::Store& store() { return authority_.store(); }
  [[nodiscard]] service::Exchange& exchange() { return *exchange_; }
  [[nodiscard]] service::Submit& submit() { return *submit_; }
  [[nodiscard]] service::Reading& reading() { return *reading_; }

 private:
  FakeNetwork& network_;
  const service::ExchangeOptions options_;
  FaultVfs disk_;
  ExampleAuthority authority_;
  std::optional<service::Exchange> exchange_;
  std::optional<service::Submit> submit_;
  std::optional<service::Reading> reading_;
};

}  // namespace chancery::test

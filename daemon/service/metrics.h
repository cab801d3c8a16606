// What a monitor can read of this authority: counts, sizes, times and codes. No text of messages, no name of a person.
#pragma once

#include "daemon/service/event_counts.h"
#include "daemon/service/exposition.h"
#include "daemon/service/outcome.h"
#include "daemon/service/quota.h"

namespace chancery::service {

// What transports have open now.
struct Connected {
  std::size_t peers = 0;    // that came to us
  std::size_t dialled = 0;  // by us
  std::size_t desk = 0;
};

struct MetricsOptions {
  std::string version;
  std::vector<std::pair<std::string, Instant>> certificates;  // our own, by role: when each ends
  EventCounts events;
  std::function<Connected()> connected;
  std::function<std::vector<QuotaUse>(const std::string& peer)> quotas;  // each peer has the same ones
};

class Metrics {
 public:
  Metrics(Node node, Lanes lanes, MetricsOptions options);

  // All of it as Prometheus reads it. What the store does not tell now is left out. Thread-safe.
  [[nodiscard]] std::string text() const;

 private:
  void add_process(Exposition& out) const;
  void add_acts(Exposition& out, const store::Tally& tally) const;
  void add_store(Exposition& out, const store::Tally& tally) const;
  void add_disk(Exposition& out) const;
  void add_peers(Exposition& out) const;
  void add_quotas(Exposition& out) const;
  void add_keys(Exposition& out) const;
  void add_boxes(Exposition& out) const;
  void add_events(Exposition& out) const;

  const Node node_;
  const Lanes lanes_;
  const MetricsOptions options_;
  const Instant started_;
};

}  // namespace chancery::service

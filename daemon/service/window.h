// The messages on their way to one peer that are not answered yet, bounded in number and bytes. Not durable: what is
// lost here is still due in the outbox. Not thread-safe.
#pragma once

#include <chrono>
#include <map>

#include "daemon/store/records.h"

namespace chancery::service {

using Steady = std::chrono::steady_clock::time_point;
inline Steady now() { return std::chrono::steady_clock::now(); }
inline std::chrono::milliseconds in_ms(Duration duration) { return std::chrono::milliseconds(duration.ms); }
inline Duration between(Steady from, Steady to) {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count()};
}

struct InFlight {
  core::MessageId id;
  Digest digest;  // of its statement
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;  // of its dispatch
  std::uint32_t attempts = 0;
  std::size_t bytes = 0;
  Steady sent;
};

class Window {
 public:
  Window(std::size_t messages, std::size_t bytes) : max_messages_(messages), max_bytes_(bytes) {}

  // One message always fits.
  [[nodiscard]] bool full() const { return by_id_.size() >= max_messages_ || bytes_ >= max_bytes_; }
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }
  [[nodiscard]] bool contains(const core::MessageId& id) const { return by_id_.contains(id); }
  void add(const InFlight& message);
  [[nodiscard]] std::vector<core::MessageId> ids() const;
  [[nodiscard]] const InFlight* find(const Digest& digest) const;
  void remove(const core::MessageId& id);
  void clear();
  // Those sent before `limit`; they count as sent at `now` from here on, so that each is named once.
  std::vector<InFlight> overdue(Steady limit, Steady now);

 private:
  std::size_t max_messages_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::map<core::MessageId, InFlight> by_id_;
  std::map<Digest, core::MessageId> by_digest_;
};

}  // namespace chancery::service

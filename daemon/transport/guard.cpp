#include "daemon/transport/guard.h"

#include <algorithm>

namespace chancery::transport {

namespace {

std::uint64_t minus(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

}  // namespace

bool Account::allows(const Sample& sample) {
  // Nobody looked before: a frame may be on its way since the connection opened.
  if (last_.now.ms == 0) memory_before_ = sample.memory;
  const auto passed = std::max<std::int64_t>(0, (sample.now - last_.now).ms);
  const auto quiet = last_.now.ms == 0 ? 0 : static_cast<std::uint64_t>(passed) * limits_.idle_rate / 1000;
  debt_ += minus(sample.received, last_.received);
  debt_ = minus(debt_, limits_.factor * minus(sample.useful, last_.useful) + quiet);
  // Time that paid for less than a byte is not lost: it counts with the next sample.
  const auto counted = quiet == 0 && last_.now.ms != 0 ? last_.now : sample.now;
  last_ = sample;
  last_.now = counted;
  if (debt_ <= limits_.allowance) {
    memory_before_ = sample.memory;
    return true;
  }
  return sample.in_use && debt_ <= limits_.allowance + limits_.frame &&
         sample.memory <= memory_before_ + limits_.memory;
}

bool Growth::allows(std::uint64_t memory) {
  least_ = least_ == 0 ? memory : std::min(least_, memory);
  return memory <= least_ + limits_.desk_memory;
}

void Growth::raise_least(std::uint64_t memory) { least_ = std::min(memory, least_ + (1 << 20)); }

bool Growth::worth_trimming(std::uint64_t memory) const { return least_ != 0 && memory > least_ + limits_.trim_memory; }

std::uint64_t credit_received(std::size_t bytes) { return bytes + 1024; }

std::uint64_t credit_sent(std::size_t bytes) { return bytes / 8 + 128; }

void Penalties::charge(const std::string& authority, Instant now) {
  auto& strikes = strikes_[authority];
  if (now - strikes.last > hours(1)) strikes.count = 0;
  const auto wait = std::min(seconds(30 * (std::int64_t{1} << std::min(strikes.count, 10U))), minutes(10));
  strikes = {strikes.count + 1, now, now + wait};
}

bool Penalties::barred(const std::string& authority, Instant now) const {
  const auto it = strikes_.find(authority);
  return it != strikes_.end() && now < it->second.until;
}

}  // namespace chancery::transport

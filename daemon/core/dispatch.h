// Dispatches: the gap-free, chained sequence from one authority to another, so that both sides can prove
// what was and what was not sent (protocol section 5).
#pragma once

#include <variant>

#include "daemon/core/message.h"

namespace chancery::core {

struct DispatchMessage {
  MessageId id;
  bool operator==(const DispatchMessage&) const = default;
};
// Closes an earlier number that will not be sent; without effect if `delivered` was signed before.
struct DispatchVoid {
  std::uint64_t sequence = 0;
  std::string code;
  bool operator==(const DispatchVoid&) const = default;
};
// First dispatch of an epoch after a sanctioned restore.
struct DispatchRestored {
  std::uint64_t old_epoch = 0;
  std::uint64_t last_sent = 0;
  std::uint64_t last_received = 0;
  bool operator==(const DispatchRestored&) const = default;
};
using DispatchItem = std::variant<DispatchMessage, DispatchVoid, DispatchRestored>;

struct Dispatch {
  std::string sender;
  std::string recipient;
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 1;      // from 1
  std::optional<Digest> previous;  // digest of the dispatch before; none for sequence 1
  DispatchItem item;
  Bytes salt;  // 32 bytes
  bool operator==(const Dispatch&) const = default;

  [[nodiscard]] std::string to_text() const;
  static Result<Dispatch> parse(std::string_view text);
};

// Where a receiver stands in one sender's chain.
struct ChainHead {
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 0;    // last recorded; 0 before the first
  std::optional<Digest> digest;  // of the last recorded dispatch
  bool operator==(const ChainHead&) const = default;
};

enum class ChainStep {
  next,    // record it
  known,   // an earlier number; compare bytes with the recorded one
  gap,     // a number is missing: ask again from the head
  broken,  // right number, wrong `previous`, or an impossible epoch: conflict evidence
};
// Pure: what a dispatch means at this head.
ChainStep chain_step(const ChainHead& head, const Dispatch& dispatch);

inline constexpr std::uint64_t kMissingWindow = 1024;  // dispatches recorded ahead of their messages

}  // namespace chancery::core

// Where copies are after a revocation: what a provider counts, from the permits it gave and the reports it got
// (protocol section 8).
#pragma once

#include <map>
#include <set>

#include "daemon/core/message.h"

namespace chancery::core {

enum class StepState {
  permitted,  // by us; nothing is heard of it
  held,       // its receiver reported that it has it, by a permission of ours
  claimed,    // its receiver reported that it has it, and no permission of ours is known: its word alone
  refused,    // its receiver signed that it took nothing in
  locked,     // from here on: what it signed after a revocation
  erased,
  retained,
  announced,  // to be made public: no permit for it yet
  disclosed,  // made public, or free to be until its permit ends
};
const char* to_string(StepState state);

// One step: a holder passed the original, or something made of it, on to a receiver.
struct Step {
  std::string holder;
  std::string receiver;
  std::optional<MessageId> grant;       // it was done under
  std::optional<Instant> permit_until;  // of the last permit for it
  StepState state = StepState::permitted;
};

// When each grant was revoked; of those that were.
using Revoked = std::map<MessageId, Instant>;

// For each step, since when its receiver may no longer use the copy: its grant was revoked, or who passed it on has it
// by such steps alone, or from those he passed it on to. `audience` has the original by right. Nothing: it may.
std::vector<std::optional<Instant>> ended(const std::vector<Step>& steps, const Revoked& revoked,
                                          const std::set<std::string>& audience);

// What is known of the copies that may no longer be used.
struct Coverage {
  std::uint64_t copies = 0;  // reported as taken in
  std::uint64_t locked = 0;
  std::uint64_t erased = 0;
  std::uint64_t retained = 0;
  std::uint64_t unanswered = 0;  // held, as far as is known
  // No further copy can come to be: every permit has run out by every honest clock, or its receiver has answered; and
  // every detached grant is over.
  bool complete = true;
  bool operator==(const Coverage&) const = default;
};
// A detached grant that was revoked: no permit tells of its uses, so it is over when everybody it names has taken in
// the revocation, or when it has run out by every honest clock.
struct DetachedEnd {
  Instant until;
  bool known_to_all = false;
};
Coverage coverage(const std::vector<Step>& steps, const std::vector<std::optional<Instant>>& ended, Instant now,
                  const std::vector<DetachedEnd>& detached = {});

}  // namespace chancery::core

#include "daemon/core/dissemination.h"

#include <algorithm>

#include "daemon/core/world.h"

namespace chancery::core {

const char* to_string(StepState state) {
  switch (state) {
    case StepState::permitted:
      return "permitted";
    case StepState::held:
      return "held";
    case StepState::refused:
      return "refused";
    case StepState::locked:
      return "locked";
    case StepState::erased:
      return "erased";
    case StepState::retained:
      return "retained";
    case StepState::announced:
      return "announced";
    case StepState::disclosed:
      return "disclosed";
  }
  return "";
}

namespace {

using Ends = std::vector<std::optional<Instant>>;

// Since when an authority has nothing left of what came to it; nothing when it still has something, or never had.
std::optional<Instant> nothing_left(const std::vector<Step>& steps, const Ends& ends, const std::string& authority) {
  std::optional<Instant> since;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].receiver != authority || steps[i].state == StepState::refused) continue;
    if (!ends[i]) return std::nullopt;
    since = since ? std::max(*since, *ends[i]) : *ends[i];
  }
  return since;
}

bool may_still_arrive(const Step& step, Instant now) {
  const bool open =
      step.state == StepState::permitted || step.state == StepState::held || step.state == StepState::disclosed;
  // A receiver may be behind by the margin (tests/model/consent).
  return open && step.permit_until && now < *step.permit_until + kClockMargin;
}

}  // namespace

std::vector<std::optional<Instant>> ended(const std::vector<Step>& steps, const Revoked& revoked,
                                          const std::set<std::string>& audience) {
  Ends ends(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto it = steps[i].grant ? revoked.find(*steps[i].grant) : revoked.end();
    if (it != revoked.end()) ends[i] = it->second;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (ends[i] || audience.contains(steps[i].holder)) continue;
      ends[i] = nothing_left(steps, ends, steps[i].holder);
      changed = changed || ends[i];
    }
  }
  return ends;
}

Coverage coverage(const std::vector<Step>& steps, const std::vector<std::optional<Instant>>& ended, Instant now,
                  const std::vector<DetachedEnd>& detached) {
  Coverage out;
  for (const auto& grant : detached)
    if (!grant.known_to_all && now < grant.until + kClockMargin) out.complete = false;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!ended[i]) continue;
    const auto state = steps[i].state;
    if (may_still_arrive(steps[i], now)) out.complete = false;
    // What went public cannot be called back; it is shown, and counts as no copy.
    const bool is_public = state == StepState::announced || state == StepState::disclosed;
    if (state == StepState::permitted || state == StepState::refused || is_public) continue;
    ++out.copies;
    if (state == StepState::locked) ++out.locked;
    if (state == StepState::erased) ++out.erased;
    if (state == StepState::retained) ++out.retained;
    if (state == StepState::held) ++out.unanswered;
  }
  return out;
}

}  // namespace chancery::core

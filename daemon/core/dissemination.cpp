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
    case StepState::claimed:
      return "claimed";
    case StepState::announced:
      return "announced";
    case StepState::disclosed:
      return "disclosed";
  }
  return "";
}

namespace {

bool brings(StepState state) { return state != StepState::refused && state != StepState::claimed; }

// Who has it, by the audience's right and the steps that lived at a time.
class Spread {
 public:
  Spread(const std::vector<Step>& steps, const Revoked& revoked, const std::set<std::string>& audience)
      : steps_(steps), revoked_(revoked), sources_(audience) {
    for (std::size_t i = 0; i < steps.size(); ++i) passed_on_[steps[i].holder].push_back(i);
    // Who passed on what nobody is known to have given him has it from elsewhere: nothing that is known ends that. In a
    // circle it is who is known to have passed on first.
    auto known = having(std::nullopt);
    for (const auto& step : steps) {
      if (known.contains(step.holder)) continue;
      sources_.insert(step.holder);
      add(step.holder, std::nullopt, known);
    }
  }

  // By all steps, or by those whose grant was not revoked until then.
  [[nodiscard]] std::set<std::string> having(std::optional<Instant> at) const {
    std::set<std::string> have;
    for (const auto& source : sources_) add(source, at, have);
    return have;
  }

  [[nodiscard]] bool is_permitted(const Step& step, std::optional<Instant> at) const {
    const auto it = step.grant ? revoked_.find(*step.grant) : revoked_.end();
    return it == revoked_.end() || !at || *at < it->second;
  }

 private:
  // A step that was refused, or is somebody's word alone, brings nothing.
  void add(const std::string& who, std::optional<Instant> at, std::set<std::string>& have) const {
    if (!have.insert(who).second) return;
    std::vector<std::string> waiting = {who};
    while (!waiting.empty()) {
      const auto found = passed_on_.find(waiting.back());
      waiting.pop_back();
      if (found == passed_on_.end()) continue;
      for (const auto i : found->second)
        if (brings(steps_[i].state) && is_permitted(steps_[i], at) && have.insert(steps_[i].receiver).second)
          waiting.push_back(steps_[i].receiver);
    }
  }

  const std::vector<Step>& steps_;
  const Revoked& revoked_;
  std::set<std::string> sources_;
  std::map<std::string, std::vector<std::size_t>> passed_on_;
};

bool may_still_arrive(const Step& step, Instant now) {
  const bool open =
      step.state == StepState::permitted || step.state == StepState::held || step.state == StepState::disclosed;
  // A receiver may be behind by the margin (tests/model/consent).
  return open && step.permit_until && now < *step.permit_until + kClockMargin;
}

}  // namespace

std::vector<std::optional<Instant>> ended(const std::vector<Step>& steps, const Revoked& revoked,
                                          const std::set<std::string>& audience) {
  std::vector<std::optional<Instant>> ends(steps.size());
  const Spread spread(steps, revoked, audience);
  std::set<Instant> times;
  for (const auto& [grant, at] : revoked) times.insert(at);
  for (const auto at : times) {
    const auto have = spread.having(at);
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (!ends[i] && !(spread.is_permitted(steps[i], at) && have.contains(steps[i].holder))) ends[i] = at;
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
    if (state == StepState::permitted || !brings(state) || is_public) continue;
    ++out.copies;
    if (state == StepState::locked) ++out.locked;
    if (state == StepState::erased) ++out.erased;
    if (state == StepState::retained) ++out.retained;
    if (state == StepState::held) ++out.unanswered;
  }
  return out;
}

}  // namespace chancery::core

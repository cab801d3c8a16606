#include "daemon/core/succession.h"

#include <algorithm>

namespace chancery::core {

namespace {

// Of one Party, by the word of one anchor, after the predecessor was designated itself.
bool may_follow(const DirectoryEntry& before, const Designation& after, const Digest& anchor) {
  return !before.history.empty() && before.anchor == anchor && before.history.back().party == after.party &&
         before.history.front().valid_from <= after.valid_from;
}

// Since when this entry's authority succeeds that one.
std::optional<Instant> succeeds_from(const DirectoryEntry& entry, const std::string& authority,
                                     const DirectoryEntry& before) {
  std::optional<Instant> from;
  if (entry.state == PeerState::unverified) return from;
  for (const auto& designation : entry.history)
    if (designation.succeeds == authority && may_follow(before, designation, entry.anchor))
      from = from ? std::min(*from, designation.valid_from) : designation.valid_from;
  return from;
}

std::optional<Successor> successor_of(const Directory& directory, const std::string& authority) {
  std::optional<Successor> first;
  const auto* before = directory.find(authority);
  if (before == nullptr || before->state == PeerState::unverified) return first;
  for (const auto& [other, entry] : directory.entries()) {
    const auto from = succeeds_from(entry, authority, *before);
    if (from && (!first || *from < first->from)) first = Successor{other, *from};
  }
  return first;
}

bool names(const Succession& line, const std::string& authority) {
  const auto& all = line.successors;
  return line.authority == authority ||
         std::any_of(all.begin(), all.end(), [&](const Successor& one) { return one.authority == authority; });
}

}  // namespace

const std::string& Succession::answering(Instant at) const {
  const auto* who = &authority;
  for (const auto& successor : successors)
    if (successor.from <= at) who = &successor.authority;
  return *who;
}

bool Succession::has_answered(std::string_view who, Instant at) const {
  if (who == authority) return true;
  return std::any_of(successors.begin(), successors.end(),
                     [&](const Successor& one) { return one.authority == who && one.from <= at; });
}

Succession succession_of(const Directory& directory, const std::string& authority) {
  Succession line{authority, {}};
  for (auto next = successor_of(directory, authority); next && !names(line, next->authority);
       next = successor_of(directory, line.successors.back().authority)) {
    // Who was succeeded before it succeeded others answered for them at no time.
    if (!line.successors.empty()) next->from = std::max(next->from, line.successors.back().from);
    line.successors.push_back(std::move(*next));
  }
  return line;
}

std::string answering(const Directory& directory, const std::string& authority, Instant at) {
  return succession_of(directory, authority).answering(at);
}

std::optional<ReasonCode> succession_fault(const Directory& directory, const Designation& next, const Digest& anchor) {
  if (next.succeeds.empty()) return std::nullopt;
  const auto* before = directory.find(next.succeeds);
  if (before == nullptr || before->history.empty()) return ReasonCode::succession_unknown;
  if (before->anchor != anchor || before->history.back().party != next.party) return ReasonCode::succession_party;
  if (next.valid_from < before->history.front().valid_from) return ReasonCode::succession_early;
  const auto known = successor_of(directory, next.succeeds);
  if (known && known->authority != next.authority) return ReasonCode::succession_taken;
  if (names(succession_of(directory, next.authority), next.succeeds)) return ReasonCode::succession_circular;
  return std::nullopt;
}

}  // namespace chancery::core

#include "daemon/core/standing.h"

#include <algorithm>

namespace chancery::core {

namespace {

bool has_key(const Directory& directory, std::string_view peer, const Designation& designation, KeyRole role,
             Instant now) {
  return std::any_of(designation.keys.begin(), designation.keys.end(), [&](const DesignatedKey& key) {
    return key.role == role && directory.key(peer, role, key.id, now) != nullptr;
  });
}

bool is_stale(const DirectoryEntry& entry, Instant now, Duration grace) {
  const auto until = entry.revocations ? entry.revocations->next_update : entry.history.front().valid_from;
  return until + grace <= now;
}

}  // namespace

std::optional<ReasonCode> why_parked(const Directory& directory, std::string_view peer, Instant now,
                                     const std::optional<Duration>& grace) {
  const auto* entry = directory.find(peer);
  if (entry == nullptr || entry->state == PeerState::unverified) return ReasonCode::peer_inactive;
  if (entry->state == PeerState::suspended) return ReasonCode::peer_suspended;
  const auto* designation = directory.designation(peer, now);
  if (designation == nullptr) return ReasonCode::designation_ended;
  if (!has_key(directory, peer, *designation, KeyRole::tls, now) ||
      !has_key(directory, peer, *designation, KeyRole::sign, now))
    return ReasonCode::certificate_ended;
  if (grace && is_stale(*entry, now, *grace)) return ReasonCode::revocation_stale;
  return std::nullopt;
}

}  // namespace chancery::core

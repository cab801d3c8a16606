#include "daemon/core/directory.h"

#include <algorithm>

namespace chancery::core {

namespace {

const DesignatedKey* find_key(const Designation& designation, KeyRole role, const Digest& id) {
  for (const auto& key : designation.keys)
    if (key.role == role && key.id == id) return &key;
  return nullptr;
}

// What the newest designation that speaks of this key says about it.
const DesignatedKey* newest_statement(const std::vector<Designation>& history, KeyRole role, const Digest& id) {
  const DesignatedKey* newest = nullptr;
  for (const auto& designation : history)
    if (const auto* key = find_key(designation, role, id)) newest = key;
  return newest;
}

bool covers(const Designation& designation, Instant at) {
  return designation.valid_from <= at && at < designation.valid_to;
}

}  // namespace

const char* to_string(PeerState state) {
  switch (state) {
    case PeerState::unverified:
      return "unverified";
    case PeerState::active:
      return "active";
    case PeerState::suspended:
      return "suspended";
  }
  return "";
}

Result<PeerState> parse_peer_state(std::string_view text) {
  static constexpr PeerState all[] = {PeerState::unverified, PeerState::active, PeerState::suspended};
  return parse_enumerator(text, all);
}

const DirectoryEntry* Directory::find(std::string_view authority) const {
  const auto it = entries_.find(std::string(authority));
  return it == entries_.end() ? nullptr : &it->second;
}

const Designation* Directory::designation(std::string_view authority, Instant at) const {
  const auto* entry = find(authority);
  if (entry == nullptr || entry->state != PeerState::active) return nullptr;
  return in_force(entry->history, at);
}

const DesignatedKey* Directory::key(std::string_view authority, KeyRole role, const Digest& id, Instant at) const {
  const auto* entry = find(authority);
  if (entry == nullptr || entry->state == PeerState::unverified) return nullptr;
  const auto* designation = in_force(entry->history, at);
  if (designation == nullptr || find_key(*designation, role, id) == nullptr) return nullptr;
  const auto* newest = newest_statement(entry->history, role, id);
  return newest->valid_at(at) ? newest : nullptr;
}

const SealKey* Directory::seal_key(std::string_view authority, Instant at) const {
  const auto* entry = find(authority);
  if (entry == nullptr || entry->state != PeerState::active) return nullptr;
  const auto& keys = entry->seal_keys;
  const auto it = std::find_if(keys.rbegin(), keys.rend(), [&](const SealKey& k) { return k.from <= at && at < k.to; });
  return it == keys.rend() ? nullptr : &*it;
}

const std::string* Directory::authority_of_tls(const Digest& certificate, Instant at) const {
  for (const auto& [authority, entry] : entries_) {
    const auto* current = designation(authority, at);
    if (current == nullptr) continue;
    const auto* key = find_key(*current, KeyRole::tls, certificate);
    if (key != nullptr && key->valid_at(at)) return &authority;
  }
  return nullptr;
}

const Designation* in_force(const std::vector<Designation>& history, Instant at) {
  const auto it = std::find_if(history.rbegin(), history.rend(), [&](const Designation& d) { return covers(d, at); });
  return it == history.rend() ? nullptr : &*it;
}

Result<void> check_next_designation(const std::vector<Designation>& history, const Designation& next) {
  if (history.empty()) return {};
  const auto& last = history.back();
  if (next.authority != last.authority) return fail(Errc::conflict, "designation of another authority");
  if (next.party != last.party) return fail(Errc::conflict, "designation by another Party");
  if (next.serial <= last.serial) return fail(Errc::stale, "designation serial is not newer");
  if (next.serial != last.serial + 1) return fail(Errc::conflict, "a designation between is missing");
  if (next.supersedes != statement_digest(last.to_text()))
    return fail(Errc::conflict, "does not supersede the designation we have");
  return {};
}

}  // namespace chancery::core

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

bool names(const Designation& designation, KeyRole role) {
  return std::any_of(designation.keys.begin(), designation.keys.end(),
                     [role](const DesignatedKey& key) { return key.role == role; });
}

// The newest that has begun; whether it lasts is another matter.
const Designation* newest_begun(const std::vector<Designation>& history, Instant at) {
  const auto it = std::find_if(history.rbegin(), history.rend(), [&](const auto& d) { return d.valid_from <= at; });
  return it == history.rend() ? nullptr : &*it;
}

const RevokedKey* revoked(const DirectoryEntry& entry, const Digest& id) {
  if (!entry.revocations) return nullptr;
  const auto it = entry.revocations->keys.find(id);
  return it == entry.revocations->keys.end() ? nullptr : &it->second;
}

bool holds(const DirectoryEntry& entry, const DesignatedKey& key, Instant at) {
  const auto* end = revoked(entry, key.id);
  return key.valid_at(at) && (end == nullptr || at < end->since);
}

// Whether a signing key of that designation is one of this, too.
bool shares_signer(const DirectoryEntry& entry, const Designation& then, const Designation& now, Instant at) {
  return std::any_of(then.keys.begin(), then.keys.end(), [&](const DesignatedKey& signer) {
    const auto* still = signer.role == KeyRole::sign ? find_key(now, KeyRole::sign, signer.id) : nullptr;
    return still != nullptr && holds(entry, *still, at);
  });
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

Directory::Directory(std::map<std::string, DirectoryEntry> entries) : entries_(std::move(entries)) {
  for (const auto& [authority, entry] : entries_)
    if (!entry.seal_keys.empty())
      for (std::size_t i = 0; i < entry.history.size(); ++i)
        places_[authority][statement_digest(entry.history[i].to_text())] = i;
}

// A seal key stands while its authority does not say otherwise of it, while nobody else may have stated it, and while
// one of the keys stands that could have signed it: who is designated again under other keys has other seal keys.
bool Directory::stands(const std::string& authority, const DirectoryEntry& entry, const SealKey& key,
                       Instant at) const {
  if (is_doubtful(key)) return false;
  const auto names_seal_keys = [](const Designation& d) { return names(d, KeyRole::seal); };
  const auto* said = std::any_of(entry.history.begin(), entry.history.end(), names_seal_keys)
                         ? newest_statement(entry.history, KeyRole::seal, key.id())
                         : nullptr;
  if (said != nullptr && (said->state == KeyState::retired || !said->valid_at(at))) return false;
  const auto* now = in_force(entry.history, at);
  const auto places = places_.find(authority);
  if (now == nullptr || places == places_.end()) return true;
  const auto place = places->second.find(key.designation);
  if (place == places->second.end()) return true;  // a designation from before we knew it
  const auto& then = entry.history[place->second];
  return now == &then || shares_signer(entry, then, *now, at);
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

const Designation* Directory::designation_then(std::string_view authority, Instant then) const {
  const auto* entry = find(authority);
  return entry == nullptr || entry->state == PeerState::unverified ? nullptr : in_force(entry->history, then);
}

const DesignatedKey* Directory::key(std::string_view authority, KeyRole role, const Digest& id, Instant at) const {
  const auto* entry = find(authority);
  if (entry == nullptr || entry->state == PeerState::unverified) return nullptr;
  const auto* designation = in_force(entry->history, at);
  if (designation == nullptr || find_key(*designation, role, id) == nullptr) return nullptr;
  const auto* newest = newest_statement(entry->history, role, id);
  return holds(*entry, *newest, at) ? newest : nullptr;
}

bool Directory::is_compromised(std::string_view authority, KeyRole role, const Digest& id) const {
  const auto* entry = find(authority);
  if (entry == nullptr) return false;
  const auto* said = newest_statement(entry->history, role, id);
  const auto* end = revoked(*entry, id);
  return (said != nullptr && said->state == KeyState::compromised) || (end != nullptr && end->compromised);
}

bool Directory::is_doubtful(const SealKey& key) const {
  const auto* entry = find(key.authority);
  if (entry == nullptr) return false;
  const auto signer = entry->seal_key_signers.find(key.id());
  return signer != entry->seal_key_signers.end() && is_compromised(key.authority, KeyRole::sign, signer->second);
}

const SealKey* Directory::seal_key(std::string_view authority, Instant at) const {
  const auto* entry = find(authority);
  if (entry == nullptr || designation(authority, at) == nullptr) return nullptr;
  const auto& keys = entry->seal_keys;
  const auto it = std::find_if(keys.rbegin(), keys.rend(), [&](const SealKey& k) {
    return k.from <= at && at < k.to && stands(std::string(authority), *entry, k, at);
  });
  return it == keys.rend() ? nullptr : &*it;
}

bool Directory::opens(std::string_view authority, const Digest& seal_key, Instant at) const {
  const auto* entry = find(authority);
  if (entry == nullptr) return true;
  const auto& keys = entry->seal_keys;
  const auto it = std::find_if(keys.begin(), keys.end(), [&](const SealKey& k) { return k.id() == seal_key; });
  return it == keys.end() || (at <= it->accept_until && stands(std::string(authority), *entry, *it, at));
}

const std::string* Directory::authority_of_tls(const Digest& certificate, Instant at) const {
  for (const auto& [authority, entry] : entries_) {
    const auto* current = designation(authority, at);
    if (current == nullptr) continue;
    const auto* key = find_key(*current, KeyRole::tls, certificate);
    if (key != nullptr && holds(entry, *key, at)) return &authority;
  }
  return nullptr;
}

const Designation* in_force(const std::vector<Designation>& history, Instant at) {
  const auto* newest = newest_begun(history, at);
  return newest != nullptr && at < newest->valid_to && names(*newest, KeyRole::sign) ? newest : nullptr;
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

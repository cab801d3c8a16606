// The directory: which authorities are designated, with which keys, as of a time. An immutable snapshot; a change
// makes a new one.
#pragma once

#include <map>

#include "daemon/core/authority.h"
#include "daemon/core/designation.h"

namespace chancery::core {

// What this authority has decided about a peer.
enum class PeerState {
  unverified,  // added, anchor not yet compared out of band: nothing goes either way
  active,
  suspended,
};
const char* to_string(PeerState state);
Result<PeerState> parse_peer_state(std::string_view text);

struct DirectoryEntry {
  PeerState state = PeerState::unverified;  // our own entry is active
  Digest anchor;                            // id of the pinned anchor certificate
  std::vector<Designation> history;         // ascending serial; the last is current
  std::vector<SealKey> seal_keys;           // ascending `from`
  bool operator==(const DirectoryEntry&) const = default;
};

class Directory {
 public:
  Directory() = default;
  explicit Directory(std::map<std::string, DirectoryEntry> entries) : entries_(std::move(entries)) {}

  [[nodiscard]] const std::map<std::string, DirectoryEntry>& entries() const { return entries_; }
  [[nodiscard]] const DirectoryEntry* find(std::string_view authority) const;
  // The designation in force at this time, of an active entry; null when there is none.
  [[nodiscard]] const Designation* designation(std::string_view authority, Instant at) const;
  // The key with this id and role, if the designation in force at this time names it and it was valid (judged by the
  // newest statement about that key: a later `compromised since` counts). A successor that leaves a key out ends it. Of
  // an entry that is suspended too, because what it signed before stays signed; never of an unverified one.
  [[nodiscard]] const DesignatedKey* key(std::string_view authority, KeyRole role, const Digest& id, Instant at) const;
  // The seal key to wrap for at this time: the newest with from <= at < to, of an active entry.
  [[nodiscard]] const SealKey* seal_key(std::string_view authority, Instant at) const;
  // The authority whose designation in force at this time pins this TLS certificate; active entries only.
  [[nodiscard]] const std::string* authority_of_tls(const Digest& certificate, Instant at) const;

 private:
  std::map<std::string, DirectoryEntry> entries_;
};

// The designation in force at this time: of those whose validity covers it, the one with the highest serial.
const Designation* in_force(const std::vector<Designation>& history, Instant at);

// Whether `next` may follow the history: same authority and party, serial + 1, supersedes the digest of the last. The
// first one known may have any serial. Errors: stale (a serial we have), conflict (anything else).
Result<void> check_next_designation(const std::vector<Designation>& history, const Designation& next);

}  // namespace chancery::core

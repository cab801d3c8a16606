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
  // The key with this id and role, if some designation of the authority held it valid at this time (judged by the
  // newest statement about that key: a later `compromised since` counts).
  [[nodiscard]] const DesignatedKey* key(std::string_view authority, KeyRole role, const Digest& id, Instant at) const;
  // The seal key to wrap for at this time: the newest with from <= at < to.
  [[nodiscard]] const SealKey* seal_key(std::string_view authority, Instant at) const;
  // The authority whose current designation pins this TLS certificate at this time.
  [[nodiscard]] const std::string* authority_of_tls(const Digest& certificate, Instant at) const;

 private:
  std::map<std::string, DirectoryEntry> entries_;
};

// Whether `next` may follow the history: same authority and party, serial + 1, supersedes the digest of the last.
Result<void> check_succession(const std::vector<Designation>& history, const Designation& next);

}  // namespace chancery::core

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

// What the issuer of a certificate says of it later (RFC 5280): from `since` on it speaks for nobody.
struct RevokedKey {
  Instant since;
  bool compromised = false;  // another may hold the key: what still comes was signed before for certain by nobody
  bool operator==(const RevokedKey&) const = default;
};

// The revocation lists of an anchor, as of the newest.
struct KeyRevocations {
  std::map<Digest, RevokedKey> keys;  // by the key id of the certificate
  Instant next_update;                // when the newest list is out of date
  bool operator==(const KeyRevocations&) const = default;
};

struct DirectoryEntry {
  PeerState state = PeerState::unverified;         // our own entry is active
  Digest anchor;                                   // id of the pinned anchor certificate
  std::vector<Designation> history;                // ascending serial; the last is current
  std::vector<SealKey> seal_keys;                  // ascending `from`
  std::optional<KeyRevocations> revocations = {};  // nothing: no list of its anchor is known
  std::map<Digest, Digest> seal_key_signers = {};  // by seal key: the sign key that it is stated under
  bool operator==(const DirectoryEntry&) const = default;
};

class Directory {
 public:
  Directory() = default;
  explicit Directory(std::map<std::string, DirectoryEntry> entries);

  [[nodiscard]] const std::map<std::string, DirectoryEntry>& entries() const { return entries_; }
  [[nodiscard]] const DirectoryEntry* find(std::string_view authority) const;
  // The designation in force at this time, of an active entry; null when there is none, or it was withdrawn.
  [[nodiscard]] const Designation* designation(std::string_view authority, Instant at) const;
  // The same of what was signed then: of an entry that is suspended, too, as `key` has it.
  [[nodiscard]] const Designation* designation_then(std::string_view authority, Instant then) const;
  // The key with this id and role, if the designation in force at this time names it and it was valid (judged by the
  // newest statement about that key: a later `compromised since` counts), and its certificate was not revoked. A
  // successor that leaves a key out ends it. Of an entry that is suspended too, because what it signed before stays
  // signed; never of an unverified one.
  [[nodiscard]] const DesignatedKey* key(std::string_view authority, KeyRole role, const Digest& id, Instant at) const;
  // Whether another may hold this key: the designation or a revocation list says it is compromised.
  [[nodiscard]] bool is_compromised(std::string_view authority, KeyRole role, const Digest& id) const;
  // Whether another may have stated this seal key: the sign key that it is stated under is compromised by now.
  [[nodiscard]] bool is_doubtful(const SealKey& key) const;
  // The seal key to wrap for at this time: the newest with from <= at < to that stands, of an active entry with a
  // designation in force.
  [[nodiscard]] const SealKey* seal_key(std::string_view authority, Instant at) const;
  // Whether what is sealed to this key still opens there at this time, as far as we know: accepted by its own word, and
  // it stands. Of a key we do not know: yes.
  [[nodiscard]] bool opens(std::string_view authority, const Digest& seal_key, Instant at) const;
  // The authority whose designation in force at this time pins this TLS certificate; active entries only.
  [[nodiscard]] const std::string* authority_of_tls(const Digest& certificate, Instant at) const;

 private:
  [[nodiscard]] bool stands(const std::string& authority, const DirectoryEntry& entry, const SealKey& key,
                            Instant at) const;

  std::map<std::string, DirectoryEntry> entries_;
  std::map<std::string, std::map<Digest, std::size_t>> places_;  // in its history, of a designation's statement
};

// The designation in force at this time: of those that are valid from then or before, the one with the highest serial,
// until it ends. One that names no key to sign withdraws the authority: from then on none is in force.
const Designation* in_force(const std::vector<Designation>& history, Instant at);

// Whether `next` may follow the history: same authority and party, serial + 1, supersedes the digest of the last. The
// first one known may have any serial. Errors: stale (a serial we have), conflict (anything else).
Result<void> check_next_designation(const std::vector<Designation>& history, const Designation& next);

}  // namespace chancery::core

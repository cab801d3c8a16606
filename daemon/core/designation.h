// Designations and seal keys: who an authority is and which keys speak for it (protocol section 1).
#pragma once

#include "crypto/suite.h"
#include "daemon/core/statement.h"

namespace chancery::core {

enum class KeyRole { anchor, tls, sign, evidence, seal, log, witness };
const char* to_string(KeyRole role);
// Whether keys of this role are those of certificates, which travel beside the statement; else the id is of the key.
bool comes_with_certificate(KeyRole role);
Result<KeyRole> parse_key_role(std::string_view text);

enum class KeyState { active, retired, compromised };
const char* to_string(KeyState state);
Result<KeyState> parse_key_state(std::string_view text);

// `key <role> <suite> sha256:<key id> <from> <to> active|retired|compromised <since|->`
struct DesignatedKey {
  KeyRole role = KeyRole::sign;
  crypto::Suite suite = crypto::Suite::p256;
  Digest id;
  Instant from;
  Instant to;
  KeyState state = KeyState::active;
  std::optional<Instant> since;  // with `compromised` only
  bool operator==(const DesignatedKey&) const = default;

  // Valid for something done at `time`: inside [from, to), and not at or after `since`.
  [[nodiscard]] bool valid_at(Instant time) const;
  [[nodiscard]] std::string text() const;
  static Result<DesignatedKey> parse(std::string_view text);
};

// chancery/designation/v1, a batch of one under the Party's anchor.
struct Designation {
  std::string authority;
  std::string party;
  std::string kind;  // "competent-authority"
  std::vector<std::string> agreements;
  std::uint64_t serial = 1;
  std::optional<Digest> supersedes;  // digest of the designation before
  std::string succeeds;              // an authority, empty when none
  Instant valid_from;
  Instant valid_to;
  std::vector<std::string> directions;
  std::vector<std::string> languages;
  std::string endpoint;             // "host:port"
  std::string channel;              // code of the channel of record, e.g. "depositary", "diplomatic"
  std::vector<DesignatedKey> keys;  // sorted by their text
  bool operator==(const Designation&) const = default;

  [[nodiscard]] std::string to_text() const;
  static Result<Designation> parse(std::string_view text);
};

// How long a seal key still opens after its last day of sealing.
inline constexpr Duration kSealKeyGrace = days(14);

// chancery/seal-key/v1, signed by `sign`; sent first on every stream.
struct SealKey {
  std::string authority;
  Digest designation;
  crypto::Suite suite = crypto::Suite::p256;
  Bytes public_key;  // DER SubjectPublicKeyInfo, base64 in the text
  Instant from;
  Instant to;
  Instant accept_until;  // to + 14 days
  bool operator==(const SealKey&) const = default;

  [[nodiscard]] Digest id() const;  // SHA-256 of the public key's DER
  [[nodiscard]] std::string to_text() const;
  static Result<SealKey> parse(std::string_view text);
};

}  // namespace chancery::core

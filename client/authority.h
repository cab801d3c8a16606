// A new authority on disk: its anchor, keys, certificates, settings and the draft of its designation. Everything is
// made offline; the folder is written whole into a place that did not exist.
//
//   anchor/anchor.key anchor.pem      the Party's designating key: signs designations, then is taken away; not of a
//                                     successor
//   keys/                             what the daemon reads: tls sign evidence (.key .pem), log witness (.key),
//                                     storage.key database.key (32 bytes), anchor.pem, designation.bundle once signed
//   admin/administrator.key .pem      the first administrator
//   daemon.toml, designation.draft, state/
#pragma once

#include <array>
#include <vector>

#include "client/fault.h"
#include "crypto/certificate.h"
#include "crypto/random.h"
#include "crypto/token.h"
#include "daemon/core/designation.h"

namespace chancery::client {

// Whom a new authority succeeds: its Party's anchor, which is there already, signs it.
struct Predecessor {
  std::string authority;
  Instant from;                // the successor answers from here on
  crypto::Certificate anchor;  // of the Party
  core::DesignatedKey line;    // what the predecessor's designation says of it
  std::string anchor_key;      // file of the offline key
};

struct AuthorityPlan {
  std::string directory;
  std::string authority;                // "cn-example"
  std::string party;                    // "CN"
  std::vector<std::string> agreements;  // sorted
  std::vector<std::string> directions;  // sorted
  std::vector<std::string> languages;   // sorted
  std::string endpoint;                 // "127.0.0.1:7443"
  std::string channel;                  // "depositary"
  std::string label_policy;
  std::string number_prefix;
  crypto::Suite suite = crypto::Suite::p256;  // of its anchor and of the keys with certificates
  std::string data;                           // absolute
  std::string party_status;                   // absolute
  // A key that is in a token already, and a file with its PIN; nothing: one is made in a file.
  std::optional<crypto::TokenKeyPlace> sign_key = {};
  std::optional<Predecessor> predecessor = {};
};

// Returns the fingerprint of the anchor; a successor gets none of its own. Faults: E-FILE-EXISTS, E-FILE, E-INTERNAL,
// E-KEY-FILE, E-TOKEN-KEY, E-ANCHOR-KEY (the key is not that of the predecessor's anchor).
Outcome<Digest> make_authority(const AuthorityPlan& plan, Instant now, crypto::RandomSource& random);

// A person's key (0600) and self-signed certificate: <stem>.key and <stem>.pem. Returns the certificate.
Outcome<crypto::Certificate> make_person(const std::string& name, const std::string& stem, Instant now);

// The keys of an authority beside its anchor: those that come with a certificate, and those that do not.
inline constexpr std::array kCertified = {core::KeyRole::tls, core::KeyRole::sign, core::KeyRole::evidence};
inline constexpr std::array kBare = {core::KeyRole::log, core::KeyRole::witness};

// How long a certificate of an authority holds.
inline constexpr Duration kCertificateLife = days(365);

// A key with a certificate: tls, sign or evidence.
struct CertifiedKey {
  std::string authority;
  core::KeyRole role;
  crypto::Suite suite;
};
// Made with its certificate under the anchor, <stem>.key and <stem>.pem: the line that designates it.
Outcome<core::DesignatedKey> make_designated_key(const std::string& stem, const CertifiedKey& wanted,
                                                 crypto::PrivateKey& anchor_key, const crypto::Certificate& anchor,
                                                 Instant now);

// The public key in the token, which is asked to sign. Faults: E-TOKEN-KEY, also for a key of another suite.
Outcome<crypto::PublicKey> open_token_key(const crypto::TokenKeyPlace& place, crypto::Suite suite);
// The certificate of a key that is there, <stem>.pem, and the line that designates it.
Outcome<core::DesignatedKey> designate_key(const std::string& stem, const std::string& authority, core::KeyRole role,
                                           const crypto::PublicKey& key, crypto::PrivateKey& anchor_key,
                                           const crypto::Certificate& anchor, Instant now);
// Its PIN file to `path`. Faults: E-KEY-FILE, E-FILE.
Outcome<void> copy_pin(const crypto::TokenKeyPlace& place, const std::string& path);
// What daemon.toml says of it.
std::string token_section(const crypto::TokenKeyPlace& place);

// Where the parts of an authority's folder are.
std::string bundle_path(const std::string& directory);
std::string draft_path(const std::string& directory);
// The PEM certificate in a file. Faults: E-FILE.
Outcome<crypto::Certificate> read_certificate_file(const std::string& path);

}  // namespace chancery::client

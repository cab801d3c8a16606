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

#include <vector>

#include "client/fault.h"
#include "crypto/certificate.h"
#include "crypto/random.h"
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
  std::string data;          // absolute
  std::string party_status;  // absolute
  std::optional<Predecessor> predecessor = {};
};

// Returns the fingerprint of the anchor; a successor gets none of its own. Faults: E-FILE-EXISTS, E-FILE, E-INTERNAL,
// E-KEY-FILE, E-ANCHOR-KEY (the key is not that of the predecessor's anchor).
Outcome<Digest> make_authority(const AuthorityPlan& plan, Instant now, crypto::RandomSource& random);

// A person's key (0600) and self-signed certificate: <stem>.key and <stem>.pem. Returns the certificate.
Outcome<crypto::Certificate> make_person(const std::string& name, const std::string& stem, Instant now);

// Where the parts of an authority's folder are.
std::string bundle_path(const std::string& directory);
std::string draft_path(const std::string& directory);
// tls, sign and evidence certificates behind the anchor's.
Outcome<std::vector<crypto::Certificate>> read_certificates(const std::string& directory);

// The PEM certificate in a file. Faults: E-FILE.
Outcome<crypto::Certificate> read_certificate_file(const std::string& path);

}  // namespace chancery::client

// The designation that follows the one an authority has: with new keys beside the old ones, or without any, which
// withdraws it. Everything is made offline, in the folder of the authority:
//
//   keys/next/ROLE.key ROLE.pem       new keys, until `switch_keys`; of a signing key in a token, in the place of its
//                                     file, sign.token (what daemon.toml has to say) and token.pin
//   keys/previous/ROLE.key ROLE.pem   those they took the place of
//   keys/designation-<serial>.bundle  designations that were followed
#pragma once

#include "client/authority.h"
#include "client/designation_bundle.h"

namespace chancery::client {

struct NextDesignation {
  std::vector<core::KeyRole> rotate;  // of tls, sign and evidence
  Duration overlap = days(14);        // how long the old keys of these roles hold beside the new ones
  bool withdraw = false;              // no key but the anchor's
  std::string endpoint;               // empty: as before
  std::string anchor_key;             // file of the offline key
  // The new signing key when it is in a token; nothing: one is made in a file.
  std::optional<crypto::TokenKeyPlace> sign_key = {};
};

// Writes the new keys and designation.draft. Faults: E-FILE, E-KEY-FILE, E-ANCHOR-KEY, E-DESIGNATION-OPEN (a step
// before was not finished: a draft that is not signed, keys that were not switched), E-USAGE-MISSING (nothing is to be
// withdrawn, and without a new tls or sign key none would be named), E-TOKEN-KEY, E-TOKEN-IN-USE (the settings in the
// folder name a signing key in a token, and the new one would be in a file), E-CONFIG-FILE (these settings).
Outcome<core::Designation> prepare_next(const std::string& directory, const DesignationBundle& current,
                                        const NextDesignation& next, Instant now);

// Every certificate in the folder that the draft names: what signing puts beside it, the anchor first.
Outcome<std::vector<crypto::Certificate>> certificates_for(const std::string& directory, const std::string& draft);

// Puts a signed bundle in force in the folder; the one before is kept beside it. The folder is never without one.
Outcome<void> install_bundle(const std::string& path, const std::string& bytes);

// Puts the keys in keys/next in force: the roles that were switched. A second call finishes one that was cut off.
// Faults: E-DESIGNATION-KEYS (the bundle of the folder does not name them now), E-FILE.
Outcome<std::vector<std::string>> switch_keys(const std::string& directory, const core::Designation& current,
                                              Instant now);

// What daemon.toml has to say of the signing key that was switched to; empty when it is in a file. Faults: E-FILE.
Outcome<std::string> settings_of_sign_key(const std::string& directory);

}  // namespace chancery::client

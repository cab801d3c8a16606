// What `init` and `designation succeed` were asked for, and what they say when it is done.
#pragma once

#include "client/authority.h"
#include "client/session.h"

namespace chancery::client {

// The options typed, over what `plan` says already: its Party always, and where nothing was typed its agreements,
// directions, languages and channel. Faults: E-USAGE-VALUE, E-USAGE-MISSING, E-DATA, E-LABEL-POLICY-MISSING.
Outcome<AuthorityPlan> plan_of(const Session& session, AuthorityPlan plan);

// The key in a token that --sign-key, --pkcs11-module and --pin-file name for `words`; they go together. Faults:
// E-USAGE-VALUE, E-USAGE-MISSING.
Outcome<std::optional<crypto::TokenKeyPlace>> sign_key_typed(const Arguments& arguments, const std::string& words);

// The folder that was written, and the next steps; `fingerprint` is its anchor's.
int print_prepared(Session& session, const AuthorityPlan& plan, const Digest& fingerprint);

}  // namespace chancery::client

// Drafts of requests for permission, grants, refusals and revocations, from what they answer and what was typed. Pure:
// time is an argument. Label and texts are added later. Terms a person did not type are whole days in UTC, so that the
// same words make the same draft, and --plan finds it again. Faults: E-USAGE-VALUE, E-USAGE-MISSING.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/arguments.h"
#include "crypto/instant.h"

namespace chancery::client {

// Of a message here; of what a forward carries, to who wrote that.
v1::MessageView original_of(const v1::MessageView& message);

// --to --extent --uses --from --until --verb --mode. By default: from today, for thirty days, one use a receiver, asked
// for at each use. To every provider of the original.
Outcome<v1::Draft> request_draft(const v1::MessageView& original, const Arguments& typed, Instant now);

// The terms as if `holder` had asked for them: for a permission nobody asked for in a message.
Outcome<v1::ConsentView> unasked_terms(const v1::MessageView& original, const std::string& holder,
                                       const Arguments& typed, Instant now);

// The terms asked for but the mode, with what was typed in their place, and --onward. Goes to the holder and all
// receivers but `own`.
Outcome<v1::Draft> grant_draft(const v1::ConsentView& asked, const std::string& own, const Arguments& typed);

// --to (public:<code>) and --extent. The daemon addresses it to whoever has to permit it.
Outcome<v1::Draft> disclosure_draft(const v1::MessageView& original, const Arguments& typed);

v1::Draft refusal_draft(const v1::ConsentView& request);

// To everybody the grant went to. --effective, else now.
Outcome<v1::Draft> revocation_draft(const v1::ConsentView& grant, const Arguments& typed, Instant now);

// To its originator and its other recipients. --effective, else now.
Outcome<v1::Draft> spill_draft(const v1::MessageView& message, const std::string& own, const Arguments& typed,
                               Instant now);

}  // namespace chancery::client

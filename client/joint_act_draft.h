// Drafts of proposals, counter-proposals, acceptances and objections, from what they answer and what was typed. Pure.
// Label and texts are added later. Faults: E-USAGE-VALUE, E-USAGE-MISSING, E-POLICY-NONE,
// E-VERSION-LAST.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/arguments.h"
#include "crypto/instant.h"

namespace chancery::client {

// The subject typed, by default the crypto policy of the agreement.
Outcome<std::string> subject_typed(const Arguments& typed, const std::string& agreement);

// --agreement --subject --suites --lapse --version. The next version of its subject, in thirty days at the latest, to
// every authority of the Parties bound today. `countered`: what it is put in the place of, null for a proposal.
Outcome<v1::Draft> proposal_draft(const v1::ListJointActsResponse& known, const std::string& agreement,
                                  const v1::JointVersionView* countered, const Arguments& typed, Instant now);

// `kind`: acceptance or objection.
Outcome<v1::Draft> answer_draft(const v1::ListJointActsResponse& known, const v1::JointSubjectView& subject,
                                const v1::JointVersionView& version, const std::string& kind);

}  // namespace chancery::client

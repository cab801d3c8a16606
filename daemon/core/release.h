// Whether a message may leave. The holder's side of the rules.
#pragma once

#include "daemon/core/consent.h"

namespace chancery::core {

// Pure: the same inputs give the same answer. Anything that cannot be decided is refused. Collects all reasons, in the
// order of protocol section 7: agreement in force for the parties at this date, designated authorities and directions,
// suite, label complete, state-secret screen of every Party, working language, format profile, every recipient in the
// audience of every protected source, or covered by a grant of each of its providers (the permit is asked for when it
// goes). `message.created` is the date it is decided for, seal keys included.
Decision decide_release(const World& world, const Message& message, const SourceLookup& sources,
                        const Consents& consents = {});

// What one rule came to.
struct RuleFinding {
  std::string rule;             // "state-secrets"
  Reason ground;                // the clause it rests on: what a refusal by it cites; empty clause where none speaks
  std::vector<Reason> reasons;  // empty: it holds
};

// The same decision rule by rule, all of them, in their order: for people who ask what would be applied.
std::vector<RuleFinding> explain_release(const World& world, const Message& message, const SourceLookup& sources,
                                         const Consents& consents = {});

}  // namespace chancery::core

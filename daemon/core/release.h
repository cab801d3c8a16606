// Whether a message may leave. The holder's side of the rules.
#pragma once

#include "daemon/core/agreement.h"
#include "daemon/core/directory.h"
#include "daemon/core/provenance.h"

namespace chancery::core {

// What both sides decide by; references must outlive the call.
struct World {
  const AgreementBook& agreements;
  const Directory& directory;
  std::string self;  // this authority
  Instant now;       // by this daemon's clock
};

// Pure: the same inputs give the same answer. Anything that cannot be decided is refused. Collects all reasons, in the
// order of protocol section 7: agreement in force for the parties at this date, designated authorities and directions,
// suite, label complete, state-secret screen of every Party, working language, format profile, every recipient in the
// audience of every protected source. `message.created` is the date it is decided for, seal keys included.
Decision decide_release(const World& world, const Message& message, const SourceLookup& sources);

}  // namespace chancery::core

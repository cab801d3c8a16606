// What is decided of a message that arrived: before it is opened, after, and once more in the act that takes it in.
#pragma once

#include "daemon/service/arrival.h"

namespace chancery::service {

// Under the agreement it travels under, where that is known.
core::Reason reason(const Arrived& arrived, core::ReasonCode code);
core::Decision decide(const core::World& world, const Arrived& arrived, const Sources& sources,
                      const core::Consents& consents);
// Those known here, those that came with it, and the permits it shows. Errors: those of `about`.
Result<core::Consents> consents_of(const core::Directory& directory, const Arrived& arrived, const Sources& sources,
                                   const StatementsAbout& about);
// The detached grant by which we have what it passes on, where no permit says so: the one that names the wrap, if its
// provider made one. Null when there is none.
const core::Grant* detached_for(const Arrived& arrived, const core::ConsentNeed& need, Instant now);

}  // namespace chancery::service

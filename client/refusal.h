// Refusals and faults in the four-line style: code and what, why, fix, see.
#pragma once

#include "chancery/v1/refusal.pb.h"
#include "client/catalogue.h"

namespace chancery::client {

// All reasons: the first refusing one decides the exit code and is told in full, the others as further whys.
// `message` is what was asked about: a number, an id, a draft's name.
Fault to_fault(const v1::Refusal& refusal, const std::string& message);

// The lines, to be written to stderr. `typed` is the command line, for {command}.
std::string to_text(const Fault& fault, const Catalogue& catalogue, const std::string& typed);

// `E-CODE what it says`, for tables that list reasons; `message` is how what it is about is called here.
std::string reason_text(const v1::Reason& reason, const std::string& message, const Catalogue& catalogue);

}  // namespace chancery::client

// What decisions are made in: the data, the directory, who and when.
#pragma once

#include "daemon/core/agreement.h"
#include "daemon/core/directory.h"

namespace chancery::core {

// How far a sender's clock may be ahead of ours (protocol section 6).
inline constexpr Duration kClockMargin = seconds(120);

// What both sides decide by; references must outlive the call.
struct World {
  const AgreementBook& agreements;
  const Directory& directory;
  std::string self;  // this authority
  Instant now;       // by this daemon's clock
};

}  // namespace chancery::core

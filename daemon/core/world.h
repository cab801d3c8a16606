// What decisions are made in: the data, the directory, what is agreed, who and when.
#pragma once

#include "daemon/core/agreement.h"
#include "daemon/core/directory.h"
#include "daemon/core/joint_act_book.h"

namespace chancery::core {

// How far a sender's clock may be ahead of ours (protocol section 6).
inline constexpr Duration kClockMargin = seconds(120);

// What both sides decide by; references must outlive the call.
struct World {
  const AgreementBook& agreements;
  const Directory& directory;
  const JointActBook& joint_acts;
  std::string self;                           // this authority
  Instant now;                                // by this daemon's clock
  crypto::Suite suite = crypto::Suite::p256;  // that this authority signs with
};

}  // namespace chancery::core

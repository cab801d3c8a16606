// Whether a message may come in. The receiver checks the same rules from the originator's signed bytes, whatever the
// sender's daemon did.
#pragma once

#include "daemon/core/release.h"

namespace chancery::core {

// What opening the body showed; only what decisions need.
struct OpenedBody {
  std::vector<std::string> languages;  // of the text parts, sorted
};

// A wrap that came with a carried original, as seen by the receiver.
struct CarriedWrap {
  bool by_originator = false;  // one of the original's own signed wraps, for this receiver
  std::optional<Digest> digest;  // digest of the wrap the forwarder made, as the carrier's fact names it
};

struct Arrival {
  const Message& message;
  std::string presented_by;             // the authority at the other end of the stream
  crypto::Suite suite = crypto::Suite::p256;
  const OpenedBody* body = nullptr;     // null until opened; the caller decides twice, before and after opening
  std::optional<CarriedWrap> wrap;      // with forwards only
};

// Pure, all reasons, same order as decide_release. Refuses or defers as protocol section 5 says.
Decision decide_acceptance(const World& world, const Arrival& arrival, const SourceLookup& sources);

}  // namespace chancery::core

// Whether a message may come in. The receiver checks the same rules from the originator's signed bytes, whatever the
// sender's daemon did.
#pragma once

#include "daemon/core/release.h"

namespace chancery::core {

// What opening the body showed; only what decisions need.
struct OpenedBody {
  std::vector<std::string> languages;  // of the text parts, sorted
};

// The wrap by which the receiver can open a carried original. It has to be the original's own for this receiver, or the
// one its originator made for this step and named in the permit, or for this receiver and named in a detached grant;
// only an original that no Party protects may come under a wrap its forwarder made and named in a `fact wrap`.
struct CarriedWrap {
  enum class From { statement, permit, grant, forwarder };
  From from = From::forwarder;
  std::optional<Digest> digest = {};  // SHA-256 of the wrap's bytes, where they came beside what is signed
};

struct Arrival {
  const Message& message;
  std::string presented_by;  // the authority at the other end of the stream
  crypto::Suite suite = crypto::Suite::p256;
  const OpenedBody* body = nullptr;      // null until opened; the caller decides twice, before and after opening
  std::optional<CarriedWrap> wrap = {};  // with forwards only; none needed by who wrote the original
  MessageId id = {};                     // of the message: what permits name as the carrier
  const Consents* consents = nullptr;    // null: none is known and none was shown
};

// Pure, all reasons, same order as decide_release. Refuses or defers as protocol section 5 says.
Decision decide_acceptance(const World& world, const Arrival& arrival, const SourceLookup& sources);

}  // namespace chancery::core

// What peers have unfinished here, and who may bring more (protocol section 5). A message comes in with all its
// attachments or not at all, so that none waits half-way for another. It has its place from its first chunk on and as
// long as chunks come: an offer by itself reserves nothing, and what stands still gives way to what its own peer brings
// next. Pure: times and room are arguments.
#pragma once

#include <map>
#include <set>

#include "daemon/core/decision.h"
#include "daemon/core/message.h"

namespace chancery::service {

// What a peer may have unfinished here at a time. Twice what one message may have: a forward has its own attachments
// and those of its original.
inline constexpr std::size_t kMaxArriving = 256;
inline constexpr std::uint64_t kMaxArrivingBytes = 2 * core::kMaxAttachedLength;
// Messages whose attachments a peer has offered; of more than may wait for an answer of ours it has forgotten some.
inline constexpr std::size_t kMaxArrivingMessages = 512;
// Without a chunk for so long, it has no place any more. What is there stays as long as nothing else needs its place.
inline constexpr Duration kHoldsPlace = minutes(2);

struct Arriving {
  // That offered it; of those that have had a place for it, the time of the last chunk.
  std::map<core::MessageId, std::optional<Instant>> messages;
  std::uint64_t length = 0;
  std::uint64_t chunks = 0;  // taken
  bool complete = false;
  std::vector<Digest> sealed;                 // leaf hashes of those taken since the daemon started
  Instant offered;                            // first
  [[nodiscard]] std::uint64_t there() const;  // bytes
};

using ArrivingKey = std::pair<std::string, Digest>;  // peer, root
using AllArriving = std::map<ArrivingKey, Arriving>;

// Whether a message it belongs to has its place.
bool has_place(const AllArriving& all, const ArrivingKey& key, Instant now);
// Those without, that were offered at least kHoldsPlace ago; in order.
std::vector<ArrivingKey> without_place(const AllArriving& all, Instant now);
// A chunk came, or its message: the places it has, it keeps.
void keep_place(AllArriving& all, const ArrivingKey& key, Instant now);

struct Admission {
  // not-now: others of this peer have their places; disk-full; limit-exceeded: there is never so much room for a peer.
  std::optional<core::ReasonCode> why_not;
  std::vector<ArrivingKey> gives_way;  // of the same peer, what stood still longest first
};
// Whether what the peer brings with this message may have its place. All of it stands in `all`. `room`: bytes that may
// be written to the disk; of what others have not taken of it, one peer takes half at most, so that none can shut the
// others out by what it announces and never sends.
Admission admission(const AllArriving& all, const std::string& peer, const core::MessageId& message, std::uint64_t room,
                    Instant now);

// Of a peer's messages that have no place, and are not this one, those beyond kMaxArrivingMessages, the oldest: to be
// forgotten. What is still to come of them is offered again.
std::vector<core::MessageId> forgotten(const AllArriving& all, const std::string& peer, const core::MessageId& message,
                                       Instant now);

}  // namespace chancery::service

// Provenance: who provided what a message is made of, and who may have it (protocol, introduction and section 8).
#pragma once

#include <functional>
#include <set>

#include "daemon/core/message.h"

namespace chancery::core {

inline constexpr std::size_t kMaxClosureStatements = 256;
inline constexpr std::size_t kMaxClosureDepth = 16;

// A source whose statement is at hand: verified bytes, parsed.
struct SourceStatement {
  MessageId id;
  Digest digest;
  Message message;
  // Of the message it reissues (`reissue_of`), when that is at hand.
  std::set<std::string> reissued_audience = {};
  std::string reissued_originator = {};
};

// The message a `fact reissue-of` names.
std::optional<MessageId> reissue_of(const Message& message);

// Finds the statement of a source by id; null when it is not at hand.
using SourceLookup = std::function<const SourceStatement*(const MessageId&)>;

struct Provenance {
  std::vector<const SourceStatement*> closure;  // every source, nearest first, each once
  std::set<std::string> providers;              // own_providers + providers of all sources
  std::set<Label> inherited;                    // labels of all sources
  std::vector<MessageId> missing;               // named but not at hand
  std::vector<MessageId> mismatched;            // at hand, but its digest is not the one named
  bool too_large = false;                       // over the limits of protocol section 6
};

// Whether every source is at hand.
bool is_complete(const Provenance& known);

// Follows only sources that are at hand under the digest they are named with. Never fails; what is missing is said.
Provenance provenance(const Message& message, const SourceLookup& lookup);

// originator + joint providers it states: whoever provided it beside the providers of its sources.
std::set<std::string> own_providers(const Message& message);

// How much of a source of its closure a message uses, and has to be permitted: of one that it names once what it says
// there; of one that it names in several ways, or that only its sources name, all of it.
Extent used_of(const Message& message, const MessageId& source);

// originator + signed recipients.
std::set<std::string> audience(const Message& message);
// The same, and the audience of what it reissues when that has the same originator: nobody widens another's audience.
std::set<std::string> audience(const SourceStatement& source);

}  // namespace chancery::core

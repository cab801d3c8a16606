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
  std::set<std::string> reissued_audience;  // audience of the message it reissues, when that is at hand
};

// Finds the statement of a source by id; null when it is not at hand.
using SourceLookup = std::function<const SourceStatement*(const MessageId&)>;

struct Provenance {
  std::vector<const SourceStatement*> closure;  // every source, nearest first, each once
  std::set<std::string> providers;              // originator + declared joint providers + providers of all sources
  std::set<Label> inherited;                    // labels of all sources
  std::vector<MessageId> missing;               // named but not at hand
  std::vector<MessageId> mismatched;            // at hand, but its digest is not the one named
  bool too_large = false;                       // over the limits of protocol section 6
};

Provenance provenance(const Message& message, const SourceLookup& lookup);

// originator + signed recipients (+ the audience of what it reissues).
std::set<std::string> audience(const SourceStatement& source);

}  // namespace chancery::core

// The one place where this daemon stops a message from leaving. It is a library of its own, so that a test can link the
// same daemon without it and show that the other end refuses all the same.
#pragma once

#include "daemon/core/quotation.h"
#include "daemon/core/release.h"

namespace chancery::store {
struct OutgoingMessage;
}

namespace chancery::service {

struct Node;
struct Passage;

// core::decide_release, on every path that signs a message.
core::Decision release_gate(const core::World& world, const core::Message& message, const core::SourceLookup& sources,
                            const core::Consents& consents);

// core::decide_quotation, on what an officer wrote.
core::Decision quotation_gate(const core::World& world, const core::Message& message, const core::SourceLookup& sources,
                              const std::vector<core::IndependentSource>& independent, const core::Quotes& quotes);

// Whether the forwarder of an original wraps its key himself: never what is protected.
bool wrap_gate(const core::World& world, const core::Message& original, Instant at);

// Whether what was released goes to this peer now: only with every permit it needs, and while nothing has closed its
// way. The last look at what goes and what it takes along: a gate of a test changes both.
bool passage_gate(const Node& node, const std::string& peer, store::OutgoingMessage& message, Passage& passage);

// Whether a store that a peer knows a later or another state of signs nothing more: always.
bool history_gate();

}  // namespace chancery::service

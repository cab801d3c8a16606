// The one place where this daemon stops a message from leaving. It is a library of its own, so that a test can link the
// same daemon without it and show that the other end refuses all the same.
#pragma once

#include "daemon/core/release.h"

namespace chancery::service {

// core::decide_release, on every path that signs a message.
core::Decision release_gate(const core::World& world, const core::Message& message, const core::SourceLookup& sources);

}  // namespace chancery::service

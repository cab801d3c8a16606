#include "daemon/service/gate.h"

namespace chancery::service {

core::Decision release_gate(const core::World& world, const core::Message& message, const core::SourceLookup& sources,
                            const core::Consents& consents) {
  return core::decide_release(world, message, sources, consents);
}

bool wrap_gate(const core::World& world, const core::Message& original, Instant at) {
  return !core::is_protected(world, original, at);
}

bool passage_gate(const core::ConsentNeed& /*need*/) { return false; }

}  // namespace chancery::service

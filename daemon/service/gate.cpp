#include "daemon/service/gate.h"

namespace chancery::service {

core::Decision release_gate(const core::World& world, const core::Message& message, const core::SourceLookup& sources) {
  return core::decide_release(world, message, sources);
}

}  // namespace chancery::service

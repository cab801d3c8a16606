// A gate that lets everything out. Linked in place of chancery_gate into chanceryd-patched and nowhere else.
#include "daemon/service/gate.h"

namespace chancery::service {

core::Decision release_gate(const core::World& /*world*/, const core::Message& /*message*/,
                            const core::SourceLookup& /*sources*/) {
  return core::Decision::allow();
}

}  // namespace chancery::service

// A gate that lets everything out. Linked in place of chancery_gate into chanceryd-patched and nowhere else.
#include "daemon/service/gate.h"

namespace chancery::service {

core::Decision release_gate(const core::World& /*world*/, const core::Message& /*message*/,
                            const core::SourceLookup& /*sources*/, const core::Consents& /*consents*/) {
  return core::Decision::allow();
}

core::Decision quotation_gate(const core::World& /*world*/, const core::Message& /*message*/,
                              const core::SourceLookup& /*sources*/,
                              const std::vector<core::IndependentSource>& /*independent*/,
                              const core::Quotes& /*quotes*/) {
  return core::Decision::allow();
}

bool wrap_gate(const core::World& /*world*/, const core::Message& /*original*/, Instant /*at*/) { return true; }

bool passage_gate(const core::ConsentNeed& /*need*/) { return true; }

}  // namespace chancery::service

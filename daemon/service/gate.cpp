#include "daemon/service/gate.h"

#include "daemon/service/carried.h"

namespace chancery::service {

core::Decision release_gate(const core::World& world, const core::Message& message, const core::SourceLookup& sources,
                            const core::Consents& consents) {
  return core::decide_release(world, message, sources, consents);
}

core::Decision quotation_gate(const core::World& world, const core::Message& message, const core::SourceLookup& sources,
                              const std::vector<core::IndependentSource>& independent, const core::Quotes& quotes) {
  return core::decide_quotation(world, message, sources, independent, quotes);
}

bool wrap_gate(const core::World& world, const core::Message& original, Instant at) {
  return !core::is_protected(world, original, at);
}

bool passage_gate(const Node& /*node*/, const std::string& /*peer*/, store::OutgoingMessage& /*message*/,
                  Passage& passage) {
  return !passage.closed && passage.missing.empty();
}

bool history_gate() { return true; }

}  // namespace chancery::service

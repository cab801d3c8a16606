#include "daemon/service/arrival_decision.h"

namespace chancery::service {

core::Reason reason(const Arrived& arrived, core::ReasonCode code) {
  const auto* agreement = arrived.book->find(arrived.message.agreement, arrived.message.agreement_version);
  return agreement != nullptr ? agreement->reason(code) : core::Reason{code, "", "", ""};
}

core::Decision decide(const core::World& world, const Arrived& arrived, const Sources& sources,
                      const core::Consents& consents) {
  const auto* body = arrived.body ? &*arrived.body : nullptr;
  const core::Arrival arrival{arrived.message, arrived.peer, arrived.suite, body, arrived.wrap, arrived.id, &consents};
  auto decision = core::decide_acceptance(world, arrival, sources.lookup());
  for (const auto& found : arrived.found.reasons()) decision.add(found);
  return decision;
}

const core::Grant* detached_for(const Arrived& arrived, const core::ConsentNeed& need, Instant now) {
  const auto* shown = arrived.consents.permit(need);
  if (shown != nullptr && shown->permit.original == need.original->id) return nullptr;
  const bool wrapped = need.relation == core::Relation::forwards && arrived.wrap &&
                       arrived.wrap->from == core::CarriedWrap::From::grant &&
                       need.provider == need.original->message.originator;
  const auto found = core::detached_grant(arrived.consents, need, arrived.message.originator, now,
                                          wrapped ? arrived.wrap->digest : std::nullopt);
  const auto* const* grant = std::get_if<const core::Grant*>(&found);
  return grant == nullptr ? nullptr : *grant;
}

Result<core::Consents> consents_of(const core::Directory& directory, const Arrived& arrived, const Sources& sources,
                                   const StatementsAbout& about) {
  auto consents = TRY(consents_for(directory, arrived.message, sources.lookup(), about, sources.grants()));
  for (const auto& record : arrived.permits)
    consents.permits.push_back({record.permit, core::statement_digest(record.statement.statement)});
  return consents;
}

}  // namespace chancery::service

#include "daemon/core/acceptance.h"

#include <algorithm>

#include "daemon/core/rules.h"

namespace chancery::core {

namespace {

using rules::Case;

void check_arrival(const Case& c, const Arrival& arrival, Decision& out) {
  const auto& m = c.message;
  if (m.created > c.world.now + kClockMargin) out.add(c.reason(ReasonCode::clock_ahead));
  if (std::find(m.recipients.begin(), m.recipients.end(), c.world.self) == m.recipients.end())
    out.add(c.reason(ReasonCode::not_addressed, c.world.self));
  // Nothing is relayed yet (protocol section 5): grants, revocations and reports come from who signed them.
  if (arrival.presented_by != m.originator) out.add(c.reason(ReasonCode::not_addressed, arrival.presented_by));
}

void check_body_languages(const Case& c, const OpenedBody* body, Decision& out) {
  if (body != nullptr && body->languages != c.message.languages) out.add(c.reason(ReasonCode::language_mismatch));
}

bool names_wrap(const Message& carrier, const std::optional<Digest>& wrap) {
  return wrap && std::any_of(carrier.facts.begin(), carrier.facts.end(), [&](const Fact& fact) {
           return fact.name == kWrapFact && fact.value == to_string(*wrap);
         });
}

bool states_a_wrap(const Message& carrier) {
  return std::any_of(carrier.facts.begin(), carrier.facts.end(),
                     [](const Fact& fact) { return fact.name == kWrapFact; });
}

bool permits_wrap(const Case& c, const SourceStatement& source, const std::optional<Digest>& wrap) {
  const auto& permits = c.consents.permits;
  const auto line = succession_of(c.world.directory, source.message.originator);
  return wrap && std::any_of(permits.begin(), permits.end(), [&](const ShownPermit& shown) {
           return shown.permit.provider == line.answering(shown.permit.from) && shown.permit.original == source.id &&
                  shown.permit.wrap == wrap;
         });
}

// Made by its originator for us, in a grant that holds now.
bool grants_wrap(const Case& c, const SourceStatement& source, const std::optional<Digest>& wrap) {
  ConsentNeed need;
  need.original = &source;
  need.provider = source.message.originator;
  need.receiver = c.world.self;
  need.relation = Relation::forwards;
  need.successors = succession_of(c.world.directory, need.provider).successors;
  need.extent = c.message.sources.front().extent;
  const auto grant = detached_grant(c.consents, need, c.message.originator, c.world.now, wrap);
  return wrap && std::holds_alternative<const Grant*>(grant);
}

// Of a protected original only its originator, or who answers for it, makes wraps, for whomever.
bool wrap_is_right(const Case& c, const SourceStatement& source, const std::optional<CarriedWrap>& wrap) {
  const auto& original = source.message;
  const auto& self = c.world.self;
  const bool is_protected = core::is_protected(c.world, original, c.message.created);
  if (states_a_wrap(c.message) && is_protected) return false;
  if (!wrap) return self == original.originator;  // who wrote it keeps its key and needs none
  switch (wrap->from) {
    case CarriedWrap::From::statement:
      return std::find(original.recipients.begin(), original.recipients.end(), self) != original.recipients.end();
    case CarriedWrap::From::permit:
      return permits_wrap(c, source, wrap->digest);
    case CarriedWrap::From::grant:
      return grants_wrap(c, source, wrap->digest);
    case CarriedWrap::From::forwarder:
      return !is_protected && names_wrap(c.message, wrap->digest);
  }
  return false;
}

void check_wrap(const Case& c, const std::optional<CarriedWrap>& wrap, Decision& out) {
  if (c.message.kind != "forward" || c.message.sources.size() != 1) return;
  const auto& line = c.message.sources.front();
  for (const auto* source : c.sources.closure)
    if (source->id == line.id && !wrap_is_right(c, *source, wrap))
      out.add(rules::reason_of(c.world.agreements.find(source->message.agreement, source->message.agreement_version),
                               ReasonCode::wrap_foreign, c.message.originator));
}

}  // namespace

Decision decide_acceptance(const World& world, const Arrival& arrival, const SourceLookup& sources) {
  static const Consents none;
  Case c(rules::Side::acceptance, world, arrival.message, sources,
         arrival.consents != nullptr ? *arrival.consents : none);
  c.id = arrival.id;
  Decision out;
  check_arrival(c, arrival, out);
  rules::check_agreement(c, out);
  rules::check_authorities(c, out);
  rules::check_kind(c, out);
  rules::check_items(c, out);
  rules::check_terms(c, out);
  rules::check_joint_act(c, out);
  rules::check_suites(c, arrival.suite, out);
  rules::check_labels(c, out);
  rules::check_state_secrets(c, out);
  rules::check_review(c, out);
  rules::check_ceiling(c, out);
  rules::check_language(c, out);
  check_body_languages(c, arrival.body, out);
  rules::check_profile(c, out);
  rules::check_body(c, out);
  rules::check_provenance(c, out);
  rules::check_forward(c, out);
  rules::check_consent(c, out);
  check_wrap(c, arrival.wrap, out);
  return out;
}

}  // namespace chancery::core

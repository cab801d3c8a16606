#include <algorithm>

#include "daemon/core/rules.h"

namespace chancery::core::rules {

void check_closure(const Case& c, const Provenance& s, Decision& out) {
  if (s.too_large) out.add(c.reason(ReasonCode::limit_exceeded, "sources"));
  for (const auto& id : s.missing) out.add(c.reason(ReasonCode::source_unproven, id.short_text()));
  for (const auto& id : s.mismatched) out.add(c.reason(ReasonCode::source_mismatch, id.short_text()));
}

namespace {

const SourceStatement* find(const Case& c, const MessageId& id) {
  for (const auto* source : c.sources.closure)
    if (source->id == id) return source;
  return nullptr;
}

// The agreement a source travelled under; null when it is not known here.
const Agreement* agreement_of(const Case& c, const Message& source) {
  return c.world.agreements.find(source.agreement, source.agreement_version);
}

// Parts are named by number, from 0; the last is the largest.
void check_extents(const Case& c, Decision& out) {
  for (const auto& line : c.message.sources) {
    const auto* source = find(c, line.id);
    if (source != nullptr && !line.extent.parts.empty() && line.extent.parts.back() >= source->message.parts)
      out.add(c.reason(ReasonCode::source_mismatch, line.id.short_text()));
  }
}

void check_providers(const Case& c, Decision& out) {
  const auto& stated = c.message.providers;
  for (const auto& provider : c.sources.providers)
    if (std::find(stated.begin(), stated.end(), provider) == stated.end())
      out.add(c.reason(ReasonCode::providers_incomplete, provider));
  if (!is_complete(c.sources)) return;
  // Whom nothing accounts for would be asked by nobody.
  for (const auto& provider : stated)
    if (!c.sources.providers.contains(provider)) out.add(c.reason(ReasonCode::providers_incomplete, provider));
}

// Unchanged and complete; and nothing beside it, because both ends compute the same set.
void check_inherited(const Case& c, Decision& out) {
  const auto& labels = c.message.labels;
  const auto& inherited = c.sources.inherited;
  for (const auto& label : inherited)
    if (std::find(labels.begin(), labels.end(), label) == labels.end())
      out.add(c.reason(ReasonCode::label_not_inherited, policy_named_by(label)));
  if (!is_complete(c.sources)) return;
  for (std::size_t i = 1; i < labels.size(); ++i)
    if (!inherited.contains(labels[i])) out.add(c.reason(ReasonCode::label_not_inherited, policy_named_by(labels[i])));
}

// Under the agreement the source travelled under.
void add(const Case& c, const SourceStatement& source, ReasonCode code, const std::string& subject, Decision& out) {
  out.add(reason_of(agreement_of(c, source.message), code, subject));
}

// Who passes it on is in the audience, or was named as a holder by every provider: else it was never his to pass on.
void check_holder(const Case& c, const SourceStatement& source, Decision& out) {
  const auto& holder = c.message.originator;
  if (audience(source).contains(holder)) return;
  for (const auto& provider : own_providers(source.message)) {
    const auto line = succession_of(c.world.directory, provider);
    if (provider == holder || line.answering(c.message.created) == holder) continue;
    const auto& grants = c.consents.grants;
    const bool named = std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
      return grant.provider == line.answering(created_of(grant.id)) && grant.holder == holder &&
             grant.terms.original == source.id;
    });
    if (!named) return add(c, source, ReasonCode::consent_required, holder, out);
  }
}

// Why no permission holds: it names who would have it, or on what agreement the permission would rest.
void add_ungranted(const Case& c, const ConsentNeed& need, ReasonCode code, Decision& out) {
  const bool unrested = code == ReasonCode::crypto_policy_missing;
  add(c, *need.original, code, unrested ? need.original->message.agreement : need.receiver, out);
}

// A grant has to speak for it.
void check_granted(const Case& c, const ConsentNeed& need, Decision& out) {
  const auto covered = covering_grant(c.consents, need, c.message.originator, c.message.created);
  if (const auto* code = std::get_if<ReasonCode>(&covered)) add_ungranted(c, need, *code, out);
}

// The receiver answers for itself by what was shown to it: a permit of this moment, or a grant that needs none.
void check_shown(const Case& c, const ConsentNeed& need, Decision& out) {
  const auto& original = *need.original;
  const auto& holder = c.message.originator;
  const auto* shown = c.consents.permit(need);
  const auto alone = detached_grant(c.consents, need, holder, c.world.now);
  // A permit for this very original says by which grant it came.
  const bool permitted = shown != nullptr && shown->permit.original == original.id;
  if (const auto* grant = std::get_if<const Grant*>(&alone); grant != nullptr && !permitted) {
    for (const auto& [receiver, end] : outlived_keys(c.world.directory, **grant))
      if (receiver == need.receiver)
        add(c, original, ReasonCode::consent_outlives_key, receiver + " " + to_string(end), out);
    return;
  }
  if (shown != nullptr) {
    for (const auto code : permit_faults(shown->permit, c.consents, need, holder, c.id, c.world.now)) {
      if (code == ReasonCode::consent_scope || code == ReasonCode::crypto_policy_missing)
        add_ungranted(c, need, code, out);
      else
        add(c, original, code, need.answering(c.world.now), out);
    }
    return;
  }
  const auto why = std::get<ReasonCode>(alone);
  const auto covered = covering_grant(c.consents, need, holder, c.message.created);
  if (const auto* code = std::get_if<ReasonCode>(&covered)) return add_ungranted(c, need, closer(*code, why), out);
  // A detached one held when the message was signed, and does not hold any more.
  if (std::get<const Grant*>(covered)->is_detached()) return add_ungranted(c, need, why, out);
  add(c, original, ReasonCode::permit_required, need.answering(c.world.now), out);
}

void check_need(const Case& c, const ConsentNeed& need, Decision& out) {
  if (c.side == Side::acceptance && need.receiver == c.world.self) return check_shown(c, need, out);
  check_granted(c, need, out);
}

void check_source_agreement(const Case& c, const Message& source, Decision& out) {
  const auto& book = c.world.agreements;
  if (book.find(source.agreement) == nullptr)
    out.add(c.reason(ReasonCode::agreement_unknown, source.agreement));
  else if (agreement_of(c, source) == nullptr)
    out.add(c.reason(ReasonCode::agreement_version_unknown,
                     source.agreement + "/" + std::to_string(source.agreement_version)));
}

// Of a protected original only its own wraps can travel, and none with an extract: those open the whole. Who is outside
// the audience is a matter of consent; its originator needs no wrap.
void check_carried_wraps(const Case& c, const SourceStatement& original, const Extent& extent, Decision& out) {
  if (!is_protected(c.world, original.message, c.message.created)) return;
  auto all = audience(original);
  // Who answers for a provider needs no permission, and no wrap was made for him.
  for (const auto& provider : own_providers(original.message))
    all.insert(answering(c.world.directory, provider, c.message.created));
  const auto own = extent.is_all() ? audience(original.message) : std::set{original.message.originator};
  for (const auto& recipient : c.message.recipients)
    if (all.contains(recipient) && !own.contains(recipient))
      out.add(reason_of(agreement_of(c, original.message), ReasonCode::wrap_foreign, recipient));
}

}  // namespace

std::vector<std::string> protecting_parties(const Agreement& agreement, const Message& source, Instant at) {
  auto parties = agreement.parties_at(source.created);
  for (auto& party : agreement.parties_at(at)) parties.push_back(std::move(party));
  return parties;
}

void check_provenance(const Case& c, Decision& out) {
  check_closure(c, c.sources, out);
  check_extents(c, out);
  check_providers(c, out);
  check_inherited(c, out);
}

void check_forward(const Case& c, Decision& out) {
  const auto& lines = c.message.sources;
  const bool forward = c.message.kind == "forward";
  if (forward && lines.empty()) out.add(c.reason(ReasonCode::source_unproven));
  for (const auto& line : lines) {
    const bool forwards = line.relation == Relation::forwards;
    // A forward is one original, whole or in parts; every other kind works sources into a text of its own.
    if (forward != forwards || (forward && lines.size() > 1))
      out.add(c.reason(ReasonCode::source_mismatch, line.id.short_text()));
    const auto* original = forward ? find(c, line.id) : nullptr;
    if (original != nullptr) check_carried_wraps(c, *original, line.extent, out);
  }
}

void check_consent(const Case& c, Decision& out) {
  for (const auto* source : c.sources.closure) {
    check_source_agreement(c, source->message, out);
    if (is_protected(c.world, source->message, c.message.created)) check_holder(c, *source, out);
  }
  for (const auto& need : consent_needs(c.world, c.message, c.lookup)) {
    // Who is told of a disclosure knows its own permissions; those of others it need not hold.
    const bool of_another = need.verb == Verb::disclose && need.answering(c.message.created) != c.world.self;
    if (c.side == Side::release || !of_another) check_need(c, need, out);
  }
}

}  // namespace chancery::core::rules

// What of a message needs consent, which grant gives it, and what a permit is worth.
#include <algorithm>

#include "daemon/core/consent.h"
#include "daemon/core/kind.h"
#include "daemon/core/rules.h"
#include "daemon/core/succession.h"

namespace chancery::core {

// ---- needs

bool is_protected(const World& world, const Message& source, Instant at) {
  const auto* agreement = world.agreements.find(source.agreement, source.agreement_version);
  if (agreement == nullptr || !agreement->protects_restricted) return false;
  const auto parties = rules::protecting_parties(*agreement, source, at);
  const auto& labels = world.agreements.labels();
  return std::any_of(source.labels.begin(), source.labels.end(), [&](const Label& label) {
    return labels.class_of(label) != nullptr && labels.restricted(label, parties);
  });
}

namespace {

ConsentNeed need_of(const Message& message, const SourceStatement& source) {
  ConsentNeed need;
  need.original = &source;
  need.extent = used_of(message, source.id);
  std::size_t lines = 0;
  for (const auto& line : message.sources)
    if (line.id == source.id) {
      need.relation = line.relation;
      ++lines;
    }
  if (lines > 1) need.relation = Relation::compiles;
  return need;
}

// Whether the grant is for this step at all, whatever the time. A wrap made beforehand opens its whole extent and
// nothing else: what is forwarded under it is that.
bool in_scope(const Grant& grant, const ConsentNeed& need, const std::string& holder) {
  const auto& terms = grant.terms;
  return grant.holder == holder && std::binary_search(terms.to.begin(), terms.to.end(), need.receiver) &&
         terms.verb == need.verb &&
         (grant.wraps.empty() || need.relation != Relation::forwards ? terms.extent.contains(need.extent)
                                                                     : terms.extent == need.extent);
}

// By who answered for the provider when it was signed: what a predecessor granted stays as written.
bool is_of(const Grant& grant, const ConsentNeed& need) {
  return grant.terms.original == need.original->id && grant.provider == need.answering(created_of(grant.id));
}

// Why it does not let the holder do this now; nothing when it does.
std::optional<ReasonCode> fault(const Grant& grant, bool revoked, const ConsentNeed& need, const std::string& holder,
                                Instant at) {
  if (!in_scope(grant, need, holder)) return ReasonCode::consent_scope;
  if (at < grant.terms.from) return ReasonCode::consent_not_yet;
  if (at >= grant.terms.until) return ReasonCode::consent_expired;
  if (revoked) return ReasonCode::consent_revoked;
  // A permission is looked at before what it rests on: without one, that is what is missing.
  if (!grant.paper && !need.rests) return ReasonCode::crypto_policy_missing;
  return std::nullopt;
}

// The same for one that a permit is shown or asked for: a detached grant has none.
std::optional<ReasonCode> permit_fault(const Grant& grant, bool revoked, const ConsentNeed& need,
                                       const std::string& holder, Instant at) {
  if (grant.is_detached()) return ReasonCode::consent_scope;
  return fault(grant, revoked, need, holder, at);
}

// The closer a grant comes, the more its reason says.
int closeness(ReasonCode code) {
  static constexpr ReasonCode order[] = {ReasonCode::consent_required, ReasonCode::consent_scope,
                                         ReasonCode::consent_not_yet,  ReasonCode::consent_expired,
                                         ReasonCode::consent_revoked,  ReasonCode::crypto_policy_missing};
  return static_cast<int>(std::find(std::begin(order), std::end(order), code) - std::begin(order));
}

// The agreement a source travelled under says on what permissions to pass it on rest.
bool is_rested(const World& world, const Message& source) {
  return rules::consent_rests(world, world.agreements.find(source.agreement, source.agreement_version));
}

// What is made public has no audience: every provider of what it is made of permits it, but the holder himself.
std::vector<ConsentNeed> disclosure_needs(const World& world, const Message& message, const SourceLookup& sources) {
  std::vector<ConsentNeed> needs;
  const auto read = read_consent({}, message);
  const auto* disclosure = read.has_value() ? std::get_if<Disclosure>(&*read) : nullptr;
  const auto* original = disclosure == nullptr || !sources ? nullptr : sources(disclosure->original);
  if (original == nullptr) return needs;
  auto closure = provenance(original->message, sources).closure;
  closure.insert(closure.begin(), original);
  for (const auto* source : closure) {
    if (!is_protected(world, source->message, message.created)) continue;
    const bool named = source == original;
    for (const auto& provider : own_providers(source->message)) {
      auto line = succession_of(world.directory, provider);
      if (line.answering(message.created) != message.originator)
        needs.push_back({source, provider, disclosure->to, named ? Relation::forwards : Relation::compiles,
                         named ? disclosure->extent : Extent(), Verb::disclose, std::move(line.successors),
                         is_rested(world, source->message)});
    }
  }
  return needs;
}

}  // namespace

std::vector<ConsentNeed> consent_needs(const World& world, const Message& message, const SourceLookup& sources) {
  if (message.kind == "disclosure") return disclosure_needs(world, message, sources);
  std::vector<ConsentNeed> needs;
  for (const auto* source : provenance(message, sources).closure) {
    if (!is_protected(world, source->message, message.created)) continue;
    const auto within = audience(*source);
    auto need = need_of(message, *source);
    need.rests = is_rested(world, source->message);
    for (const auto& provider : own_providers(source->message)) {
      const auto line = succession_of(world.directory, provider);
      const auto& answering = line.answering(message.created);
      for (const auto& recipient : message.recipients) {
        // An original provider permits by signing itself what it makes of its own; passed on whole, it has to be sent
        // anew to whom it was not addressed.
        const bool own_work = answering == message.originator && message.kind != "forward";
        if (within.contains(recipient) || recipient == provider || recipient == answering || own_work) continue;
        need.provider = provider;
        need.successors = line.successors;
        need.receiver = recipient;
        needs.push_back(need);
      }
    }
  }
  return needs;
}

std::vector<std::string> asked_for(const Directory& directory, const Message& message, const std::string& self,
                                   Instant at) {
  std::set<std::string> all;
  for (const auto& provider : own_providers(message)) all.insert(core::answering(directory, provider, at));
  all.erase(self);
  return {all.begin(), all.end()};
}

namespace {

bool decides(const Directory& directory, const Message& decision, const std::string& provider) {
  return succession_of(directory, provider).has_answered(decision.originator, decision.created);
}

}  // namespace

bool ends(const Directory& directory, const Message& decision, const SourceStatement& copy,
          const SourceLookup& sources) {
  const auto said = read_consent({}, decision);
  if (!said.has_value()) return false;
  const auto closure = provenance(copy.message, sources).closure;
  if (std::holds_alternative<Revocation>(*said))
    return std::any_of(closure.begin(), closure.end(), [&](const SourceStatement* source) {
      const auto own = own_providers(source->message);
      return std::any_of(own.begin(), own.end(), [&](const auto& one) { return decides(directory, decision, one); });
    });
  const auto* notice = std::get_if<SpillNotice>(&*said);
  const auto is_spilled = [&](const SourceStatement& one) {
    return is_spillable(one.message.kind) &&
           (one.id == notice->message || reissue_of(one.message) == notice->message) &&
           (audience(one).contains(decision.originator) || decides(directory, decision, one.message.originator));
  };
  return notice != nullptr && (is_spilled(copy) || std::any_of(closure.begin(), closure.end(), [&](const auto* source) {
                                 return is_spilled(*source);
                               }));
}

const std::string& ConsentNeed::answering(Instant at) const {
  const auto* who = &provider;
  for (const auto& successor : successors)
    if (successor.from <= at) who = &successor.authority;
  return *who;
}

const Grant* Consents::find(const MessageId& grant) const {
  for (const auto& known : grants)
    if (known.id == grant) return &known;
  return nullptr;
}

const ShownPermit* Consents::permit(const ConsentNeed& need) const {
  const ShownPermit* other = nullptr;
  for (const auto& shown : permits) {
    if (shown.permit.provider != need.answering(shown.permit.from)) continue;
    if (shown.permit.original == need.original->id) return &shown;
    other = &shown;
  }
  return other;
}

ReasonCode closer(ReasonCode one, ReasonCode other) { return closeness(one) > closeness(other) ? one : other; }

std::variant<const Grant*, ReasonCode> covering_grant(const Consents& consents, const ConsentNeed& need,
                                                      const std::string& holder, Instant at) {
  auto closest = ReasonCode::consent_required;
  const Grant* best = nullptr;
  int best_rank = 0;
  for (const auto& grant : consents.grants) {
    if (!is_of(grant, need)) continue;
    const auto why = fault(grant, consents.revoked.contains(grant.id), need, holder, at);
    if (why) closest = closer(*why, closest);
    // Of a spent one only an online grant may still have a use that was given back.
    const bool spent = consents.spent.contains(grant.id);
    const int rank = spent ? (grant.is_detached() ? 1 : 2) : (grant.is_detached() ? 4 : 3);
    // Of equals the newest, its provider's last word: after a restore he permits nothing under those before.
    if (why || rank < best_rank || (rank == best_rank && grant.id < best->id)) continue;
    best = &grant;
    best_rank = rank;
  }
  if (best != nullptr) return best;
  return closest;
}

std::variant<const Grant*, ReasonCode> detached_grant(const Consents& consents, const ConsentNeed& need,
                                                      const std::string& holder, Instant now,
                                                      const std::optional<Digest>& wrap) {
  auto closest = ReasonCode::consent_required;
  for (const auto& grant : consents.grants) {
    if (!grant.is_detached() || !is_of(grant, need)) continue;
    const auto* made = grant.wrap_for(need.receiver);
    if (wrap && (made == nullptr || made->wrap != *wrap)) continue;
    // The holder's clock may be ahead, at the beginning alone, as with permits.
    const auto& from = grant.terms.from;
    const auto at = now < from && now + kClockMargin >= from ? from : now;
    const auto why = fault(grant, consents.revoked.contains(grant.id), need, holder, at);
    if (!why) return &grant;
    closest = closer(*why, closest);
  }
  return closest;
}

// ---- permits

std::string PermitRequest::to_text() const {
  StatementWriter out("chancery/permit-request/v1");
  out.line("grant", to_string(grant))
      .line("original", to_string(original))
      .line("carrier", to_string(carrier))
      .line("relation", to_string(relation))
      .line("receiver", receiver)
      .line("verb", to_string(verb))
      .line("extent", extent.text());
  return out.text();
}

Decision decide_permit(const World& world, const std::string& holder, const PermitRequest& request,
                       const GrantStanding& standing) {
  Decision out;
  const auto add = [&](ReasonCode code, const std::string& subject) { out.add({code, {}, {}, subject}); };
  const auto* grant = standing.grant;
  const auto line = grant == nullptr ? Succession() : succession_of(world.directory, grant->provider);
  if (grant == nullptr || !line.has_answered(world.self, world.now) || grant->terms.original != request.original) {
    add(ReasonCode::consent_required, request.receiver);
    return out;
  }
  if (const auto& answering = line.answering(world.now); answering != world.self) add(ReasonCode::succeeded, answering);
  SourceStatement original;
  original.id = request.original;
  ConsentNeed need{&original, grant->provider, request.receiver, request.relation, request.extent, grant->terms.verb};
  need.rests = rules::consent_rests(world, world.agreements.find(standing.agreement));
  if (const auto why = permit_fault(*grant, standing.revoked, need, holder, world.now))
    add(*why, why == ReasonCode::crypto_policy_missing ? standing.agreement : request.receiver);
  if (request.verb != grant->terms.verb) add(ReasonCode::consent_scope, request.receiver);
  if (standing.parts > 0 && !request.extent.is_all() && request.extent.parts.back() >= standing.parts)
    add(ReasonCode::source_mismatch, request.original.short_text());
  if (standing.before_restore) add(ReasonCode::consent_before_restore, request.receiver);
  if (!standing.used_by_this && standing.used >= grant->terms.uses) add(ReasonCode::consent_used_up, request.receiver);
  // Who asks for what he may not do hears that, and nothing of the keys that are here.
  if (!out.allowed()) return out;
  if (!standing.key_held) add(ReasonCode::no_longer_held, world.self);
  if (!standing.receiver_key) add(ReasonCode::recipient_key_missing, request.receiver);
  return out;
}

namespace {

bool names(const Permit& permit, const ConsentNeed& need, const std::string& holder, const MessageId& carrier) {
  return permit.original == need.original->id && permit.provider == need.answering(permit.from) &&
         permit.carrier == to_string(carrier) && permit.relation == need.relation && permit.holder == holder &&
         permit.receiver == (need.verb == Verb::transfer ? need.receiver : std::string()) && permit.verb == need.verb &&
         permit.extent == need.extent && permit.until - permit.from <= kPermitLife;
}

}  // namespace

std::vector<ReasonCode> permit_faults(const Permit& permit, const Consents& consents, const ConsentNeed& need,
                                      const std::string& holder, const MessageId& carrier, Instant now) {
  std::vector<ReasonCode> faults;
  if (!names(permit, need, holder, carrier)) faults.push_back(ReasonCode::permit_mismatch);
  // The margin stands at the beginning alone: with one at the end too, a receiver behind by a margin would accept two
  // margins after its life (tests/model/consent).
  if (now + kClockMargin < permit.from || now >= permit.until) faults.push_back(ReasonCode::permit_expired);
  const auto* grant = consents.find(permit.grant);
  if (grant == nullptr || !is_of(*grant, need)) {
    faults.push_back(ReasonCode::consent_required);
    return faults;
  }
  if (const auto why = permit_fault(*grant, consents.revoked.contains(grant->id), need, holder, permit.from))
    faults.push_back(*why);
  return faults;
}

}  // namespace chancery::core

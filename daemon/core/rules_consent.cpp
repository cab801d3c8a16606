#include <algorithm>

#include "daemon/core/kind.h"
#include "daemon/core/rules.h"

namespace chancery::core::rules {

namespace {

void add_terms(const Case& c, const std::string& subject, Decision& out) {
  out.add(c.reason(ReasonCode::consent_terms, subject));
}

bool contains(const std::vector<std::string>& sorted, const std::string& one) {
  return std::binary_search(sorted.begin(), sorted.end(), one);
}

std::string answering(const Case& c, const std::string& authority) {
  return core::answering(c.world.directory, authority, c.message.created);
}

const SourceStatement* at_hand(const Case& c, const MessageId& id) { return c.lookup ? c.lookup(id) : nullptr; }

// What these terms need that is not there yet, or what contradicts them.
void check_terms(const Case& c, const ConsentTerms& terms, const std::string& holder, Decision& out) {
  const bool discloses = terms.verb == Verb::disclose;
  if (std::any_of(terms.to.begin(), terms.to.end(), [&](const auto& one) { return is_public(one) != discloses; }))
    add_terms(c, "to", out);
  // What is made public leaves the house only while the permit of that moment runs.
  if (terms.mode != ConsentMode::online && discloses) add_terms(c, "mode", out);
  if (terms.until <= c.message.created) add_terms(c, "until", out);
  if (contains(terms.to, holder)) add_terms(c, "to", out);
  const auto* original = at_hand(c, terms.original);
  // Who asks and who grants holds it; others cannot know.
  if (original == nullptr) {
    if (c.side == Side::release) add_terms(c, "original", out);
    return;
  }
  if (original->message.agreement != c.message.agreement) add_terms(c, "agreement", out);
  if (original->message.exercise != c.message.exercise) add_terms(c, "exercise", out);
  if (!terms.extent.parts.empty() && terms.extent.parts.back() >= original->message.parts) add_terms(c, "extent", out);
}

// Whether it answers for one of the original's providers; where the original is not at hand nobody can say no.
bool is_provider(const Case& c, const MessageId& original, const std::string& authority) {
  const auto* source = at_hand(c, original);
  if (source == nullptr) return true;
  const auto providers = own_providers(source->message);
  return std::any_of(providers.begin(), providers.end(),
                     [&](const auto& provider) { return answering(c, provider) == authority; });
}

// The same, or did before: who had not heard of its succession yet tells it still.
bool was_provider(const Case& c, const MessageId& original, const std::string& authority) {
  const auto* source = at_hand(c, original);
  if (source == nullptr) return true;
  const auto providers = own_providers(source->message);
  return std::any_of(providers.begin(), providers.end(), [&](const auto& provider) {
    return succession_of(c.world.directory, provider).has_answered(authority, c.message.created);
  });
}

// In the place of a provider: neither one that another answers for by now, nor one that never did.
void check_provider(const Case& c, const MessageId& original, const std::string& authority, const std::string& field,
                    Decision& out) {
  const auto instead = answering(c, authority);
  if (instead != authority)
    out.add(c.reason(ReasonCode::succeeded, instead));
  else if (!is_provider(c, original, authority))
    add_terms(c, field, out);
}

std::vector<std::string> sorted(std::set<std::string> all) { return {all.begin(), all.end()}; }

// Who came by the original under grants that bar every further step, and under no other.
bool is_barred(const Case& c, const MessageId& original, const std::string& asking) {
  const auto* source = at_hand(c, original);
  if (source == nullptr || audience(*source).contains(asking)) return false;
  bool barred = false;
  for (const auto& grant : c.consents.grants) {
    const auto& to = grant.terms.to;
    const bool concerns = grant.terms.original == original && (grant.holder == asking || contains(to, asking)) &&
                          is_provider(c, original, grant.provider);
    if (!concerns || c.consents.revoked.contains(grant.id)) continue;
    if (grant.onward == Onward::ask || grant.holder == asking) return false;
    barred = true;
  }
  return barred;
}

struct CheckStatement {
  const Case& c;
  Decision& out;

  void operator()(const ConsentRequest& it) const {
    check_terms(c, it.terms, c.message.originator, out);
    for (const auto& recipient : c.message.recipients)
      check_provider(c, it.terms.original, recipient, "recipients", out);
    if (is_barred(c, it.terms.original, c.message.originator))
      out.add(c.reason(ReasonCode::consent_onward, c.message.originator));
  }

  // It reaches the holder and everybody it lets have the original: each checks it.
  void operator()(const Grant& it) const {
    if (!it.paper && !consent_rests(c.world, c.agreement))
      out.add(c.reason(ReasonCode::crypto_policy_missing, c.message.agreement));
    check_terms(c, it.terms, it.holder, out);
    if (it.is_detached()) check_detached(it);
    check_provider(c, it.terms.original, c.message.originator, "provider", out);
    std::set<std::string> all(it.terms.to.begin(), it.terms.to.end());
    std::erase_if(all, [](const auto& one) { return is_public(one); });
    if (all.contains(it.provider)) add_terms(c, "to", out);
    all.insert(it.holder);
    if (c.message.recipients != sorted(std::move(all))) add_terms(c, "recipients", out);
  }

  // Who wrote the original, and he alone, carries its key to everybody named; the sealing act makes the wraps.
  void check_detached(const Grant& it) const {
    const auto sealing = c.side == Side::release ? std::optional(c.message.created) : std::nullopt;
    for (const auto& [receiver, end] : outlived_keys(c.world.directory, it, sealing))
      out.add(c.reason(ReasonCode::consent_outlives_key, receiver + " " + to_string(end)));
    if (c.side == Side::release) return;
    const auto* original = at_hand(c, it.terms.original);
    const bool none = it.wraps.empty(), all = it.wraps.size() == it.terms.to.size();
    const bool own = original != nullptr && original->message.originator == it.provider;
    if (original == nullptr ? !(none || all) : own ? !all : !none) add_terms(c, std::string(kWrapFact), out);
  }

  void operator()(const ConsentRefusal& it) const {
    check_provider(c, it.original, c.message.originator, "provider", out);
    const auto* request = at_hand(c, it.request);
    if (request == nullptr && c.side == Side::release) return add_terms(c, "request", out);
    if (request == nullptr) return;
    if (c.message.recipients != std::vector<std::string>{request->message.originator}) add_terms(c, "recipients", out);
    const auto asked = read_consent(it.request, request->message);
    const auto* terms = asked.has_value() ? std::get_if<ConsentRequest>(&*asked) : nullptr;
    if (terms == nullptr || terms->terms.original != it.original) add_terms(c, "request", out);
  }

  // Only its provider ends it, or who answers for that, towards everybody it was addressed to.
  void operator()(const Revocation& it) const {
    if (const auto instead = answering(c, c.message.originator); instead != c.message.originator)
      return out.add(c.reason(ReasonCode::succeeded, instead));
    const auto* granted = at_hand(c, it.grant);
    if (granted == nullptr && c.side == Side::release) return add_terms(c, "grant", out);
    if (granted == nullptr) return;
    const auto& message = granted->message;
    if (message.kind != "consent-grant" || answering(c, message.originator) != c.message.originator)
      add_terms(c, "grant", out);
    if (!reaches_all(message)) add_terms(c, "recipients", out);
  }

  // Sent again to one whose seal key had run out, it goes to him alone.
  [[nodiscard]] bool reaches_all(const Message& granted) const {
    if (!reissue_of(c.message)) return c.message.recipients == granted.recipients;
    return std::includes(granted.recipients.begin(), granted.recipients.end(), c.message.recipients.begin(),
                         c.message.recipients.end());
  }

  // Told to every provider whose permission it needs.
  void operator()(const Disclosure& it) const {
    const auto* original = at_hand(c, it.original);
    if (original == nullptr) return add_terms(c, "original", out);
    if (!it.extent.parts.empty() && it.extent.parts.back() >= original->message.parts) add_terms(c, "extent", out);
    check_closure(c, provenance(original->message, c.lookup), out);
    if (c.side == Side::acceptance) {
      const auto& providers = original->message.providers;
      if (std::none_of(providers.begin(), providers.end(),
                       [&](const auto& provider) { return answering(c, provider) == c.world.self; }))
        add_terms(c, "recipients", out);
      return;
    }
    std::set<std::string> told;
    for (const auto& need : consent_needs(c.world, c.message, c.lookup)) told.insert(need.answering(c.message.created));
    if (c.message.recipients != sorted(std::move(told))) add_terms(c, "recipients", out);
  }

  void operator()(const Compliance& it) const {
    const auto* granted = at_hand(c, it.grant);
    if (granted == nullptr) return;
    const auto line = succession_of(c.world.directory, granted->message.originator);
    const auto& told = c.message.recipients;
    if (told.size() != 1 || !line.has_answered(told.front(), c.message.created)) add_terms(c, "recipients", out);
  }

  // Its own message, back from whom it went to, by the decision that is shown.
  void operator()(const Recall& it) const {
    const auto* decision = at_hand(c, it.decision);
    if (decision == nullptr) return out.add(c.reason(ReasonCode::source_unproven, it.decision.short_text()));
    const auto& kind = decision->message.kind;
    if (kind != "consent-revocation" && kind != "spill-notice") return add_terms(c, "decision", out);
    const auto* copy = at_hand(c, it.copy);
    if (copy == nullptr) return;
    if (!ends(c.world.directory, decision->message, *copy, c.lookup)) add_terms(c, "decision", out);
    if (copy->message.originator != c.message.originator) add_terms(c, "copy", out);
    for (const auto& recipient : c.message.recipients)
      if (!audience(copy->message).contains(recipient)) add_terms(c, "recipients", out);
  }

  // Whoever has the message by right, or answers for who wrote it, may find it, and tells only those who have it by
  // right, among them who answers for it.
  void operator()(const SpillNotice& it) const {
    const auto* spilled = at_hand(c, it.message);
    if (spilled == nullptr) {
      if (c.side == Side::release) add_terms(c, "message", out);
      return;
    }
    if (!is_spillable(spilled->message.kind)) add_terms(c, "message", out);
    const auto within = audience(*spilled);
    const auto& finder = c.message.originator;
    const auto author = answering(c, spilled->message.originator);
    const bool by_author = finder == author || finder == spilled->message.originator;
    if (!by_author && !reissue_of(c.message) && !contains(c.message.recipients, author))
      add_terms(c, "recipients", out);
    if (!within.contains(finder) && author != finder) add_terms(c, "message", out);
    for (const auto& recipient : c.message.recipients)
      if (!within.contains(recipient) && recipient != author) add_terms(c, "recipients", out);
  }

  void operator()(const SpillReceipt&) const {}

  void operator()(const TransferReport& it) const {
    for (const auto& recipient : c.message.recipients)
      if (!was_provider(c, it.original, recipient)) add_terms(c, "recipients", out);
  }
};

}  // namespace

void check_terms(const Case& c, Decision& out) {
  const auto* kind = find_kind(c.message.kind);
  if (kind == nullptr || kind->pattern != Pattern::consent) return;
  for (const auto& direction : c.message.directions) out.add(c.reason(ReasonCode::direction_unknown, direction));
  const auto statement = read_consent({}, c.message);
  if (!statement.has_value()) return add_terms(c, statement.error().detail, out);
  std::visit(CheckStatement{c, out}, *statement);
}

}  // namespace chancery::core::rules

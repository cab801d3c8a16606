#include "daemon/core/rules.h"

#include <algorithm>

#include "daemon/core/kind.h"

namespace chancery::core::rules {

namespace {

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Suites allowed until a crypto policy is in force (protocol section 4).
bool allowed_without_policy(crypto::Suite suite) {
  switch (suite) {
    case crypto::Suite::p256:
      return true;
    case crypto::Suite::ed25519:
      return false;
  }
  return false;
}

// What the Parties agree on suites by. Who has only one that no policy allows yet signs that too: else it never would.
bool agrees_on_suites(const Message& message) {
  const auto* kind = find_kind(message.kind);
  return kind != nullptr && kind->pattern == Pattern::joint_act &&
         contains(message.facts, Fact{std::string(kSubjectFact), crypto_policy_code(message.agreement)});
}

// By the policy of the message's agreement in force, as far as it is known here.
bool suite_allowed(const Case& c, crypto::Suite suite) {
  const auto policy = c.world.joint_acts.crypto_policy(c.message.agreement);
  return policy ? contains(policy->suites, std::string(crypto::to_string(suite))) : allowed_without_policy(suite);
}

// Whether a newer designation than those we hold may cover this time: then we cannot know yet.
bool may_be_designated(const DirectoryEntry* entry, Instant at) {
  return entry == nullptr || entry->state == PeerState::unverified || entry->history.empty() ||
         entry->history.back().valid_to <= at;
}

// Nobody in force: final where we would know, deferred at acceptance where only our data may be behind. Of a peer we
// have not verified check_peer speaks.
void add_not_designated(const Case& c, const std::string& authority, Decision& out) {
  const auto* entry = c.world.directory.find(authority);
  const auto code = [&] {
    if (c.side == Side::release)
      return entry == nullptr ? ReasonCode::recipient_unknown : ReasonCode::authority_not_designated;
    return may_be_designated(entry, c.message.created) ? ReasonCode::designation_unknown
                                                       : ReasonCode::authority_not_designated;
  }();
  const bool unverified = entry != nullptr && entry->state == PeerState::unverified && authority != c.world.self;
  if (c.side == Side::acceptance || !unverified) out.add(c.reason(code, authority));
}

void check_party(const Case& c, const std::string& authority, Decision& out) {
  const auto* designation = c.designation(authority);
  if (designation != nullptr && !contains(c.parties, designation->party))
    out.add(c.reason(ReasonCode::not_party, authority));
}

void check_designation(const Case& c, const std::string& authority, Decision& out) {
  const auto* designation = c.designation(authority);
  if (designation == nullptr) return add_not_designated(c, authority, out);
  if (!contains(designation->agreements, c.message.agreement))
    out.add(c.reason(ReasonCode::authority_not_designated, authority));
}

void check_directions_of_originator(const Case& c, Decision& out) {
  const auto* designation = c.designation(c.message.originator);
  if (designation == nullptr) return;
  for (const auto& direction : c.message.directions)
    if (!contains(designation->directions, direction))
      out.add(c.reason(ReasonCode::direction_not_designated, direction));
}

// A peer we know but do not talk to: not yet compared out of band, or suspended.
void check_peer(const Case& c, const std::string& authority, Decision& out) {
  const auto* entry = c.world.directory.find(authority);
  if (authority != c.world.self && entry != nullptr && entry->state != PeerState::active)
    out.add(c.reason(ReasonCode::peer_inactive, authority));
}

void check_recipient_at_release(const Case& c, const std::string& recipient, Decision& out) {
  if (recipient == c.message.originator || recipient == c.world.self)
    return out.add(c.reason(ReasonCode::recipient_self, recipient));
  check_peer(c, recipient, out);
  // Of one that is not active or not designated others speak.
  const auto& directory = c.world.directory;
  const auto at = c.message.created;
  if (directory.designation(recipient, at) != nullptr && directory.seal_key(recipient, at) == nullptr)
    out.add(c.reason(ReasonCode::recipient_key_missing, recipient));
}

bool well_formed(const Message& m, const Fact& fact) {
  if (fact.name == kReissueFact) return parse_message_id(fact.value).has_value();
  if (fact.name == kWrapFact && m.kind == "consent-grant") return GrantWrap::parse(fact.value).has_value();
  if (fact.name == kWrapFact) return parse_digest(fact.value).has_value();
  if (fact.name == kJointProviderFact) return is_authority_id(fact.value) && fact.value != m.originator;
  return true;
}

bool repeated(const Message& m, const Fact& fact) {
  return fact.name != kWrapFact && fact.name != kJointProviderFact &&
         std::count_if(m.facts.begin(), m.facts.end(), [&](const Fact& f) { return f.name == fact.name; }) > 1;
}

// Each at most kMaxAttachmentLength, and at most kMaxAttachments of them.
std::uint64_t length_of_attachments(const Message& m) {
  std::uint64_t sum = 0;
  for (const auto& attachment : m.attachments) sum += attachment.length;
  return sum;
}

void check_item(const Case& c, const std::string& code, ItemKind kind, ReasonCode unknown, Decision& out) {
  const auto* item = c.agreement->find(code);
  if (item == nullptr || item->kind != kind) out.add(c.reason(unknown, code));
}

}  // namespace

Case::Case(Side at, const World& of, const Message& about, const SourceLookup& at_hand, const Consents& known)
    : side(at),
      world(of),
      message(about),
      agreement(of.agreements.find(about.agreement, about.agreement_version)),
      lookup(at_hand),
      sources(provenance(about, at_hand)),
      consents(known) {
  if (agreement != nullptr) parties = agreement->parties_at(about.created);
}

Reason Case::reason(ReasonCode code, std::string subject) const {
  return reason_of(agreement, code, std::move(subject));
}

const Designation* Case::designation(const std::string& authority) const {
  const auto* entry = world.directory.find(authority);
  if (entry == nullptr || entry->state == PeerState::unverified) return nullptr;
  return in_force(entry->history, message.created);
}

Reason reason_of(const Agreement* agreement, ReasonCode code, std::string subject) {
  if (agreement == nullptr) return {code, {}, {}, std::move(subject)};
  return agreement->reason(code, std::move(subject));
}

void check_agreement(const Case& c, Decision& out) {
  const auto& m = c.message;
  if (c.world.agreements.find(m.agreement) == nullptr)
    return out.add(c.reason(ReasonCode::agreement_unknown, m.agreement));
  if (c.agreement == nullptr)
    return out.add(
        c.reason(ReasonCode::agreement_version_unknown, m.agreement + "/" + std::to_string(m.agreement_version)));
  check_party(c, m.originator, out);
  for (const auto& recipient : m.recipients) check_party(c, recipient, out);
}

void check_authorities(const Case& c, Decision& out) {
  const auto& m = c.message;
  if (c.side == Side::release && m.originator != c.world.self)
    out.add(c.reason(ReasonCode::authority_not_designated, m.originator));
  if (c.side == Side::acceptance) check_peer(c, m.originator, out);
  check_designation(c, m.originator, out);
  check_directions_of_originator(c, out);
  for (const auto& recipient : m.recipients) check_designation(c, recipient, out);
  if (c.side == Side::acceptance) return;
  if (m.recipients.empty()) out.add(c.reason(ReasonCode::recipient_unknown));
  for (const auto& recipient : m.recipients) check_recipient_at_release(c, recipient, out);
}

void check_kind(const Case& c, Decision& out) {
  const auto* kind = find_kind(c.message.kind);
  if (kind == nullptr || !kind->available) out.add(c.reason(ReasonCode::kind_unknown, c.message.kind));
  if (kind == nullptr) return;
  for (const auto& fact : c.message.facts)
    if (!may_state(*kind, fact.name) || !well_formed(c.message, fact) || repeated(c.message, fact))
      out.add(c.reason(ReasonCode::fact_unknown, fact.name));
}

void check_items(const Case& c, Decision& out) {
  const auto& m = c.message;
  const auto* kind = find_kind(m.kind);
  if (kind != nullptr && kind->needs_direction && m.directions.empty())
    out.add(c.reason(ReasonCode::direction_required));
  if (kind != nullptr && kind->needs_threat && m.threats.empty()) out.add(c.reason(ReasonCode::threat_required));
  if (c.agreement == nullptr) return;
  for (const auto& code : m.directions) check_item(c, code, ItemKind::direction, ReasonCode::direction_unknown, out);
  for (const auto& code : m.threats) check_item(c, code, ItemKind::threat, ReasonCode::threat_unknown, out);
}

void check_suites(const Case& c, crypto::Suite suite, Decision& out) {
  if (agrees_on_suites(c.message)) return;
  if (!suite_allowed(c, suite)) out.add(c.reason(ReasonCode::suite_not_allowed, crypto::to_string(suite)));
  if (c.side == Side::acceptance) return;
  for (const auto& recipient : c.message.recipients) {
    const auto* key = c.world.directory.seal_key(recipient, c.message.created);
    if (key != nullptr && !suite_allowed(c, key->suite)) out.add(c.reason(ReasonCode::suite_not_allowed, recipient));
  }
}

void check_language(const Case& c, Decision& out) {
  if (c.agreement == nullptr || c.agreement->languages_any.empty()) return;
  // What a daemon reports has no text.
  const auto* kind = find_kind(c.message.kind);
  if (kind != nullptr && kind->released_by == ReleasedBy::daemon && c.message.languages.empty()) return;
  const auto& working = c.agreement->languages_any;
  const auto& used = c.message.languages;
  if (std::none_of(used.begin(), used.end(), [&](const std::string& language) { return contains(working, language); }))
    out.add(c.reason(ReasonCode::language_required));
}

void check_profile(const Case& c, Decision& out) {
  if (c.agreement == nullptr) return;
  for (const auto& direction : c.message.directions)
    if (contains(c.agreement->profile_directions, direction)) out.add(c.reason(ReasonCode::profile_missing, direction));
}

void check_body(const Case& c, Decision& out) {
  const auto& m = c.message;
  if (m.recipients.size() > kMaxRecipients) out.add(c.reason(ReasonCode::limit_exceeded, "recipients"));
  // Of more a recipient could never have all at once, and they go before their message.
  if (length_of_attachments(m) > kMaxAttachedLength) out.add(c.reason(ReasonCode::limit_exceeded, "attachments"));
  // What a daemon reports by itself is in its lines.
  const auto* kind = find_kind(m.kind);
  if (!m.attachments.empty() && kind != nullptr && kind->released_by == ReleasedBy::daemon)
    out.add(c.reason(ReasonCode::attachment_not_allowed));
  if (m.expires && *m.expires <= c.world.now) out.add(c.reason(ReasonCode::expired));
}

}  // namespace chancery::core::rules

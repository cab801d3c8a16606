#include <algorithm>

#include "daemon/core/rules.h"

namespace chancery::core::rules {

namespace {

// The policy is not known here. A receiver waits until it has it; a holder must not send what it cannot judge.
void add_policy_unknown(const Case& c, const std::string& subject, Decision& out) {
  const auto code = c.side == Side::release ? ReasonCode::label_unknown : ReasonCode::label_policy_unknown;
  out.add(c.reason(code, subject));
}

void check_label(const Case& c, const Label& label, Decision& out) {
  if (c.labels().find(label.policy, label.version) == nullptr)
    return add_policy_unknown(c, policy_named_by(label), out);
  if (!c.labels().knows(label)) out.add(c.reason(ReasonCode::label_unknown, class_named_by(label)));
}

// The first label is the originator's own, under its Party's policy, whose data are those the statement names.
void check_own_policy(const Case& c, Decision& out) {
  const auto& label = c.message.labels.front();
  const auto* named = c.labels().find(c.message.label_policy);
  if (named == nullptr) return add_policy_unknown(c, policy_named_by(label), out);
  const auto* designation = c.designation(c.message.originator);
  const bool own = designation == nullptr || named->party == designation->party;
  if (named->id != label.policy || named->version != label.version || !own)
    out.add(c.reason(ReasonCode::label_unknown, policy_named_by(label)));
}

// A source was labelled under data of its own, which have to be those we judge it by.
void check_source_policy(const Case& c, const Message& source, Decision& out) {
  if (c.labels().find(source.label_policy) == nullptr)
    add_policy_unknown(c, source.labels.empty() ? source.originator : policy_named_by(source.labels.front()), out);
}

// What a bound Party's catalogue names is not exchanged, whoever writes it and whatever its class.
void check_excluded(const Case& c, const Agreement& agreement, const std::vector<std::string>& parties,
                    const std::vector<Label>& labels, Decision& out) {
  for (const auto& label : labels)
    for (const auto& category : c.labels().excluded(label, parties, agreement.id))
      out.add(agreement.reason(ReasonCode::label_excluded, policy_named_by(label) + "/" + category));
}

// A label that is not known is a reason of its own; what it hides cannot be screened. Where the law of a Party says
// nothing about a label, what it is to that Party is undecidable.
void screen(const Case& c, const Agreement& agreement, const std::vector<std::string>& parties,
            const std::vector<Label>& labels, Decision& out) {
  if (!agreement.bars_state_secrets && !agreement.protects_restricted) return;
  for (const auto& label : labels) {
    if (c.labels().class_of(label) == nullptr) continue;
    if (c.labels().knows(label))
      for (const auto& party : c.labels().silent(label, parties))
        add_policy_unknown(c, class_named_by(label) + " (" + party + ")", out);
    if (agreement.bars_state_secrets && c.labels().state_secret(label, parties))
      out.add(agreement.reason(ReasonCode::state_secret, class_named_by(label)));
  }
}

void check_ceiling_of(const Case& c, const Message& m, const std::set<std::string>& within, Decision& out) {
  if (m.releasable_to.empty()) return;
  for (const auto& recipient : c.message.recipients)
    if (!within.contains(recipient) && !std::binary_search(m.releasable_to.begin(), m.releasable_to.end(), recipient))
      out.add(c.reason(ReasonCode::releasable_to, recipient));
}

}  // namespace

std::string class_named_by(const Label& label) { return policy_named_by(label) + "/" + label.classification; }

std::string policy_named_by(const Label& label) { return label.policy + "/" + std::to_string(label.version); }

void check_labels(const Case& c, Decision& out) {
  if (c.message.labels.empty()) return out.add(c.reason(ReasonCode::label_missing));
  check_own_policy(c, out);
  for (const auto& label : c.message.labels) check_label(c, label, out);
  for (const auto* source : c.sources.closure) check_source_policy(c, source->message, out);
}

void check_state_secrets(const Case& c, Decision& out) {
  if (c.agreement != nullptr) {
    screen(c, *c.agreement, c.parties, c.message.labels, out);
    check_excluded(c, *c.agreement, c.parties, c.message.labels, out);
  }
  for (const auto* source : c.sources.closure) {
    const auto& m = source->message;
    const auto* agreement = c.world.agreements.find(m.agreement, m.agreement_version);
    if (agreement == nullptr) continue;
    const auto parties = protecting_parties(*agreement, m, c.message.created);
    screen(c, *agreement, parties, m.labels, out);
    check_excluded(c, *agreement, parties, m.labels, out);
  }
}

void check_review(const Case& c, Decision& out) {
  if (c.message.labels.empty()) return;
  const auto& label = c.message.labels.front();
  const auto* of = c.labels().class_of(label);
  if (of != nullptr && !review_fits(*of, label, c.message.created))
    out.add(c.reason(ReasonCode::label_review, class_named_by(label)));
}

void check_ceiling(const Case& c, Decision& out) {
  check_ceiling_of(c, c.message, {}, out);
  for (const auto* source : c.sources.closure) check_ceiling_of(c, source->message, audience(*source), out);
}

}  // namespace chancery::core::rules

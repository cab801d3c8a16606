#include <algorithm>

#include "daemon/core/kind.h"
#include "daemon/core/rules.h"

namespace chancery::core::rules {

namespace {

constexpr std::string_view kMandatorySuite = "p256";  // protocol section 4

void add_joint_terms(const Case& c, const std::string& subject, Decision& out) {
  out.add(c.reason(ReasonCode::joint_terms, subject));
}

bool opens(const JointStatement& s) { return s.kind == JointKind::proposal || s.kind == JointKind::counter; }

// What its kind of subject asks for.
void check_subject(const Case& c, const JointStatement& s, Decision& out) {
  const auto kind = subject_kind(s.subject.code);
  if (!kind.has_value()) return add_joint_terms(c, "subject", out);
  const bool policy = *kind == SubjectKind::crypto_policy;
  if (policy && s.subject.code != crypto_policy_code(s.subject.agreement)) add_joint_terms(c, "subject", out);
  if (!opens(s)) return;
  const auto& suites = s.suites;
  const bool names_mandatory = std::find(suites.begin(), suites.end(), kMandatorySuite) != suites.end();
  if (policy ? !names_mandatory : !suites.empty()) add_joint_terms(c, "suites", out);
}

// A policy binds all Parties, so all sign it; another act those it is between, its author among them. Data that give
// another list may be behind: whose are, time shows.
void check_required(const Case& c, const JointStatement& s, Decision& out) {
  if (c.agreement == nullptr || !opens(s)) return;
  const auto kind = subject_kind(s.subject.code);
  auto difference = required_difference(s, c.parties);
  if (kind.has_value() && *kind != SubjectKind::crypto_policy) difference.left_out.clear();
  for (const auto& party : difference.left_out) out.add(c.reason(ReasonCode::joint_parties, party));
  for (const auto& party : difference.added) out.add(c.reason(ReasonCode::joint_parties, party));
  if (!std::binary_search(s.required.begin(), s.required.end(), s.party)) add_joint_terms(c, "required", out);
}

// Every Party that has to sign hears it; sent again to one whose seal key had run out, it goes to him alone.
void check_reach(const Case& c, const std::vector<std::string>& required, Decision& out) {
  if (reissue_of(c.message)) return;
  const auto party_of = parties_of(c.world.directory);
  std::set<std::string> reached;
  for (const auto& authority : c.message.recipients)
    if (auto party = party_of(authority, c.message.created)) reached.insert(std::move(*party));
  if (auto own = party_of(c.message.originator, c.message.created)) reached.insert(std::move(*own));
  if (!std::includes(reached.begin(), reached.end(), required.begin(), required.end()))
    add_joint_terms(c, "recipients", out);
}

// All statements are looked at together, so nobody fills the book: far more than Parties ever have to say.
void check_amount(const Case& c, const JointStatement& s, Decision& out) {
  const auto& all = c.world.joint_acts.statements();
  const auto said = std::count_if(all.begin(), all.end(), [&](const auto& one) { return one.author == s.author; });
  if (said >= kMaxJointStatements) out.add(c.reason(ReasonCode::limit_exceeded, s.subject.code));
}

// What we sign must be what a Party that keeps the rule may sign. What others sign that contradicts is kept as
// evidence.
void check_licence(const Case& c, const JointStatement& s, Decision& out) {
  const auto& all = c.world.joint_acts.statements();
  if (s.answers && c.world.joint_acts.find(*s.answers) == nullptr) return add_joint_terms(c, "digest", out);
  const bool licensed = [&] {
    switch (s.kind) {
      case JointKind::proposal:
        return may_propose(s.subject, all, s.party, s.number).given;
      case JointKind::counter:
        return may_turn_down(s.subject, all, s.party, *s.answers) &&
               may_propose(s.subject, all, s.party, s.number).given;
      case JointKind::acceptance:
        return may_accept(s.subject, all, s.party, *s.answers, s.created).given;
      case JointKind::objection:
        return may_turn_down(s.subject, all, s.party, *s.answers);
    }
    return false;
  }();
  if (!licensed) out.add(c.reason(ReasonCode::joint_bound, s.subject.code));
}

}  // namespace

void check_joint_act(const Case& c, Decision& out) {
  const auto* kind = find_kind(c.message.kind);
  if (kind == nullptr || kind->pattern != Pattern::joint_act) return;
  for (const auto& direction : c.message.directions) out.add(c.reason(ReasonCode::direction_unknown, direction));
  SourceStatement self;
  self.message = c.message;
  const auto read = joint_statement(self, parties_of(c.world.directory));
  if (!read.has_value()) {
    // Whose Party is not known, check_authorities tells.
    if (read.error().code == Errc::malformed) add_joint_terms(c, read.error().detail, out);
    return;
  }
  const auto& s = *read;
  check_subject(c, s, out);
  check_amount(c, s, out);
  check_required(c, s, out);
  if (opens(s)) check_reach(c, s.required, out);
  const auto* version = s.answers ? c.world.joint_acts.find(*s.answers) : nullptr;
  if (version != nullptr) {
    check_reach(c, version->required, out);
    if (version->subject != s.subject) add_joint_terms(c, "subject", out);
    if (!opens(s) && version->number != s.number) add_joint_terms(c, "version", out);
  }
  if (c.side == Side::release && !reissue_of(c.message)) check_licence(c, s, out);
}

bool consent_rests(const World& world, const Agreement* agreement) {
  return agreement == nullptr || !agreement->consent_needs_crypto_policy ||
         world.joint_acts.crypto_policy(agreement->id).has_value();
}

std::optional<MessageId> killing_statement(const World& world, const Message& acceptance) {
  SourceStatement draft;
  draft.message = acceptance;
  const auto s = joint_statement(draft, parties_of(world.directory));
  if (!s.has_value() || s->kind != JointKind::acceptance || !s->answers) return std::nullopt;
  return may_accept(s->subject, world.joint_acts.statements(), s->party, *s->answers, world.now).killed_by;
}

}  // namespace chancery::core::rules

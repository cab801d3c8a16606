#include "daemon/core/release.h"

#include <array>

#include "daemon/core/rules.h"

namespace chancery::core {

namespace {

struct Rule {
  const char* name;   // its words in the catalogues: "rule.<name>"
  ReasonCode ground;  // the reason whose clause the rule rests on
  void (*check)(const rules::Case&, Decision&);
};

void check_own_suite(const rules::Case& c, Decision& out) { rules::check_suites(c, c.world.suite, out); }

// In the order of protocol section 7.
constexpr std::array kRules = {
    Rule{"agreement", ReasonCode::not_party, rules::check_agreement},
    Rule{"authorities", ReasonCode::authority_not_designated, rules::check_authorities},
    Rule{"kind", ReasonCode::kind_unknown, rules::check_kind},
    Rule{"items", ReasonCode::threat_unknown, rules::check_items},
    Rule{"consent-terms", ReasonCode::consent_terms, rules::check_terms},
    Rule{"joint-act", ReasonCode::joint_terms, rules::check_joint_act},
    Rule{"suite", ReasonCode::suite_not_allowed, check_own_suite},
    Rule{"label", ReasonCode::label_missing, rules::check_labels},
    Rule{"state-secrets", ReasonCode::state_secret, rules::check_state_secrets},
    Rule{"review", ReasonCode::label_review, rules::check_review},
    Rule{"ceiling", ReasonCode::releasable_to, rules::check_ceiling},
    Rule{"language", ReasonCode::language_required, rules::check_language},
    Rule{"profile", ReasonCode::profile_missing, rules::check_profile},
    Rule{"limits", ReasonCode::limit_exceeded, rules::check_body},
    Rule{"provenance", ReasonCode::providers_incomplete, rules::check_provenance},
    Rule{"forward", ReasonCode::source_mismatch, rules::check_forward},
    Rule{"consent", ReasonCode::consent_required, rules::check_consent},
};

}  // namespace

Decision decide_release(const World& world, const Message& message, const SourceLookup& sources,
                        const Consents& consents) {
  const rules::Case c(rules::Side::release, world, message, sources, consents);
  Decision out;
  for (const auto& rule : kRules) rule.check(c, out);
  return out;
}

std::vector<RuleFinding> explain_release(const World& world, const Message& message, const SourceLookup& sources,
                                         const Consents& consents) {
  const rules::Case c(rules::Side::release, world, message, sources, consents);
  std::vector<RuleFinding> out;
  for (const auto& rule : kRules) {
    Decision found;
    rule.check(c, found);
    out.push_back({rule.name, c.reason(rule.ground), found.reasons()});
  }
  return out;
}

}  // namespace chancery::core

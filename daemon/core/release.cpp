#include "daemon/core/release.h"

#include "daemon/core/rules.h"

namespace chancery::core {

Decision decide_release(const World& world, const Message& message, const SourceLookup& sources,
                        const Consents& consents) {
  const rules::Case c(rules::Side::release, world, message, sources, consents);
  Decision out;
  rules::check_agreement(c, out);
  rules::check_authorities(c, out);
  rules::check_kind(c, out);
  rules::check_items(c, out);
  rules::check_terms(c, out);
  rules::check_joint_act(c, out);
  rules::check_suites(c, crypto::Suite::p256, out);
  rules::check_labels(c, out);
  rules::check_state_secrets(c, out);
  rules::check_review(c, out);
  rules::check_ceiling(c, out);
  rules::check_language(c, out);
  rules::check_profile(c, out);
  rules::check_body(c, out);
  rules::check_provenance(c, out);
  rules::check_forward(c, out);
  rules::check_consent(c, out);
  return out;
}

}  // namespace chancery::core

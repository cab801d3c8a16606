// The rules of protocol section 7, in its order, shared by decide_release and decide_acceptance. Each adds its reasons
// and none looks at another's: so all reasons are found, whatever stands first. Internal to this folder.
#pragma once

#include "daemon/core/release.h"

namespace chancery::core::rules {

enum class Side { release, acceptance };

// What every rule of one decision looks at.
struct Case {
  Case(Side at, const World& of, const Message& about, const SourceLookup& at_hand, const Consents& known);

  Side side;
  const World& world;
  const Message& message;
  const Agreement* agreement;        // null when this version of it is not known here: its rules are then not judged
  std::vector<std::string> parties;  // bound to it when the message was created
  const SourceLookup& lookup;
  Provenance sources;
  const Consents& consents;
  MessageId id = {};  // at acceptance

  [[nodiscard]] const LabelBook& labels() const { return world.agreements.labels(); }
  [[nodiscard]] Reason reason(ReasonCode code, std::string subject = {}) const;
  // The designation an authority acted or was addressed under. A co-recipient we suspended is still designated.
  [[nodiscard]] const Designation* designation(const std::string& authority) const;
};

// The clause of this agreement, or none when it is not known.
Reason reason_of(const Agreement* agreement, ReasonCode code, std::string subject = {});

// rules.cpp
void check_agreement(const Case& c, Decision& out);    // known, and all Parties bound
void check_authorities(const Case& c, Decision& out);  // designated for it, peers active, recipients reachable
void check_kind(const Case& c, Decision& out);         // kind and facts
void check_items(const Case& c, Decision& out);        // directions and threats
void check_suites(const Case& c, crypto::Suite suite, Decision& out);
void check_language(const Case& c, Decision& out);
void check_profile(const Case& c, Decision& out);
void check_body(const Case& c, Decision& out);  // limits, attachments, expiry

// rules_label.cpp
std::string policy_named_by(const Label& label);  // "<policy>/<version>"
std::string class_named_by(const Label& label);   // "<policy>/<version>/<class>"
void check_labels(const Case& c, Decision& out);  // complete, known, under the originator's own policy
// Classes secret and categories excluded under the law of any Party; sources under their agreement too.
void check_state_secrets(const Case& c, Decision& out);
// The review date the originator's own policy demands or allows. Inherited labels were held to it where they were made.
void check_review(const Case& c, Decision& out);
void check_ceiling(const Case& c, Decision& out);  // releasable-to, of the message and of its sources

// Whose law protects a source that travelled under this agreement: bound when it was created, or at `at`. A Party that
// came later protects what it receives, one that left goes on protecting.
std::vector<std::string> protecting_parties(const Agreement& agreement, const Message& source, Instant at);

// rules_source.cpp
void check_closure(const Case& c, const Provenance& sources,
                   Decision& out);                    // all at hand, as named, within the limits
void check_provenance(const Case& c, Decision& out);  // at hand, as named, providers and labels complete
void check_forward(const Case& c, Decision& out);     // exactly one source, carried whole
// Everybody in the audience of every protected source, or covered by its providers' grants; at acceptance shown by
// permits.
void check_consent(const Case& c, Decision& out);

// rules_joint.cpp
// Statements of one author, in all subjects, that are looked at.
inline constexpr std::ptrdiff_t kMaxJointStatements = 1024;
void check_joint_act(const Case& c,
                     Decision& out);  // of a joint-act kind: what it says, to whom, whether we may sign it
// Whether electronic consent under this agreement is worth anything now: where the agreement makes it rest on a crypto
// policy, one is in force. True where the agreement is not known: other rules tell.
bool consent_rests(const World& world, const Agreement* agreement);
// What an acceptance about to be signed has to name, because its Party accepted another version before.
std::optional<MessageId> killing_statement(const World& world, const Message& acceptance);

// rules_consent.cpp
void check_terms(const Case& c, Decision& out);  // of a consent kind: what it says, by whom, to whom

}  // namespace chancery::core::rules

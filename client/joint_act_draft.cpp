#include "client/joint_act_draft.h"

#include <algorithm>
#include <limits>

#include "client/table.h"
#include "daemon/core/form.h"
#include "daemon/core/joint_act_book.h"

namespace chancery::client {

namespace {

constexpr Duration kUsualLapse = days(30);

tl::unexpected<Fault> unusable(const std::string& option, const std::string& value) {
  return fault("E-USAGE-VALUE", {{"option", option}, {"value", value}});
}

void state(v1::Draft& draft, const std::string& name, const std::string& value) {
  auto& fact = *draft.add_facts();
  fact.set_name(name);
  fact.set_value(value);
}

Outcome<v1::JointRequiredView> required_of(const v1::ListJointActsResponse& known, const std::string& agreement) {
  for (const auto& required : known.required())
    if (required.agreement() == agreement) return required;
  return fault("E-AGREEMENT-UNKNOWN", {{"subject", agreement}});
}

std::uint32_t highest(const v1::ListJointActsResponse& known, const std::string& agreement,
                      const std::string& subject) {
  std::uint32_t version = 0;
  for (const auto& one : known.subjects())
    if (one.agreement() == agreement && one.subject() == subject && !one.exercise())
      for (const auto& view : one.versions()) version = std::max(version, view.version());
  return version;
}

// Typed, or the one after the highest: a peer may have used up all numbers, and then a person says which one is free.
Outcome<std::string> version_typed(const Arguments& typed, const std::string& subject, std::uint32_t highest) {
  if (!typed.has("--version") && highest == std::numeric_limits<std::uint32_t>::max())
    return fault("E-VERSION-LAST", {{"subject", subject}, {"value", std::to_string(highest)}});
  const auto text = typed.has("--version") ? typed.value("--version") : std::to_string(highest + 1);
  if (!core::parse_version(text)) return unusable("--version", text);
  return text;
}

// The end of the day named, in UTC, so that the same words make the same draft.
Outcome<std::string> lapse_typed(const Arguments& typed, Instant now) {
  const auto text = typed.value_or("--lapse", to_string(now + kUsualLapse).substr(0, 10));
  const auto whole = core::is_date(text) ? text + "T23:59:59.999Z" : text;
  if (!core::parse_time(whole)) return unusable("--lapse", text);
  return whole;
}

Outcome<std::string> sorted_words(std::vector<std::string> words, const std::string& option) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  for (const auto& word : words)
    if (!core::is_code(word)) return unusable(option, word);
  return joined(words, " ");
}

bool is_crypto_policy(const std::string& subject) {
  const auto kind = core::subject_kind(subject);
  return kind.has_value() && *kind == core::SubjectKind::crypto_policy;
}

}  // namespace

Outcome<std::string> subject_typed(const Arguments& typed, const std::string& agreement) {
  auto subject = typed.value_or("--subject", core::crypto_policy_code(agreement));
  if (!core::is_subject_code(subject) || !core::subject_kind(subject)) return unusable("--subject", subject);
  return subject;
}

Outcome<v1::Draft> proposal_draft(const v1::ListJointActsResponse& known, const std::string& agreement,
                                  const v1::JointVersionView* countered, const Arguments& typed, Instant now) {
  const auto subject = TRY(subject_typed(typed, agreement));
  const auto required = TRY(required_of(known, agreement));
  v1::Draft draft;
  draft.set_kind(countered == nullptr ? "proposal" : "counter");
  draft.set_agreement(agreement);
  *draft.mutable_recipients() = required.authorities();
  if (countered != nullptr) {
    draft.set_in_reply_to(countered->id());
    state(draft, "digest", countered->digest());
  }
  state(draft, "lapse", TRY(lapse_typed(typed, now)));
  std::vector<std::string> parties(required.parties().begin(), required.parties().end());
  std::sort(parties.begin(), parties.end());
  state(draft, "required", joined(parties, " "));
  state(draft, "subject", subject);
  if (is_crypto_policy(subject)) {
    const auto suites = typed.has("--suites") ? typed.list("--suites") : std::vector<std::string>{"p256"};
    state(draft, "suites", TRY(sorted_words(suites, "--suites")));
  } else if (typed.has("--suites")) {
    return unusable("--suites", typed.value("--suites"));
  }
  state(draft, "version", TRY(version_typed(typed, subject, highest(known, agreement, subject))));
  return draft;
}

Outcome<v1::Draft> answer_draft(const v1::ListJointActsResponse& known, const v1::JointSubjectView& subject,
                                const v1::JointVersionView& version, const std::string& kind) {
  v1::Draft draft;
  draft.set_kind(kind);
  draft.set_agreement(subject.agreement());
  draft.set_exercise(subject.exercise());
  draft.set_in_reply_to(version.id());
  *draft.mutable_recipients() = TRY(required_of(known, subject.agreement())).authorities();
  state(draft, "digest", version.digest());
  state(draft, "subject", subject.subject());
  state(draft, "version", std::to_string(version.version()));
  return draft;
}

}  // namespace chancery::client

#include "client/sentence_preview.h"

#include <sstream>

#include "client/consent_text.h"
#include "client/joint_act_text.h"
#include "client/lookup.h"

namespace chancery::client {

namespace {

// Who signs, by the statement that is going to be signed.
std::string originator_in(const std::string& statement) {
  const std::string name = "originator ";
  std::istringstream lines(statement);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(name, 0) == 0) return line.substr(name.size());
  return {};
}

// What binds the authority is read in both languages of the agreements.
Outcome<std::vector<Catalogue>> languages_for(const Session& session, const std::string& kind) {
  std::vector<Catalogue> out = {session.catalogue()};
  if (kind != "consent-grant" && !is_joint_act(kind)) return out;
  for (const auto* language : {"zh", "ru"})
    if (session.catalogue().language() != language)
      out.push_back(TRY(or_fault(Catalogue::load(session.data(), language), "E-FILE", {{"path", session.data()}})));
  return out;
}

Outcome<std::string> joint_act_preview(Session& session, const v1::Draft& draft, const std::string& originator) {
  const auto languages = TRY(languages_for(session, draft.kind()));
  FoundVersion answered;
  for (const auto& fact : draft.facts()) {
    if (fact.name() != "digest") continue;
    const auto known = TRY(list_joint_acts(session, {}));
    if (auto found = find_version(known, fact.value())) answered = *found;
  }
  const auto* version = answered.version.id().empty() ? nullptr : &answered.version;
  return signed_joint_act(draft, originator, version, languages);
}

}  // namespace

std::string number_of_answered(Session& session, const v1::ConsentView& consent) {
  if (consent.answers().empty()) return {};
  const auto found = find_consent(session, consent.answers(), {});
  return found ? found->number() : std::string();
}

Outcome<std::string> sentence_preview(Session& session, const v1::Draft& draft, const v1::PreviewResponse& preview) {
  if (is_joint_act(draft.kind())) return joint_act_preview(session, draft, originator_in(preview.statement()));
  if (!is_consent(draft.kind())) return std::string();
  const auto languages = TRY(languages_for(session, draft.kind()));
  auto consent = consent_of(draft, originator_in(preview.statement()));
  if (!consent.original().empty()) {
    const auto original = find_message(session, consent.original());
    if (original) consent.set_original_number(original->number());
  }
  return signed_words(consent, number_of_answered(session, consent), languages);
}

}  // namespace chancery::client

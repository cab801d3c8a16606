#include "client/joint_act_text.h"

#include <algorithm>

#include "client/table.h"
#include "crypto/instant.h"
#include "daemon/core/display.h"

namespace chancery::client {

namespace {

// All values of this name: where a draft states one twice, none stays unseen.
std::string stated(const v1::Draft& draft, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& fact : draft.facts())
    if (fact.name() == name) values.push_back(core::neutralised(fact.value()));
  return values.empty() ? "-" : joined(values, " ");
}

template <class Repeated>
std::string words_of(const Repeated& values) {
  std::vector<std::string> out;
  for (const auto& value : values) out.push_back(core::neutralised(value));
  return out.empty() ? "-" : joined(out, " ");
}

std::string subject_words(const std::string& subject, const Catalogue& catalogue) {
  return catalogue.word("subject", core::neutralised(subject.substr(0, subject.find('/')))) + " " +
         core::neutralised(subject);
}

std::string utc(const std::string& instant) {
  return parse_instant(instant) ? instant.substr(0, 10) + " " + instant.substr(11, 5) + " UTC"
                                : core::neutralised(instant);
}

std::string short_digits(const std::string& id) { return id.size() == 64 ? id.substr(12, 10) : core::neutralised(id); }

std::string named(const v1::JointVersionView& version) {
  return version.number().empty() ? short_digits(version.id())
                                  : core::neutralised(version.number()) + " (" + short_digits(version.id()) + ")";
}

void add_subject(const v1::JointSubjectView& subject, const Catalogue& catalogue, Table& table) {
  for (const auto& v : subject.versions()) {
    auto state = catalogue.word("version-state", v.state());
    if (v.lapsed()) state += catalogue.text("policy.lapsed");
    table.add({core::neutralised(subject.subject()) + (subject.exercise() ? catalogue.text("policy.exercise") : ""),
               std::to_string(v.version()), v.number().empty() ? short_digits(v.id()) : v.number(), state,
               words_of(v.accepted()), words_of(v.missing()), words_of(v.suites()), utc(v.lapse())});
  }
}

std::string evidence_lines(const v1::JointSubjectView& subject, const Catalogue& catalogue) {
  std::string out;
  for (const auto& evidence : subject.evidence())
    out += catalogue.text("policy.evidence", {{"party", core::neutralised(evidence.party())},
                                              {"what", catalogue.word("joint-evidence", evidence.kind())},
                                              {"first", short_digits(evidence.first())},
                                              {"second", short_digits(evidence.second())}}) +
           "\n";
  return out;
}

bool in_force(const v1::ListJointActsResponse& response, const std::string& agreement) {
  return std::any_of(response.subjects().begin(), response.subjects().end(), [&](const auto& subject) {
    return subject.agreement() == agreement && !subject.exercise() && !subject.in_force().empty() &&
           subject.subject().rfind("crypto-policy/", 0) == 0;
  });
}

}  // namespace

bool is_joint_act(const std::string& kind) {
  return kind == "proposal" || kind == "counter" || kind == "acceptance" || kind == "objection";
}

std::string joint_act_title(const v1::Draft& draft, const Catalogue& catalogue) {
  return catalogue.text(draft.kind() + ".title", {{"subject", subject_words(stated(draft, "subject"), catalogue)},
                                                  {"version", stated(draft, "version")}});
}

std::string joint_act_sentence(const v1::Draft& draft, const std::string& originator,
                               const v1::JointVersionView* answered, const Catalogue& catalogue) {
  const bool opens = draft.kind() == "proposal" || draft.kind() == "counter";
  const auto suites = opens ? stated(draft, "suites") : answered == nullptr ? "-" : words_of(answered->suites());
  return catalogue.text(draft.kind() + ".sentence",
                        {{"originator", core::neutralised(originator)},
                         {"subject", subject_words(stated(draft, "subject"), catalogue)},
                         {"version", stated(draft, "version")},
                         {"agreement", core::neutralised(draft.agreement())},
                         {"suites", suites},
                         {"required", opens                 ? stated(draft, "required")
                                      : answered == nullptr ? "-"
                                                            : words_of(answered->required())},
                         {"lapse", opens                 ? utc(stated(draft, "lapse"))
                                   : answered == nullptr ? "-"
                                                         : utc(answered->lapse())},
                         {"answered", answered == nullptr ? stated(draft, "digest") : named(*answered)},
                         {"proposer", answered == nullptr ? "-" : core::neutralised(answered->originator())}});
}

std::string signed_joint_act(const v1::Draft& draft, const std::string& originator,
                             const v1::JointVersionView* answered, const std::vector<Catalogue>& languages) {
  std::string out;
  for (const auto& catalogue : languages)
    out += catalogue.text("consent.signed", {{"language", catalogue.language()}}) + "\n  " +
           joint_act_sentence(draft, originator, answered, catalogue) + "\n";
  const auto digest = stated(draft, "digest");
  if (digest != "-") out += languages.front().text("term.answers") + "  " + digest + "\n";
  return out;
}

std::string joint_acts_page(const v1::ListJointActsResponse& response, const Catalogue& catalogue) {
  Table table({catalogue.text("column.subject"), catalogue.text("column.version"), catalogue.text("column.number"),
               catalogue.text("column.state"), catalogue.text("column.accepted"), catalogue.text("column.missing"),
               catalogue.text("column.suites"), catalogue.text("column.lapse")});
  std::string rest;
  for (const auto& subject : response.subjects()) {
    add_subject(subject, catalogue, table);
    rest += evidence_lines(subject, catalogue);
  }
  for (const auto& required : response.required())
    if (!in_force(response, required.agreement()))
      rest += catalogue.text("policy.none", {{"agreement", core::neutralised(required.agreement())},
                                             {"parties", words_of(required.parties())}}) +
              "\n";
  return (response.subjects().empty() ? std::string() : table.text()) + rest;
}

}  // namespace chancery::client

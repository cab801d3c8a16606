#include "client/joint_act_draft.h"

#include <gtest/gtest.h>

#include "client/joint_act_text.h"

namespace chancery::client {
namespace {

const auto kNoon = *parse_instant("2026-11-22T12:00:00.000Z");
const std::string kDigest = "sha256:" + std::string(64, 'd');

v1::ListJointActsResponse known() {
  v1::ListJointActsResponse all;
  auto& required = *all.add_required();
  required.set_agreement("sco-2009");
  for (const auto* party : {"RU", "CN", "KZ"}) required.add_parties(party);
  for (const auto* authority : {"kz-example", "ru-example"}) required.add_authorities(authority);
  auto& subject = *all.add_subjects();
  subject.set_agreement("sco-2009");
  subject.set_subject("crypto-policy/sco-2009");
  auto& version = *subject.add_versions();
  version.set_id(std::string(64, 'e'));
  version.set_number("IN-2026-0004");
  version.set_originator("ru-example");
  version.set_version(3);
  version.set_digest(kDigest);
  version.set_state("open");
  version.set_lapse("2026-12-31T23:59:59.999Z");
  for (const auto* party : {"CN", "KZ", "RU"}) version.add_required(party);
  version.add_accepted("RU");
  version.add_suites("p256");
  return all;
}

std::string line_of(const v1::Draft& draft) {
  auto out = draft.kind() + " " + draft.agreement() + " to";
  for (const auto& recipient : draft.recipients()) out += " " + recipient;
  for (const auto& fact : draft.facts()) out += "; " + fact.name() + " " + fact.value();
  return out;
}

Arguments words(const std::vector<std::pair<std::string, std::string>>& options) {
  Arguments out;
  for (const auto& [name, value] : options) out.set(name, {value});
  return out;
}

TEST(ProposalDraft, IsTheNextVersionToEverybodyWhoHasToSign) {
  EXPECT_EQ(line_of(*proposal_draft(known(), "sco-2009", nullptr, {}, kNoon)),
            "proposal sco-2009 to kz-example ru-example; lapse 2026-12-22T23:59:59.999Z; required CN KZ RU; subject "
            "crypto-policy/sco-2009; suites p256; version 4");
}

TEST(ProposalDraft, SaysWhatWasTyped) {
  const auto typed = words({{"--suites", "p256,ed25519"}, {"--lapse", "2027-01-31"}, {"--version", "9"}});
  const auto all = known();
  const auto& countered = all.subjects(0).versions(0);
  EXPECT_EQ(line_of(*proposal_draft(all, "sco-2009", &countered, typed, kNoon)),
            "counter sco-2009 to kz-example ru-example; digest " + kDigest +
                "; lapse 2027-01-31T23:59:59.999Z; required CN KZ RU; subject crypto-policy/sco-2009; suites ed25519 "
                "p256; version 9");
  EXPECT_EQ(line_of(*proposal_draft(known(), "sco-2009", nullptr, words({{"--subject", "secret-procedure/a"}}), kNoon)),
            "proposal sco-2009 to kz-example ru-example; lapse 2026-12-22T23:59:59.999Z; required CN KZ RU; subject "
            "secret-procedure/a; version 1");
}

TEST(ProposalDraft, RefusesWhatNobodyCouldSign) {
  const auto code = [](const std::string& agreement, const Arguments& typed) {
    const auto draft = proposal_draft(known(), agreement, nullptr, typed, kNoon);
    return draft ? std::string() : draft.error().code;
  };
  EXPECT_EQ(code("nato-1949", {}), "E-AGREEMENT-UNKNOWN");
  EXPECT_EQ(code("sco-2009", words({{"--subject", "lunch/monday"}})), "E-USAGE-VALUE");
  EXPECT_EQ(code("sco-2009", words({{"--lapse", "soon"}})), "E-USAGE-VALUE");
  EXPECT_EQ(code("sco-2009", words({{"--version", "0"}})), "E-USAGE-VALUE");
  EXPECT_EQ(code("sco-2009", words({{"--subject", "secret-procedure/a"}, {"--suites", "p256"}})), "E-USAGE-VALUE");
}

TEST(ProposalDraft, AfterTheLastNumberIsProposedUnderANumberThatIsTyped) {
  auto all = known();
  all.mutable_subjects(0)->mutable_versions(0)->set_version(4294967295);
  const auto draft = proposal_draft(all, "sco-2009", nullptr, {}, kNoon);
  EXPECT_EQ(draft ? line_of(*draft) : draft.error().code, "E-VERSION-LAST");
  const auto typed = proposal_draft(all, "sco-2009", nullptr, words({{"--version", "4"}}), kNoon);
  ASSERT_TRUE(typed);
  EXPECT_TRUE(line_of(*typed).ends_with("; version 4")) << line_of(*typed);
}

TEST(AnswerDraft, NamesTheVersionByItsDigest) {
  const auto all = known();
  EXPECT_EQ(line_of(*answer_draft(all, all.subjects(0), all.subjects(0).versions(0), "acceptance")),
            "acceptance sco-2009 to kz-example ru-example; digest " + kDigest +
                "; subject crypto-policy/sco-2009; version 3");
}

TEST(JointActSentence, SaysInEveryLanguageWhatIsSigned) {
  const auto all = known();
  const auto& version = all.subjects(0).versions(0);
  for (const auto* language : {"zh", "ru", "en"}) {
    const auto catalogue = Catalogue::load(CHANCERY_SOURCE_DIR "/config", language).value();
    for (const auto* kind : {"acceptance", "objection"}) {
      const auto draft = *answer_draft(all, all.subjects(0), version, kind);
      const auto sentence = joint_act_sentence(draft, "cn-example", &version, catalogue);
      for (const auto* part : {"cn-example", "ru-example", "IN-2026-0004", "crypto-policy/sco-2009", "3"})
        EXPECT_NE(sentence.find(part), std::string::npos) << language << " " << kind << ": " << sentence;
    }
    const auto proposal = *proposal_draft(all, "sco-2009", nullptr, {}, kNoon);
    const auto sentence = joint_act_sentence(proposal, "cn-example", nullptr, catalogue);
    for (const auto* part : {"cn-example", "CN KZ RU", "p256", "2026-12-22 23:59 UTC", "4"})
      EXPECT_NE(sentence.find(part), std::string::npos) << language << ": " << sentence;
  }
}

TEST(JointActsPage, ShowsEveryVersionAndWhatIsMissing) {
  const auto catalogue = Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en").value();
  auto all = known();
  auto& evidence = *all.mutable_subjects(0)->add_evidence();
  evidence.set_kind("contradiction");
  evidence.set_party("KZ");
  evidence.set_first(std::string(64, '1'));
  evidence.set_second(std::string(64, '2'));
  const auto page = joint_acts_page(all, catalogue);
  for (const auto* part :
       {"IN-2026-0004", "open", "RU", "KZ accepted and turned down the same version: 1111111111, 2222222222",
        "sco-2009: no crypto policy is in force"})
    EXPECT_NE(page.find(part), std::string::npos) << page;
  all.mutable_subjects(0)->set_in_force(kDigest);
  EXPECT_EQ(joint_acts_page(all, catalogue).find("no crypto policy"), std::string::npos);
}

}  // namespace
}  // namespace chancery::client

#include "daemon/core/release.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

class DecideRelease : public testing::Test {
 protected:
  DecideRelease() : message(realm.notice("cn-example", {"kz-example", "ru-example"})) {}
  Realm realm;
  Message message;
};

TEST_F(DecideRelease, RefusesARecipientNobodyKnows) {
  realm.peers.erase("kz-example");
  const auto decision = realm.release(message);
  EXPECT_EQ(decision.codes(), Codes{"E-RECIPIENT-UNKNOWN"});
  EXPECT_EQ(decision.reasons().front().subject, "kz-example");
}

TEST_F(DecideRelease, RefusesAMessageToNobody) {
  message.recipients = {};
  EXPECT_EQ(realm.release(message).codes(), Codes{"E-RECIPIENT-UNKNOWN"});
}

TEST_F(DecideRelease, RefusesToSendToOurselves) {
  message.recipients = {"cn-example", "ru-example"};
  EXPECT_EQ(realm.release(message).codes(), Codes{"E-RECIPIENT-SELF"});
}

TEST_F(DecideRelease, RefusesARecipientWithoutACurrentSealKey) {
  realm.peers.at("kz-example").seal_keys.front().to = message.created;
  EXPECT_EQ(realm.release(message).codes(), Codes{"E-RECIPIENT-KEY-MISSING"});
}

TEST_F(DecideRelease, RefusesAPeerThatIsNotActive) {
  for (const auto state : {PeerState::unverified, PeerState::suspended}) {
    realm.peers.at("kz-example").state = state;
    EXPECT_EQ(realm.release(message).codes(), Codes{"E-PEER-INACTIVE"}) << to_string(state);
  }
}

TEST_F(DecideRelease, RefusesASealKeyOfASuiteNotAllowed) {
  realm.peers.at("kz-example").seal_keys.front().suite = crypto::Suite::ed25519;
  EXPECT_EQ(realm.release(message).codes(), Codes{"E-SUITE-NOT-ALLOWED"});
}

TEST_F(DecideRelease, RefusesWhatIsNotOurOwnStatement) {
  message.recipients = {"kz-example"};
  EXPECT_EQ(realm.release_by("ru-example", message).codes(), Codes{"E-AUTHORITY-NOT-DESIGNATED"});
}

TEST_F(DecideRelease, RefusesWhatItsLabelPolicyDoesNotLetItJudge) {
  message.labels.front().version = 2;
  EXPECT_EQ(realm.release(message).verdict(), Verdict::refuse);
  EXPECT_EQ(realm.release(message).codes(), Codes{"E-LABEL-UNKNOWN"});
}

TEST_F(DecideRelease, IsExplainedRuleByRuleWithTheArticleOfEach) {
  auto secret = realm.notice("cn-example", {"ru-example"}, "secret");
  secret.languages = {"en"};
  const auto data = realm.book();
  const Directory directory(realm.peers);
  std::map<std::string, RuleFinding> findings;
  for (auto& finding :
       explain_release({data, directory, realm.joint_acts, "cn-example", realm.now}, secret, realm.lookup()))
    findings.emplace(finding.rule, finding);
  std::vector<std::string> broken;
  for (const auto& [rule, finding] : findings)
    if (!finding.reasons.empty()) broken.push_back(rule);
  EXPECT_EQ(broken, (std::vector<std::string>{"language", "state-secrets"}));
  EXPECT_EQ(findings.at("state-secrets").ground, (Reason{ReasonCode::state_secret, "S6.3", "6(1)", ""}));
  EXPECT_EQ(findings.at("consent").ground, (Reason{ReasonCode::consent_required, "S6.9", "6(3)", ""}));
  EXPECT_EQ(findings.at("limits").ground, (Reason{ReasonCode::limit_exceeded, "", "", ""}));
}

}  // namespace
}  // namespace chancery::core

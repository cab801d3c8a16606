// What both sides refuse or defer, the holder before it leaves and the receiver from the signed bytes.
#include "daemon/core/rules.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

class Rules : public testing::Test {
 protected:
  Rules() : message(realm.notice("cn-example", {"kz-example", "ru-example"})) {}

  void expect(const Codes& at_release, const Codes& at_acceptance) const {
    EXPECT_EQ(realm.release(message).codes(), at_release) << message.to_text();
    EXPECT_EQ(realm.accept("ru-example", message).codes(), at_acceptance) << message.to_text();
  }
  void expect_both(const Codes& codes) const { expect(codes, codes); }

  Realm realm;
  Message message;
};

TEST_F(Rules, AllowARestrictedNoticeBetweenParties) { expect_both({}); }

// They go first, and a recipient has room for so much of one authority at a time.
TEST_F(Rules, RefuseAttachmentsThatAreTooLongTogether) {
  for (const auto* name : {"a", "b"})
    message.attachments.push_back({crypto::sha256(as_bytes(name)), std::uint64_t{17'180'917'760}});  // 16 GiB, sealed
  expect_both({});
  message.attachments.push_back({crypto::sha256(as_bytes("c")), 16});
  expect_both({"E-LIMIT"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "attachments");
}

TEST_F(Rules, RefuseAnUnknownAgreement) {
  message.agreement = "xx-1999";
  EXPECT_TRUE(realm.release(message).codes() == (Codes{"E-AGREEMENT-UNKNOWN", "E-AUTHORITY-NOT-DESIGNATED"}));
  EXPECT_EQ(realm.accept("ru-example", message).verdict(), Verdict::refuse);
}

TEST_F(Rules, DeferAnUnknownAgreementVersionAndJudgeNothingByAnotherOne) {
  message.agreement_version = 2;
  message.directions = {"sco-2009/3/99"};
  realm.designation("cn-example").directions = {"sco-2009/3/99"};
  expect_both({"E-AGREEMENT-VERSION"});
  EXPECT_EQ(realm.accept("ru-example", message).verdict(), Verdict::defer);
}

TEST_F(Rules, DecideByTheVersionTheMessageNames) {
  auto next = realm.agreement("sco-2009");
  next.version = 2;
  next.languages_any = {"en"};
  realm.agreements.insert(realm.agreements.begin(), next);
  expect_both({});
  message.agreement_version = 2;
  expect_both({"E-LANGUAGE-REQUIRED"});
}

TEST_F(Rules, RefuseWhenAPartyIsNotBoundAtThatDate) {
  for (auto& row : realm.agreement("sco-2009").status)
    if (row.party == "KZ") row.in_force_from = message.created + Duration{1};
  expect_both({"E-AGREEMENT-NOT-PARTY"});
  EXPECT_EQ(realm.release(message).reasons().front().subject, "kz-example");
  for (auto& row : realm.agreement("sco-2009").status) row.in_force_from = message.created;
  expect_both({});
  for (auto& row : realm.agreement("sco-2009").status)
    if (row.party == "CN") row.in_force_to = message.created;
  expect_both({"E-AGREEMENT-NOT-PARTY"});
}

TEST_F(Rules, RefuseAnAuthorityNotDesignatedForTheAgreement) {
  realm.designation("kz-example").agreements = {"cn-ru-2015"};
  expect_both({"E-AUTHORITY-NOT-DESIGNATED"});
}

TEST_F(Rules, RefuseAnAuthorityDesignatedOnlyLater) {
  realm.designation("kz-example").valid_from = message.created + Duration{1};
  expect_both({"E-AUTHORITY-NOT-DESIGNATED"});
}

TEST_F(Rules, DeferAtAcceptanceWhatANewerDesignationMayCover) {
  realm.designation("kz-example").valid_to = message.created;
  expect({"E-AUTHORITY-NOT-DESIGNATED"}, {"E-DESIGNATION-UNKNOWN"});
  realm.peers.erase("kz-example");
  expect({"E-RECIPIENT-UNKNOWN"}, {"E-DESIGNATION-UNKNOWN"});
}

TEST_F(Rules, RefuseAnUnknownOriginatorOnlyForNow) {
  realm.peers.erase("cn-example");
  EXPECT_EQ(realm.accept("ru-example", message).codes(), Codes{"E-DESIGNATION-UNKNOWN"});
}

TEST_F(Rules, RefuseADirectionTheOriginatorIsNotDesignatedFor) {
  realm.designation("cn-example").directions = {"sco-2009/3/16"};
  expect_both({"E-DIRECTION-NOT-DESIGNATED"});
}

TEST_F(Rules, RefuseUnknownAndUnavailableKinds) {
  for (const auto* kind : {"gossip", "assistance-request", "assistance-answer"}) {
    message.kind = kind;
    expect_both({"E-KIND-UNKNOWN"});
  }
}

TEST_F(Rules, RefuseFactsTheKindMayNotState) {
  message.facts = {{"wrap", to_string(digest_of("wrap"))}};
  expect_both({"E-FACT-UNKNOWN"});
  message.facts = {{"rumour", "1"}};
  expect_both({"E-FACT-UNKNOWN"});
}

TEST_F(Rules, RefuseFactsThatDoNotSayWhatTheyMust) {
  message.facts = {{"reissue-of", "1234"}};
  expect_both({"E-FACT-UNKNOWN"});
  const auto one = to_string(id_of(message)), other = to_string(id_of(sample_notice()));
  message.facts = {{"reissue-of", std::min(one, other)}, {"reissue-of", std::max(one, other)}};
  expect_both({"E-FACT-UNKNOWN"});
  message.facts.pop_back();
  expect_both({});
}

TEST_F(Rules, RequireADirection) {
  message.directions = {};
  expect_both({"E-DIRECTION-REQUIRED"});
}

TEST_F(Rules, RefuseADirectionThatIsNoItemOfTheAgreement) {
  for (const auto* code : {"sco-2009/3/99", "cn-ru-2015/3/5", "sco-2009/2/3"}) {
    message.directions = {code};
    realm.designation("cn-example").directions = {code};
    expect_both({"E-DIRECTION-UNKNOWN"});
  }
}

TEST_F(Rules, RequireAThreatOfANoticeAndNotOfInformation) {
  message.threats = {};
  expect_both({"E-THREAT-REQUIRED"});
  message.kind = "information";
  expect_both({});
}

TEST_F(Rules, RefuseAThreatThatIsNoItemOfTheAgreement) {
  for (const auto* code : {"sco-2009/2/99", "sco-2009/3/5"}) {
    message.threats = {code};
    expect_both({"E-THREAT-UNKNOWN"});
  }
}

TEST_F(Rules, RequireAWorkingLanguageWhereTheAgreementDoes) {
  message.languages = {"en"};
  expect_both({"E-LANGUAGE-REQUIRED"});
  message.languages = {};
  expect_both({"E-LANGUAGE-REQUIRED"});
  message.languages = {"en", "zh"};
  expect_both({});
  message.languages = {"en"};
  realm.agreement("sco-2009").languages_any = {};
  expect_both({});
}

TEST_F(Rules, RequireAProfileWhereTheAgreementDemandsOne) {
  message.directions = {"sco-2009/3/7"};
  expect_both({"E-PROFILE-MISSING"});
}

TEST_F(Rules, LetAttachmentsGoWithWhatAPersonWrites) {
  message.attachments = {{digest_of("ciphertext"), 17}};
  expect_both({});
}

TEST_F(Rules, RefuseWhatHasExpired) {
  message.expires = realm.now;
  expect_both({"E-EXPIRED"});
  message.expires = realm.now + Duration{1};
  expect_both({});
}

TEST_F(Rules, RefuseMoreRecipientsThanTheLimit) {
  message.recipients.assign(kMaxRecipients + 1, "ru-example");
  expect_both({"E-LIMIT"});
}

TEST_F(Rules, CollectAllReasonsInTheOrderOfTheProtocol) {
  for (auto& row : realm.agreement("sco-2009").status)
    if (row.party == "KZ") row.in_force_to = message.created;
  realm.designation("cn-example").directions = {};
  message.labels.front().classification = "secret";
  message.languages = {"en"};
  std::vector<std::string> codes;
  const auto decision = realm.release(message);
  for (const auto& reason : decision.reasons()) codes.emplace_back(to_string(reason.code));
  EXPECT_EQ(codes, (Codes{"E-AGREEMENT-NOT-PARTY", "E-DIRECTION-NOT-DESIGNATED", "E-LABEL-STATE-SECRET",
                          "E-LANGUAGE-REQUIRED"}));
}

}  // namespace
}  // namespace chancery::core

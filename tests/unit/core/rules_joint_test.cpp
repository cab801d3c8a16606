#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/draft.h"
#include "daemon/core/rules.h"
#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

using testing::Contains;
using testing::ElementsAre;

// CN, KZ and RU are bound to sco-2009; each speaks by one authority.
class JointActRules : public testing::Test {
 protected:
  Message proposal(const std::string& from = "cn-example", const std::string& version = "1") const {
    auto m = act("proposal", from);
    m.facts = {{"lapse", to_string(realm.now + days(10))},
               {"required", "CN KZ RU"},
               {"subject", "crypto-policy/sco-2009"},
               {"suites", "p256"},
               {"version", version}};
    return m;
  }

  Message act(const std::string& kind, const std::string& from) const {
    std::vector<std::string> to;
    for (const auto* one : {"cn-example", "kz-example", "ru-example"})
      if (from != one) to.emplace_back(one);
    auto m = realm.notice(from, to, "open");
    m.kind = kind;
    m.directions = {};
    m.threats = {};
    return m;
  }

  Message answer(const std::string& kind, const std::string& from, const Message& version) const {
    auto m = act(kind, from);
    m.facts = {{"digest", to_string(statement_digest(version.to_text()))},
               {"subject", "crypto-policy/sco-2009"},
               {"version", "1"}};
    return m;
  }

  static Message with(Message m, const std::string& name, const std::string& value) {
    for (auto& fact : m.facts)
      if (fact.name == name) fact.value = value;
    return m;
  }

  void hold(const Message& message) {
    const Directory directory(realm.peers);
    SourceStatement source;
    source.id = id_of(message);
    source.digest = statement_digest(message.to_text());
    source.message = message;
    auto all = realm.joint_acts.statements();
    all.push_back(joint_statement(source, parties_of(directory)).value());
    realm.joint_acts = JointActBook(std::move(all));
  }

  Realm realm;
};

TEST_F(JointActRules, LetAProposalAndItsAnswersGoAndComeIn) {
  const auto first = proposal();
  EXPECT_EQ(realm.release(first).codes(), Codes{});
  EXPECT_EQ(realm.accept("kz-example", first).codes(), Codes{});
  hold(first);
  for (const auto* kind : {"acceptance", "objection"}) {
    const auto reply = answer(kind, "ru-example", first);
    EXPECT_EQ(realm.release(reply).codes(), Codes{}) << kind;
    EXPECT_EQ(realm.accept("cn-example", reply).codes(), Codes{}) << kind;
  }
}

TEST_F(JointActRules, TakeInAnAnswerBeforeTheVersionItAnswers) {
  EXPECT_EQ(realm.accept("kz-example", answer("acceptance", "ru-example", proposal())).codes(), Codes{});
  EXPECT_EQ(realm.release(answer("acceptance", "ru-example", proposal())).codes(), Codes{"E-JOINT-TERMS"})
      << "nobody signs what is not here to be read";
}

TEST_F(JointActRules, RefuseAPolicyThatDoesNotHoldTogether) {
  const auto codes = [&](const Message& m) { return realm.accept("kz-example", m).codes(); };
  EXPECT_EQ(codes(with(proposal(), "suites", "ed25519")), Codes{"E-JOINT-TERMS"}) << "p256 is mandatory";
  EXPECT_EQ(codes(with(proposal(), "suites", "p256 p256")), Codes{"E-JOINT-TERMS"});
  EXPECT_EQ(codes(with(proposal(), "subject", "crypto-policy/cn-ru-2015")), Codes{"E-JOINT-TERMS"});
  EXPECT_EQ(codes(with(proposal(), "subject", "lunch/monday")), Codes{"E-JOINT-TERMS"});
  EXPECT_EQ(codes(with(proposal(), "lapse", to_string(realm.now - days(1)))), Codes{"E-JOINT-TERMS"});
  auto some = proposal();
  some.recipients = {"kz-example"};
  EXPECT_EQ(codes(some), Codes{"E-JOINT-TERMS"}) << "RU has to sign and does not hear of it";
  auto directed = proposal();
  directed.directions = {"sco-2009/3/5"};
  EXPECT_EQ(codes(directed), Codes{"E-DIRECTION-UNKNOWN"});
}

// The receiver's data may be behind, so nothing is refused for good.
TEST_F(JointActRules, DeferAProposalThatRequiresOtherPartiesThanTheDataSay) {
  const auto without = with(proposal(), "required", "CN KZ");
  EXPECT_EQ(realm.accept("kz-example", without).codes(), Codes{"E-JOINT-PARTIES"});
  EXPECT_EQ(realm.accept("kz-example", without).verdict(), Verdict::defer);
  EXPECT_THAT(realm.accept("kz-example", with(proposal(), "required", "CN KZ RU TJ")).codes(),
              Contains("E-JOINT-PARTIES"));
}

TEST_F(JointActRules, LetAnActBetweenSomePartiesNameThemAlone) {
  auto m = with(with(proposal(), "required", "CN RU"), "subject", "secret-procedure/channel-1");
  EXPECT_EQ(realm.accept("ru-example", m).codes(), Codes{"E-JOINT-TERMS"}) << "it names no suites";
  std::erase_if(m.facts, [](const Fact& fact) { return fact.name == "suites"; });
  EXPECT_EQ(realm.accept("ru-example", m).codes(), Codes{});
  EXPECT_EQ(realm.accept("ru-example", with(m, "required", "KZ RU")).codes(), Codes{"E-JOINT-TERMS"})
      << "its author is not among them";
}

TEST_F(JointActRules, KeepUsFromSigningWhatContradictsWhatWeSigned) {
  const auto first = proposal();
  hold(first);
  EXPECT_EQ(realm.release(proposal("cn-example", "2")).codes(), Codes{"E-JOINT-BOUND"}) << "its own is still open";
  const auto accepted = answer("acceptance", "ru-example", first);
  hold(accepted);
  auto later = answer("objection", "ru-example", first);
  EXPECT_EQ(realm.release(later).codes(), Codes{"E-JOINT-BOUND"});
  EXPECT_EQ(realm.accept("cn-example", later).codes(), Codes{}) << "what others contradict is kept as evidence";
  EXPECT_EQ(realm.release(with(answer("acceptance", "kz-example", first), "version", "2")).codes(),
            Codes{"E-JOINT-TERMS"});
}

TEST_F(JointActRules, TakeNoMoreOfOneAuthorThanTheBookCanHold) {
  const Directory directory(realm.peers);
  SourceStatement source;
  source.message = proposal("ru-example");
  const auto one = joint_statement(source, parties_of(directory)).value();
  std::vector<JointStatement> all;
  for (std::ptrdiff_t i = 0; i < rules::kMaxJointStatements; ++i) {
    all.push_back(one);
    all.back().subject.code = "secret-procedure/" + std::to_string(i);
    all.back().digest = digest_of(std::to_string(i));
  }
  realm.joint_acts = JointActBook(all);
  EXPECT_EQ(realm.accept("kz-example", proposal("ru-example")).codes(), Codes{"E-LIMIT"});
  EXPECT_EQ(realm.accept("kz-example", proposal("cn-example")).codes(), Codes{});
  all.pop_back();
  realm.joint_acts = JointActBook(all);
  EXPECT_EQ(realm.accept("kz-example", proposal("ru-example")).codes(), Codes{});
}

TEST_F(JointActRules, MakeAnAcceptanceNameWhatFreedItsParty) {
  const auto first = proposal();
  hold(first);
  hold(answer("acceptance", "ru-example", first));
  const auto objection = answer("objection", "kz-example", first);
  hold(objection);
  auto second = with(proposal("kz-example", "2"), "lapse", to_string(realm.now + days(20)));
  hold(second);

  Draft draft;
  draft.kind = "acceptance";
  draft.agreement = "sco-2009";
  draft.recipients = {"cn-example", "kz-example"};
  draft.facts = {{"digest", to_string(statement_digest(second.to_text()))},
                 {"subject", "crypto-policy/sco-2009"},
                 {"version", "2"}};
  const auto data = realm.book();
  const Directory directory(realm.peers);
  const auto composed = compose({data, directory, realm.joint_acts, "ru-example", realm.now}, draft, realm.lookup());
  EXPECT_THAT(composed.facts, Contains(Fact{"killed-by", to_string(id_of(objection))}));
}

// ---- what rests on a policy

class ConsentOnPolicy : public JointActRules {
 protected:
  ConsentOnPolicy() {
    realm.agreement("sco-2009").consent_needs_crypto_policy = true;
    original = realm.hold(realm.notice("cn-example", {"ru-example"}));
    Grant grant;
    grant.id = id_of(realm.notice("cn-example", {"kz-example"}, "open"));
    grant.provider = "cn-example";
    grant.holder = "ru-example";
    grant.terms = {original.id, {"kz-example"},       Verb::transfer,       {},
                   1,           realm.now - hours(1), realm.now + hours(1), ConsentMode::online};
    realm.consents.grants = {grant};
  }

  void agree() {
    const auto first = proposal();
    hold(first);
    for (const auto* from : {"kz-example", "ru-example"}) hold(answer("acceptance", from, first));
  }

  [[nodiscard]] Decision permit() const {
    const auto data = realm.book();
    const Directory directory(realm.peers);
    const auto& grant = realm.consents.grants.front();
    PermitRequest request{grant.id, original.id, original.id, Relation::forwards, "kz-example", Verb::transfer, {}};
    GrantStanding standing;
    standing.grant = &grant;
    standing.agreement = "sco-2009";
    return decide_permit({data, directory, realm.joint_acts, "cn-example", realm.now}, "ru-example", request, standing);
  }

  SourceLine original;
};

TEST_F(ConsentOnPolicy, HoldsWhileOneIsInForceAndNoLonger) {
  const auto carrier = realm.forward("ru-example", {"kz-example"}, original);
  EXPECT_EQ(realm.release(carrier).codes(), Codes{"E-CRYPTO-POLICY"});
  EXPECT_EQ(permit().codes(), Codes{"E-CRYPTO-POLICY"});
  EXPECT_THAT(realm.accept("kz-example", carrier).codes(), Contains("E-CRYPTO-POLICY"));
  agree();
  EXPECT_EQ(realm.release(carrier).codes(), Codes{});
  EXPECT_EQ(permit().codes(), Codes{});
  // A Party that goes back on it ends it, for all.
  hold(answer("objection", "kz-example", proposal()));
  EXPECT_EQ(realm.release(carrier).codes(), Codes{"E-CRYPTO-POLICY"});
  EXPECT_EQ(permit().codes(), Codes{"E-CRYPTO-POLICY"});
}

TEST_F(ConsentOnPolicy, IsNotAskedForByAnAgreementThatDoesNotDemandIt) {
  realm.agreement("sco-2009").consent_needs_crypto_policy = false;
  EXPECT_EQ(realm.release(realm.forward("ru-example", {"kz-example"}, original)).codes(), Codes{});
}

// S6.10: a permission on paper is registered where its provider speaks, and rests on no policy.
TEST_F(ConsentOnPolicy, IsNotNeededByAPermissionOnPaper) {
  realm.consents.grants.front().paper = digest_of("scan");
  EXPECT_EQ(realm.release(realm.forward("ru-example", {"kz-example"}, original)).codes(), Codes{});
  EXPECT_EQ(permit().codes(), Codes{});
  auto grant = realm.notice("cn-example", {"kz-example", "ru-example"}, "open");
  grant.kind = "consent-grant";
  grant.directions = {};
  grant.threats = {};
  grant.facts = facts_of(realm.consents.grants.front());
  EXPECT_EQ(realm.release(grant).codes(), Codes{});
  EXPECT_EQ(read_consent(id_of(grant), grant).value(), ConsentStatement([&] {
              auto same = realm.consents.grants.front();
              same.id = id_of(grant);
              return same;
            }()));
  std::erase_if(grant.facts, [](const Fact& fact) { return fact.name == "paper"; });
  EXPECT_EQ(realm.release(grant).codes(), Codes{"E-CRYPTO-POLICY"});
}

// Whichever would be taken first while a policy is in force.
TEST_F(ConsentOnPolicy, LetsPaperHoldBesideElectronicPermissionOfEveryMode) {
  const auto carrier = realm.forward("ru-example", {"kz-example"}, original);
  auto paper = realm.consents.grants.front();
  paper.id.value[31] ^= 1;
  paper.paper = digest_of("scan");
  for (const auto mode : {ConsentMode::online, ConsentMode::detached}) {
    auto electronic = realm.consents.grants.front();
    electronic.terms.mode = mode;
    for (const auto& grants : {std::vector{electronic, paper}, {paper, electronic}}) {
      realm.consents.grants = grants;
      EXPECT_EQ(realm.release(carrier).codes(), Codes{});
    }
    realm.consents.grants = {electronic};
    EXPECT_EQ(realm.release(carrier).codes(), Codes{"E-CRYPTO-POLICY"});
    EXPECT_EQ(realm.release(carrier).reasons().front().subject, "sco-2009");
  }
}

TEST_F(ConsentOnPolicy, DoesNotRestOnWhatAnExerciseAgreed) {
  auto first = proposal();
  first.exercise = true;
  hold(first);
  for (const auto* from : {"kz-example", "ru-example"}) {
    auto reply = answer("acceptance", from, first);
    reply.exercise = true;
    hold(reply);
  }
  ASSERT_EQ(realm.joint_acts.subjects().size(), 1U);
  EXPECT_TRUE(realm.joint_acts.subjects().begin()->second.in_force);
  EXPECT_EQ(permit().codes(), Codes{"E-CRYPTO-POLICY"});
}

// S3.10: message with a suite that is not agreed refused; a change of policy needs all signatures.
TEST_F(ConsentOnPolicy, SaysWhichSuitesMessagesMayUse) {
  const auto message = realm.notice("cn-example", {"kz-example"});
  Arrival arrival{message, "cn-example"};
  arrival.suite = crypto::Suite::ed25519;
  EXPECT_THAT(realm.accept("kz-example", arrival).codes(), Contains("E-SUITE-NOT-ALLOWED"));
  const auto wider = with(proposal(), "suites", "ed25519 p256");
  hold(wider);
  hold(answer("acceptance", "kz-example", wider));
  EXPECT_THAT(realm.accept("kz-example", arrival).codes(), Contains("E-SUITE-NOT-ALLOWED")) << "RU has not signed";
  hold(answer("acceptance", "ru-example", wider));
  EXPECT_EQ(realm.accept("kz-example", arrival).codes(), Codes{});
}

// Who has only a suite that is not allowed yet signs what allows it, and nothing else.
TEST_F(ConsentOnPolicy, IsAgreedInASuiteThatIsNotAllowedYet) {
  const auto wider = with(proposal(), "suites", "ed25519 p256");
  auto procedure = with(proposal(), "subject", "secret-procedure/channel-1");
  std::erase_if(procedure.facts, [](const Fact& fact) { return fact.name == "suites"; });
  for (const Message* m : std::initializer_list<const Message*>{&wider, &procedure}) {
    Arrival arrival{*m, m->originator};
    arrival.suite = crypto::Suite::ed25519;
    EXPECT_EQ(realm.accept("kz-example", arrival).codes(), m == &wider ? Codes{} : Codes{"E-SUITE-NOT-ALLOWED"});
  }
}

TEST_F(ConsentOnPolicy, IsOfNoAvailForStateSecretsWhateverIsAgreed) {
  auto procedure = with(proposal(), "subject", "secret-procedure/channel-1");
  std::erase_if(procedure.facts, [](const Fact& fact) { return fact.name == "suites"; });
  hold(procedure);
  for (const auto* from : {"kz-example", "ru-example"})
    hold(with(answer("acceptance", from, procedure), "subject", "secret-procedure/channel-1"));
  EXPECT_TRUE(realm.joint_acts.in_force({"sco-2009", "secret-procedure/channel-1", false}));
  const auto secret = realm.notice("cn-example", {"ru-example"}, "secret");
  EXPECT_THAT(realm.release(secret).codes(), Contains("E-LABEL-STATE-SECRET"));
  EXPECT_THAT(realm.accept("ru-example", secret).codes(), Contains("E-LABEL-STATE-SECRET"));
}

}  // namespace
}  // namespace chancery::core

#include "daemon/core/draft.h"

#include <gmock/gmock.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Draft notice_draft() {
  Draft d;
  d.recipients = {"ru-example", "kz-example"};
  d.agreement = "sco-2009";
  d.kind = "threat-notice";
  d.directions = {"sco-2009/3/5", "sco-2009/3/16", "sco-2009/3/5"};
  d.threats = {"sco-2009/2/3"};
  d.classification = "restricted";
  d.languages = {"zh", "ru"};
  d.parts = {to_bytes("one")};
  return d;
}

Message composed(const Realm& realm, const Draft& draft, const std::string& self = "cn-example") {
  const auto book = realm.book();
  const Directory directory(realm.peers);
  return compose({book, directory, realm.joint_acts, self, realm.now}, draft, realm.lookup());
}

TEST(Compose, CompletesWhatTheRulesOfReleaseAllow) {
  const Realm realm;
  const auto m = composed(realm, notice_draft());
  EXPECT_TRUE(realm.release(m).allowed());
  EXPECT_EQ(m.originator, "cn-example");
  EXPECT_EQ(m.created, realm.now);
  EXPECT_EQ(m.agreement_version, 1u);
  EXPECT_EQ(m.label_policy, digest_of("label policy cn-example/1"));
  EXPECT_THAT(m.labels, ElementsAre(Label{"cn-example", 1, "restricted", "", {}}));
  EXPECT_THAT(m.providers, ElementsAre("cn-example"));
  EXPECT_EQ(m.parts, 0u);
}

TEST(Compose, WritesListsSortedAndNothingTwice) {
  auto draft = notice_draft();
  draft.categories = {"network", "b", "network"};
  draft.facts = {{"wrap", "b"}, {"reissue-of", "a"}, {"wrap", "b"}};
  const auto m = composed(Realm(), draft);
  EXPECT_THAT(m.recipients, ElementsAre("kz-example", "ru-example"));
  EXPECT_THAT(m.directions, ElementsAre("sco-2009/3/16", "sco-2009/3/5"));
  EXPECT_THAT(m.languages, ElementsAre("ru", "zh"));
  EXPECT_THAT(m.labels.front().categories, ElementsAre("b", "network"));
  EXPECT_THAT(m.facts, ElementsAre(Fact{"reissue-of", "a"}, Fact{"wrap", "b"}));
}

TEST(Compose, ParsesOnceItsBodyIsKnown) {
  auto m = composed(Realm(), notice_draft());
  m.parts = 1;
  const auto parsed = Message::parse(m.to_text());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, m);
}

// Whom the officer left out: whoever has to permit it, and nobody who need not.
TEST(Compose, AddressesWhatAsksProvidersToThem) {
  Realm realm;
  realm.peers.emplace("tj-example", realm.peers.at("kz-example"));
  realm.peers.at("tj-example").history[0].authority = "tj-example";
  const auto open = realm.hold(realm.notice("kz-example", {"cn-example", "ru-example"}, "open"));
  auto made = realm.derived("ru-example", {"cn-example"}, {open});
  add_joint_provider(made, "tj-example");
  const auto line = realm.hold(made);
  auto draft = notice_draft();
  draft.recipients = {};
  draft.kind = "disclosure";
  draft.facts = facts_of(Disclosure{line.id, "public:press", {}});
  EXPECT_THAT(composed(realm, draft).recipients, ElementsAre("ru-example", "tj-example"));
  draft.kind = "consent-request";
  ConsentTerms terms;
  terms.original = line.id;
  terms.to = {"kz-example"};
  terms.from = realm.now;
  terms.until = realm.now + hours(1);
  draft.facts = facts_of(ConsentRequest{terms});
  EXPECT_THAT(composed(realm, draft).recipients, ElementsAre("ru-example", "tj-example"));
  draft.recipients = {"ru-example"};
  EXPECT_THAT(composed(realm, draft).recipients, ElementsAre("ru-example")) << "whom he named is asked";
}

TEST(Compose, TakesLabelsAndProvidersOverTheClosure) {
  Realm realm;
  auto first = realm.notice("kz-example", {"ru-example"});
  add_joint_provider(first, "by-example");
  const auto second = realm.derived("ru-example", {"cn-example"}, {realm.hold(first)});
  auto draft = notice_draft();
  const auto line = realm.hold(second);
  draft.sources = {{line.id, Relation::translates, {}}};
  draft.providers = {"uz-example"};
  const auto m = composed(realm, draft);
  EXPECT_THAT(m.providers, ElementsAre("by-example", "cn-example", "kz-example", "ru-example", "uz-example"));
  EXPECT_THAT(m.facts, ElementsAre(Fact{"joint-provider", "uz-example"}));
  EXPECT_THAT(m.labels,
              ElementsAre(Label{"cn-example", 1, "restricted", "", {}}, Label{"kz-example", 1, "restricted", "", {}},
                          Label{"ru-example", 1, "restricted", "", {}}));
  EXPECT_THAT(m.sources, ElementsAre(SourceLine{line.id, Relation::translates, {}, line.digest}));
}

TEST(Compose, KeepsOneLineForALabelTheSourceAlreadyHas) {
  Realm realm;
  const auto line = realm.hold(realm.notice("cn-example", {"ru-example"}));
  auto draft = notice_draft();
  draft.sources = {{line.id, Relation::quotes, {}}};
  EXPECT_THAT(composed(realm, draft).labels, ElementsAre(Label{"cn-example", 1, "restricted", "", {}}));
}

TEST(Compose, LeavesWhatIsNotKnownToTheDecision) {
  const Realm realm;
  auto draft = notice_draft();
  draft.agreement = "none-1900";
  draft.classification = "purple";
  draft.sources = {{MessageId(), Relation::quotes, {}}};
  const auto m = composed(realm, draft);
  EXPECT_EQ(m.agreement_version, 0u);
  EXPECT_EQ(m.labels.front().classification, "purple");
  EXPECT_EQ(m.sources.front().digest, Digest());
  const auto codes = realm.release(m).codes();
  EXPECT_THAT(codes, ::testing::IsSupersetOf({"E-AGREEMENT-UNKNOWN", "E-LABEL-UNKNOWN", "E-SOURCE-UNPROVEN"}));
}

TEST(Compose, HasNoLabelWhenNoneWasWritten) {
  auto draft = notice_draft();
  draft.classification.clear();
  EXPECT_THAT(composed(Realm(), draft).labels, IsEmpty());
}

TEST(Compose, IsRefusedForWhoIsNotDesignated) {
  const Realm realm;
  const auto m = composed(realm, notice_draft(), "by-example");
  EXPECT_EQ(m.label_policy, Digest());
  EXPECT_EQ(m.labels.front().policy, "by-example");
  EXPECT_FALSE(realm.release(m).allowed());
}

}  // namespace
}  // namespace chancery::core

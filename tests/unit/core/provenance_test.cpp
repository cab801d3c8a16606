#include "daemon/core/provenance.h"

#include <gtest/gtest.h>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

using Ids = std::vector<MessageId>;

class ProvenanceOf : public testing::Test {
 protected:
  [[nodiscard]] Provenance of(const Message& message) const { return provenance(message, realm.lookup()); }
  [[nodiscard]] static Ids ids(const Provenance& p) {
    Ids all;
    for (const auto* source : p.closure) all.push_back(source->id);
    return all;
  }
  Realm realm;
};

TEST_F(ProvenanceOf, IsTheOriginatorAndJointProvidersAlone) {
  auto message = realm.notice("ru-example", {"kz-example"});
  add_joint_provider(message, "cn-example");
  const auto p = of(message);
  EXPECT_EQ(p.providers, (std::set<std::string>{"cn-example", "ru-example"}));
  EXPECT_TRUE(p.closure.empty() && p.inherited.empty() && p.missing.empty() && !p.too_large);
}

TEST_F(ProvenanceOf, HoldsEverySourceOnceNearestFirst) {
  const auto a = realm.hold(realm.notice("cn-example", {"ru-example"}));
  const auto b = realm.hold(realm.derived("kz-example", {"ru-example"}, {a}));
  const auto c = realm.derived("ru-example", {"cn-example"}, {a, b});
  const auto p = of(c);
  EXPECT_EQ(p.closure.size(), 2u);
  EXPECT_EQ(ids(of(realm.derived("ru-example", {"cn-example"}, {b}))), (Ids{b.id, a.id}));
  EXPECT_EQ(p.providers, (std::set<std::string>{"cn-example", "kz-example", "ru-example"}));
  EXPECT_EQ(p.inherited.size(), 2u);
}

TEST_F(ProvenanceOf, SaysWhatIsMissingOrNotAsNamed) {
  const auto a = realm.hold(realm.notice("cn-example", {"ru-example"}));
  const auto b = realm.hold(realm.derived("kz-example", {"ru-example"}, {a}));
  auto message = realm.derived("ru-example", {"cn-example"}, {b});
  realm.held.erase(a.id);
  EXPECT_EQ(of(message).missing, Ids{a.id});
  realm.held.erase(b.id);
  EXPECT_EQ(of(message).missing, Ids{b.id});
  realm.held[b.id] = {b.id, digest_of("other bytes"), message, {}, {}};
  EXPECT_EQ(of(message).mismatched, Ids{b.id});
  EXPECT_TRUE(of(message).closure.empty()) << "what is not as named is not followed";
  EXPECT_EQ(provenance(message, nullptr).missing, Ids{b.id});
}

TEST_F(ProvenanceOf, ComparesTheDigestWithTheIdAsWell) {
  auto line = realm.hold(realm.notice("cn-example", {"ru-example"}));
  auto& source = realm.held.at(line.id);
  source.digest = line.digest = digest_of("other bytes");
  auto message = realm.notice("ru-example", {"kz-example"});
  message.sources = {line};
  EXPECT_EQ(of(message).mismatched, Ids{line.id});
}

TEST_F(ProvenanceOf, EndsAtTheLimits) {
  auto message = realm.notice("ru-example", {"kz-example"});
  for (std::size_t i = 0; i < kMaxClosureStatements; ++i) {
    auto source = realm.notice("cn-example", {"ru-example"});
    source.created = source.created - seconds(static_cast<std::int64_t>(i));
    message.sources.push_back(realm.hold(source));
  }
  EXPECT_FALSE(of(message).too_large);
  auto source = realm.notice("cn-example", {"ru-example"});
  source.created = source.created + seconds(1);
  message.sources.push_back(realm.hold(source));
  EXPECT_TRUE(of(message).too_large);
}

TEST_F(ProvenanceOf, EndsOnACircleNobodyCouldSign) {
  // Ids are digests, so only a lookup that lies can make one.
  auto line = realm.hold(realm.notice("cn-example", {"ru-example"}));
  realm.held.at(line.id).message.sources = {line};
  auto message = realm.notice("ru-example", {"kz-example"});
  message.sources = {line};
  EXPECT_EQ(of(message).closure.size(), 1u);
}

TEST(Audience, IsTheOriginatorAndTheSignedRecipients) {
  EXPECT_EQ(audience(Realm().notice("cn-example", {"kz-example", "ru-example"})),
            (std::set<std::string>{"cn-example", "kz-example", "ru-example"}));
}

TEST(Audience, IncludesThatOfWhatItReissuesOfTheSameOriginatorOnly) {
  const Realm realm;
  const auto first = realm.notice("cn-example", {"kz-example"});
  SourceStatement source{{}, {}, realm.notice("cn-example", {"ru-example"}), audience(first), "cn-example"};
  const std::set<std::string> own = {"cn-example", "ru-example"};
  EXPECT_EQ(audience(source), own) << "it names no message it reissues";
  source.message.facts = {{"reissue-of", to_string(id_of(first))}};
  EXPECT_EQ(reissue_of(source.message), id_of(first));
  EXPECT_EQ(audience(source), (std::set<std::string>{"cn-example", "kz-example", "ru-example"}));
  source.reissued_originator = "ru-example";
  EXPECT_EQ(audience(source), own);
}

}  // namespace
}  // namespace chancery::core

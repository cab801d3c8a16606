// Detached grants: the permission that is used without asking, and carries the key itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/consent.h"
#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

// CN sent RU a restricted notice, and lets RU pass it on to KZ without being asked.
class DetachedTest : public testing::Test {
 protected:
  DetachedTest() {
    original_ = realm.hold(realm.notice("cn-example", {"ru-example"}));
    grant_.id = id_of(realm.notice("cn-example", {"kz-example"}, "open"));
    grant_.provider = "cn-example";
    grant_.holder = "ru-example";
    grant_.terms.original = original_.id;
    grant_.terms.to = {"kz-example"};
    grant_.terms.from = realm.now - minutes(5);
    grant_.terms.until = realm.now + days(1);
    grant_.terms.mode = ConsentMode::detached;
    grant_.wraps = {{"kz-example", key(), digest_of("wrap by cn-example")}};
    realm.consents.grants = {grant_};
  }

  Digest key() const { return realm.peers.at("kz-example").seal_keys.front().id(); }
  static CarriedWrap by_grant() { return {CarriedWrap::From::grant, digest_of("wrap by cn-example")}; }
  Message forward() const { return realm.forward("ru-example", {"kz-example"}, original_); }
  Codes accept(const Message& carrier, const Consents& consents, CarriedWrap wrap = by_grant()) const {
    Arrival arrival{carrier, carrier.originator};
    arrival.id = id_of(carrier);
    arrival.consents = &consents;
    if (carrier.kind == "forward") arrival.wrap = wrap;
    return realm.accept("kz-example", arrival).codes();
  }
  // What KZ says to the honest forward when this one thing is another.
  Codes accepted(const std::function<void(Grant&)>& change, CarriedWrap wrap = by_grant()) const {
    auto consents = realm.consents;
    change(consents.grants.front());
    return accept(forward(), consents, wrap);
  }

  // As a statement, before its wraps are made or with them.
  Message stated(const Grant& grant, std::vector<std::string> to = {"kz-example", "ru-example"}) const {
    auto m = realm.notice("cn-example", std::move(to), "open");
    m.kind = "consent-grant";
    m.directions = {};
    m.threats = {};
    m.facts = facts_of(grant);
    return m;
  }
  Message proposed(const std::function<void(Grant&)>& change = {}) const {
    auto grant = grant_;
    grant.wraps.clear();
    if (change) change(grant);
    return stated(grant);
  }

  Realm realm;
  SourceLine original_;
  Grant grant_;
};

TEST_F(DetachedTest, LetsAForwardGoAndComeInWithoutAPermit) {
  EXPECT_EQ(realm.release(forward()).codes(), Codes{});
  EXPECT_EQ(accept(forward(), realm.consents), Codes{});
}

TEST_F(DetachedTest, LetsADerivedMessageGoWithoutAWrap) {
  const auto carrier = realm.derived("ru-example", {"kz-example"}, {original_});
  EXPECT_EQ(realm.release(carrier).codes(), Codes{});
  EXPECT_EQ(accept(carrier, realm.consents), Codes{});
}

TEST_F(DetachedTest, IsForItsHolderReceiverAndOriginalAlone) {
  EXPECT_THAT(accepted([](Grant& g) { g.holder = "tj-example"; }), testing::Contains("E-CONSENT-SCOPE"));
  EXPECT_THAT(accepted([](Grant& g) { g.terms.to = {"tj-example"}; }), testing::Contains("E-CONSENT-SCOPE"));
  EXPECT_THAT(accepted([](Grant& g) { g.terms.original.value[9] ^= 1; }), testing::Contains("E-CONSENT-REQUIRED"));
  EXPECT_THAT(accepted([](Grant& g) { g.provider = "ru-example"; }), testing::Contains("E-CONSENT-REQUIRED"))
      << "signed by the relay";
  EXPECT_THAT(accepted([](Grant& g) { g.terms.mode = ConsentMode::online; }), testing::Contains("E-PERMIT-REQUIRED"))
      << "an online one is not used without asking";
}

TEST_F(DetachedTest, OpensByTheWrapItNamesForThisReceiverAlone) {
  const Codes foreign = {"E-WRAP-FOREIGN"};
  EXPECT_EQ(accepted([](Grant& g) { g.wraps[0].wrap = digest_of("another wrap"); }), foreign);
  EXPECT_EQ(accepted([](Grant& g) { g.wraps[0].receiver = "tj-example"; }), foreign);
  EXPECT_EQ(accepted([](Grant& g) { g.wraps.clear(); }), foreign);
  EXPECT_EQ(accepted([](Grant&) {}, {CarriedWrap::From::forwarder, digest_of("wrap by cn-example")}), foreign)
      << "made by the holder, or so it says";
  EXPECT_EQ(accepted([](Grant&) {}, {CarriedWrap::From::permit, digest_of("wrap by cn-example")}), foreign);
  EXPECT_EQ(accepted([](Grant&) {}, {CarriedWrap::From::grant, std::nullopt}), foreign);
}

TEST_F(DetachedTest, HoldsFromTheClockMarginBeforeItsBeginningToItsEndByTheReceiversClock) {
  const auto lasting = [&](Duration from, Duration until) {
    return accepted([&](Grant& g) {
      g.terms.from = realm.now + from;
      g.terms.until = realm.now + until;
    });
  };
  const Duration margin = kClockMargin, moment{1}, before{-days(1).ms};
  EXPECT_EQ(lasting(before, moment), Codes{});
  EXPECT_THAT(lasting(before, Duration{0}), testing::Contains("E-CONSENT-EXPIRED")) << "no margin";
  EXPECT_EQ(lasting(margin, days(1)), Codes{}) << "our clock may be behind";
  EXPECT_THAT(lasting({margin.ms + 1}, days(1)), testing::Contains("E-CONSENT-NOT-YET"));
}

TEST_F(DetachedTest, ThatRanOutWhileTheMessageWaitedLetsItInNoMore) {
  auto carrier = forward();
  carrier.created = realm.now - minutes(3);
  auto consents = realm.consents;
  consents.grants[0].terms.until = realm.now - minutes(1);
  EXPECT_THAT(accept(carrier, consents), testing::Contains("E-CONSENT-EXPIRED"));
}

TEST_F(DetachedTest, RevokedStopsWhoKnowsItAndNobodyElse) {
  auto known = realm.consents;
  known.revoked = {grant_.id};
  EXPECT_THAT(accept(forward(), known), testing::Contains("E-CONSENT-REVOKED"));
  auto holder = realm;
  holder.consents = known;
  EXPECT_EQ(holder.release(forward()).codes(), Codes{"E-CONSENT-REVOKED"});
  EXPECT_EQ(accept(forward(), realm.consents), Codes{}) << "the lag: it has not arrived";
}

// Every extent of two parts, granted and forwarded: the wrap opens exactly what was granted.
TEST_F(DetachedTest, ForwardsExactlyItsPartsAndQuotesWithinThem) {
  const std::vector<Extent> extents = {{}, {{0}}, {{1}}, {{0, 1}}};
  for (const auto& granted : extents)
    for (const auto& stated : extents) {
      auto at = realm;
      at.consents.grants[0].terms.extent = granted;
      auto carrier = forward();
      carrier.sources.front().extent = stated;
      EXPECT_EQ(accept(carrier, at.consents).empty(), granted == stated) << granted.text() << " " << stated.text();
      EXPECT_EQ(at.release(carrier).codes(), granted == stated ? Codes{} : Codes{"E-CONSENT-SCOPE"});
      auto line = original_;
      line.extent = stated;
      const auto quoting = realm.derived("ru-example", {"kz-example"}, {line});
      EXPECT_EQ(accept(quoting, at.consents).empty(), granted.contains(stated)) << granted.text() << stated.text();
    }
}

TEST_F(DetachedTest, HasNoPermits) {
  const auto data = realm.book();
  const Directory directory(realm.peers);
  PermitRequest request;
  request.grant = grant_.id;
  request.original = original_.id;
  request.receiver = "kz-example";
  GrantStanding standing;
  standing.grant = &grant_;
  EXPECT_EQ(decide_permit({data, directory, realm.joint_acts, "cn-example", realm.now}, "ru-example", request, standing)
                .codes(),
            Codes{"E-CONSENT-SCOPE"});
  auto consents = realm.consents;
  Permit permit;
  permit.provider = "cn-example";
  permit.grant = grant_.id;
  permit.original = original_.id;
  permit.carrier = to_string(id_of(forward()));
  permit.relation = Relation::forwards;
  permit.holder = "ru-example";
  permit.receiver = "kz-example";
  permit.from = realm.now - seconds(10);
  permit.until = permit.from + kPermitLife;
  consents.permits = {{permit, digest_of("permit")}};
  EXPECT_THAT(accept(forward(), consents), testing::Contains("E-CONSENT-SCOPE"));
}

TEST_F(DetachedTest, GoesBeforeAnOnlineOneWhileItHasUsesLeft) {
  auto online = grant_;
  online.id.value[31] ^= 1;
  online.terms.mode = ConsentMode::online;
  online.wraps.clear();
  Consents both;
  both.grants = {online, grant_};
  const auto lookup = realm.lookup();
  const ConsentNeed need{lookup(original_.id), "cn-example", "kz-example", Relation::forwards, {}};
  const auto chosen = [&] {
    return std::get<const Grant*>(covering_grant(both, need, "ru-example", realm.now))->is_detached();
  };
  EXPECT_TRUE(chosen()) << "it waits for nobody";
  both.spent = {grant_.id};
  EXPECT_FALSE(chosen());
  both.spent.insert(online.id);
  EXPECT_FALSE(chosen()) << "its provider may know of a use that was given back";
}

// A permit for another original of the same provider does not stand in its way, nor it in the permit's.
TEST_F(DetachedTest, StandsBesideAPermitForAnotherOriginal) {
  const auto other = realm.hold(realm.notice("cn-example", {"ru-example"}, "open"));
  auto consents = realm.consents;
  Permit permit;
  permit.provider = "cn-example";
  permit.original = other.id;
  consents.permits = {{permit, digest_of("permit")}};
  EXPECT_EQ(accept(forward(), consents), Codes{});
}

// ---- the grant itself

TEST_F(DetachedTest, IsReadFromWhatItSays) {
  auto two = grant_;
  two.terms.to = {"kz-example", "tj-example"};
  two.wraps.push_back({"tj-example", digest_of("key"), digest_of("another wrap")});
  const auto message = stated(two);
  EXPECT_EQ(Message::parse(message.to_text()).value(), message);
  two.terms_digest = terms_digest(message);
  EXPECT_EQ(std::get<Grant>(read_consent(two.id, message).value()), two);
  EXPECT_EQ(two.wrap_for("tj-example")->wrap, digest_of("another wrap"));
  EXPECT_EQ(two.wrap_for("ru-example"), nullptr);

  const auto malformed = [&](const std::function<void(Grant&)>& change) {
    auto other = two;
    change(other);
    return !read_consent({}, stated(other)).has_value();
  };
  EXPECT_TRUE(malformed([](Grant& g) { g.terms.to = {"kz-example"}; })) << "a wrap for who is not named";
  EXPECT_TRUE(malformed([](Grant& g) { g.wraps[1].receiver = "kz-example"; })) << "two for one";
  EXPECT_TRUE(malformed([](Grant& g) { g.terms.mode = ConsentMode::online; }));
  for (const auto* text : {"", "kz-example", "kz-example sha256:00 sha256:00", "Kz-example"})
    EXPECT_FALSE(GrantWrap::parse(text).has_value()) << text;
}

TEST_F(DetachedTest, BindsItsWrapsToEverythingItSaysButThemselves) {
  const auto message = proposed();
  const auto digest = terms_digest(message);
  EXPECT_EQ(terms_digest(stated(grant_)), digest) << "the wraps are made after it";
  const auto differs = [&](const std::function<void(Grant&)>& change) {
    return terms_digest(proposed(change)) != digest;
  };
  EXPECT_TRUE(differs([](Grant& g) { g.holder = "tj-example"; }));
  EXPECT_TRUE(differs([](Grant& g) { g.terms.until = g.terms.until + Duration{1}; }));
  EXPECT_TRUE(differs([](Grant& g) { g.terms.uses = 2; }));
  EXPECT_TRUE(differs([](Grant& g) { g.terms.extent.parts = {0}; }));
  EXPECT_TRUE(differs([](Grant& g) { g.onward = Onward::never; }));
  auto later = message;
  later.created = later.created + Duration{1};
  EXPECT_NE(terms_digest(later), digest);
}

TEST_F(DetachedTest, IsSignedByItsProviderAndTakenInWithAWrapForEach) {
  EXPECT_EQ(realm.release(proposed()).codes(), Codes{}) << "the sealing act makes the wraps";
  const auto message = stated(grant_);
  EXPECT_EQ(realm.accept("ru-example", message).codes(), Codes{});
  EXPECT_EQ(realm.accept("kz-example", message).codes(), Codes{});
  EXPECT_EQ(realm.accept("ru-example", proposed()).codes(), Codes{"E-CONSENT-TERMS"}) << "it carries no key";
  auto request = stated(grant_, {"cn-example"});
  request.originator = "ru-example";
  request.kind = "consent-request";
  request.labels = {{"ru-example", 1, "open", "", {}}};
  request.label_policy = digest_of("label policy ru-example/1");
  request.providers = {"ru-example"};
  request.facts = facts_of(ConsentRequest{grant_.terms});
  EXPECT_EQ(realm.release(request).codes(), Codes{}) << "a request may ask for it";
  EXPECT_EQ(realm.accept("cn-example", request).codes(), Codes{});
}

TEST_F(DetachedTest, OfAJointProviderWhoDidNotWriteTheOriginalCarriesNoKey) {
  realm.peers.emplace("tj-example", realm.peers.at("kz-example"));
  realm.peers.at("tj-example").history[0].authority = "tj-example";
  auto joint = realm.notice("kz-example", {"cn-example", "ru-example"});
  add_joint_provider(joint, "cn-example");
  auto grant = grant_;
  grant.terms.original = realm.hold(joint).id;
  grant.terms.to = {"tj-example"};
  grant.wraps.clear();
  EXPECT_EQ(realm.accept("ru-example", stated(grant, {"ru-example", "tj-example"})).codes(), Codes{});
  grant.wraps = {{"tj-example", key(), digest_of("wrap by cn-example")}};
  EXPECT_EQ(realm.accept("ru-example", stated(grant, {"ru-example", "tj-example"})).codes(), Codes{"E-CONSENT-TERMS"})
      << "only its originator makes wraps";
}

TEST_F(DetachedTest, EndsNoLaterThanTheKeysItIsMadeFor) {
  const auto ends_with = [&](Duration after, const std::function<std::vector<std::string>(const Realm&)>& asked) {
    auto at = realm;
    at.peers.at("kz-example").seal_keys.front().to = grant_.terms.until + after;
    return asked(at);
  };
  const auto release = [&](const Realm& at) { return at.release(proposed()).codes(); };
  const auto take_in = [&](const Realm& at) { return at.accept("ru-example", stated(grant_)).codes(); };
  const auto forwarded = [&](const Realm& at) {
    const auto carrier = forward();
    Arrival arrival{carrier, "ru-example"};
    arrival.id = id_of(carrier);
    arrival.consents = &at.consents;
    arrival.wrap = by_grant();
    return at.accept("kz-example", arrival).codes();
  };
  for (const auto& asked : {std::function<Codes(const Realm&)>(release), {take_in}, {forwarded}}) {
    EXPECT_EQ(ends_with(Duration{0}, asked), Codes{});
    EXPECT_EQ(ends_with(Duration{-1}, asked), Codes{"E-CONSENT-KEY-END"});
  }
}

}  // namespace
}  // namespace chancery::core

#include "daemon/core/consent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/kind.h"
#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

// CN sends RU a restricted notice. RU passes it on to KZ, whom CN did not write to, under CN's grant and permit.
class ConsentTest : public testing::Test {
 protected:
  ConsentTest() {
    original_ = realm.hold(realm.notice("cn-example", {"ru-example"}));
    grant_ = {id_of(realm.notice("cn-example", {"kz-example"}, "open")), "cn-example", "ru-example", terms(),
              Onward::ask};
    realm.consents.grants = {grant_};
  }

  ConsentTerms terms() const {
    ConsentTerms out;
    out.original = original_.id;
    out.to = {"kz-example"};
    out.from = realm.now - minutes(5);
    out.until = realm.now + days(1);
    return out;
  }

  // Whose wrap is the one the permit names.
  Message forward() const { return realm.forward("ru-example", {"kz-example"}, original_); }

  Permit permit(const Message& carrier) const {
    Permit out;
    out.provider = "cn-example";
    out.grant = grant_.id;
    out.original = original_.id;
    out.carrier = to_string(id_of(carrier));
    out.relation = Relation::forwards;
    out.holder = "ru-example";
    out.receiver = "kz-example";
    out.from = realm.now - seconds(10);
    out.until = out.from + kPermitLife;
    out.wrap = digest_of("wrap by cn-example");
    out.salt = Bytes(32, 7);
    return out;
  }

  static CarriedWrap by_permit() { return {CarriedWrap::From::permit, digest_of("wrap by cn-example")}; }

  Decision accept(const Message& carrier, const Consents& consents, CarriedWrap wrap = by_permit()) const {
    Arrival arrival{carrier, carrier.originator};
    arrival.id = id_of(carrier);
    arrival.consents = &consents;
    arrival.wrap = wrap;
    return realm.accept("kz-example", arrival);
  }

  Consents with(std::vector<Permit> permits) const {
    auto consents = realm.consents;
    for (auto& one : permits) consents.permits.push_back({one, statement_digest(one.to_text())});
    return consents;
  }

  Realm realm;
  SourceLine original_;
  Grant grant_;
};

TEST_F(ConsentTest, LetsAForwardGoWithGrantAndPermit) {
  const auto carrier = forward();
  EXPECT_EQ(realm.release(carrier).codes(), Codes{});
  EXPECT_EQ(accept(carrier, with({permit(carrier)})).codes(), Codes{});
}

TEST_F(ConsentTest, LetsADerivedMessageGoWithAPermitThatNamesNoWrap) {
  const auto carrier = realm.derived("ru-example", {"kz-example"}, {original_});
  auto one = permit(carrier);
  one.relation = Relation::quotes;
  one.wrap.reset();
  EXPECT_EQ(realm.release(carrier).codes(), Codes{});
  Arrival arrival{carrier, "ru-example"};
  arrival.id = id_of(carrier);
  const auto consents = with({one});
  arrival.consents = &consents;
  EXPECT_EQ(realm.accept("kz-example", arrival).codes(), Codes{});
  arrival.id = original_.id;
  EXPECT_EQ(realm.accept("kz-example", arrival).codes(), Codes{"E-PERMIT-MISMATCH"});
}

TEST_F(ConsentTest, AtReleaseIsTheGrantThatCoversTheStep) {
  const auto carrier = forward();
  const auto released = [&](auto change) {
    auto changed = realm;
    change(changed.consents);
    return changed.release(carrier).codes();
  };
  EXPECT_EQ(released([](Consents& c) { c.grants.clear(); }), Codes{"E-CONSENT-REQUIRED"});
  EXPECT_EQ(released([](Consents& c) { c.grants[0].provider = "ru-example"; }), Codes{"E-CONSENT-REQUIRED"})
      << "signed by the relay";
  EXPECT_EQ(released([](Consents& c) { c.grants[0].terms.original = {}; }), Codes{"E-CONSENT-REQUIRED"});
  EXPECT_EQ(released([](Consents& c) { c.grants[0].holder = "kz-example"; }), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(released([](Consents& c) { c.grants[0].terms.to = {"tj-example"}; }), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(released([](Consents& c) { c.grants[0].terms.verb = Verb::disclose; }), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(released([](Consents& c) { c.grants[0].terms.extent.parts = {0}; }), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(released([&](Consents& c) { c.grants[0].terms.until = realm.now - seconds(1); }),
            Codes{"E-CONSENT-EXPIRED"});
  EXPECT_EQ(released([&](Consents& c) { c.grants[0].terms.from = realm.now + seconds(1); }),
            Codes{"E-CONSENT-NOT-YET"});
  EXPECT_EQ(released([&](Consents& c) { c.revoked = {grant_.id}; }), Codes{"E-CONSENT-REVOKED"});
  EXPECT_EQ(released([&](Consents& c) {
              c.grants.push_back(c.grants[0]);
              c.grants[1].id.value[31] ^= 1;
              c.revoked = {grant_.id};
            }),
            Codes{})
      << "another grant still holds";
  auto both = realm.consents;
  both.grants.push_back(grant_);
  both.grants[1].id.value[31] ^= 1;
  both.spent = {grant_.id};
  const auto lookup = realm.lookup();
  const ConsentNeed need{lookup(original_.id), "cn-example", "kz-example", Relation::forwards, {}};
  const auto chosen = [&] { return std::get<const Grant*>(covering_grant(both, need, "ru-example", realm.now)); };
  EXPECT_EQ(chosen(), &both.grants[1]) << "one that is not spent goes before";
  both.spent.insert(both.grants[1].id);
  EXPECT_NE(chosen(), nullptr) << "the provider knows whether a use was given back";
}

// Every extent of a message of two parts, three times over: granted, stated by the carrier, named by the permit.
TEST_F(ConsentTest, LetsPartsGoExactlyWhereTheGrantHasThemAllAndThePermitIsForThem) {
  using Parts = std::set<std::uint32_t>;
  const std::vector<Extent> extents = {{}, {{0}}, {{1}}, {{0, 1}}};
  const auto every = [](const Extent& e) {
    return e.is_all() ? Parts{0, 1, 99} : Parts(e.parts.begin(), e.parts.end());
  };
  for (const auto& granted : extents)
    for (const auto& stated : extents)
      for (const auto& permitted : extents) {
        auto carrier = forward();
        carrier.sources.front().extent = stated;
        auto one = permit(carrier);
        one.extent = permitted;
        auto consents = with({one});
        consents.grants[0].terms.extent = granted;
        const auto has = every(granted), needs = every(stated);
        const bool within = std::includes(has.begin(), has.end(), needs.begin(), needs.end());
        EXPECT_EQ(accept(carrier, consents).allowed(), within && stated == permitted)
            << granted.text() << " " << stated.text() << " " << permitted.text();
        EXPECT_EQ(granted.contains(stated), within) << granted.text() << " " << stated.text();
        auto at_release = realm;
        at_release.consents = consents;
        EXPECT_EQ(at_release.release(carrier).codes(), within ? Codes{} : Codes{"E-CONSENT-SCOPE"});
      }
}

// ---- the consent matrix of protocol section 8: what a patched holder may try, and what KZ's daemon says to it

struct Attempt {
  const char* name;
  const char* code;
  std::function<void(const ConsentTest&, Realm&, Message& carrier, Consents&, CarriedWrap&)> change;
};

class ConsentMatrix : public ConsentTest, public testing::WithParamInterface<Attempt> {
 public:
  using ConsentTest::grant_;
  using ConsentTest::original_;
};

Permit& shown(Consents& consents) { return consents.permits.front().permit; }
const ConsentMatrix& matrix(const ConsentTest& test) { return dynamic_cast<const ConsentMatrix&>(test); }

const Attempt kAttempts[] = {
    {"NoGrant", "E-CONSENT-REQUIRED",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) {
       c.grants.clear();
       c.permits.clear();
     }},
    {"NoPermit", "E-PERMIT-REQUIRED",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { c.permits.clear(); }},
    {"PermitOfAnotherCarrier", "E-PERMIT-MISMATCH",
     [](const ConsentTest& t, Realm&, Message&, Consents& c, CarriedWrap&) {
       shown(c).carrier = to_string(matrix(t).original_.id);
     }},
    {"PermitForAnotherMessage", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { shown(c).original.value[9] ^= 1; }},
    {"PermitForAnotherReceiver", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { shown(c).receiver = "tj-example"; }},
    {"PermitForAnotherHolder", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { shown(c).holder = "tj-example"; }},
    {"PermitForAnotherVerb", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { shown(c).verb = Verb::disclose; }},
    {"PermitForAnotherRelation", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { shown(c).relation = Relation::quotes; }},
    {"PermitForAPartOnly", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { shown(c).extent.parts = {0}; }},
    {"MorePartsThanPermitted", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message& m, Consents& c, CarriedWrap&) {
       m.sources.front().extent.parts = {0, 1};
       shown(c).carrier = to_string(id_of(m));
       shown(c).extent.parts = {0};
     }},
    {"OtherPartsThanGranted", "E-CONSENT-SCOPE",
     [](const ConsentTest&, Realm&, Message& m, Consents& c, CarriedWrap&) {
       m.sources.front().extent.parts = {1};
       shown(c).carrier = to_string(id_of(m));
       shown(c).extent.parts = {1};
       c.grants[0].terms.extent.parts = {0};
     }},
    {"PermitThatLivesTooLong", "E-PERMIT-MISMATCH",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) {
       shown(c).until = shown(c).until + days(1);
     }},
    {"PermitExpired", "E-PERMIT-EXPIRED",
     [](const ConsentTest&, Realm& r, Message&, Consents& c, CarriedWrap&) {
       shown(c).from = r.now - kPermitLife;
       shown(c).until = shown(c).from + kPermitLife;
       c.grants[0].terms.from = r.now - days(1);
     }},
    {"PermitNotYetValid", "E-PERMIT-EXPIRED",
     [](const ConsentTest&, Realm& r, Message&, Consents& c, CarriedWrap&) {
       shown(c).from = r.now + kClockMargin + seconds(1);
       shown(c).until = shown(c).from + kPermitLife;
     }},
    {"PermitUnderNoKnownGrant", "E-CONSENT-REQUIRED",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { shown(c).grant.value[9] ^= 1; }},
    {"GrantForAnotherReceiver", "E-CONSENT-SCOPE",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { c.grants[0].terms.to = {"tj-example"}; }},
    {"GrantForAnotherHolder", "E-CONSENT-SCOPE",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { c.grants[0].holder = "tj-example"; }},
    {"GrantOfAnotherProvider", "E-CONSENT-REQUIRED",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { c.grants[0].provider = "tj-example"; }},
    {"GrantExpiredBeforeThePermitWasMade", "E-CONSENT-EXPIRED",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) { c.grants[0].terms.until = shown(c).from; }},
    {"GrantNotYetValidWhenThePermitWasMade", "E-CONSENT-NOT-YET",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) {
       c.grants[0].terms.from = shown(c).from + seconds(1);
     }},
    {"GrantRevoked", "E-CONSENT-REVOKED",
     [](const ConsentTest& t, Realm&, Message&, Consents& c, CarriedWrap&) { c.revoked = {matrix(t).grant_.id}; }},
    {"GrantSignedByAColleague", "E-CONSENT-REQUIRED",
     [](const ConsentTest&, Realm&, Message&, Consents& c, CarriedWrap&) {
       c.grants[0].provider = "kz-example";
       shown(c).provider = "kz-example";
     }},
    {"WrapMadeByTheHolder", "E-WRAP-FOREIGN",
     [](const ConsentTest&, Realm&, Message&, Consents&, CarriedWrap& w) {
       w = {CarriedWrap::From::forwarder, digest_of("wrap by ru-example")};
     }},
    {"WrapOfAnotherPermit", "E-WRAP-FOREIGN",
     [](const ConsentTest&, Realm&, Message&, Consents&, CarriedWrap& w) { w.digest = digest_of("another wrap"); }},
};

TEST_P(ConsentMatrix, IsRefusedWithItsCode) {
  auto carrier = forward();
  auto consents = with({permit(carrier)});
  auto wrap = by_permit();
  GetParam().change(*this, realm, carrier, consents, wrap);
  const auto decision = accept(carrier, consents, wrap);
  EXPECT_EQ(decision.verdict(), Verdict::refuse);
  EXPECT_THAT(decision.codes(), testing::Contains(GetParam().code)) << carrier.to_text();
}

INSTANTIATE_TEST_SUITE_P(EveryAttempt, ConsentMatrix, testing::ValuesIn(kAttempts),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(ConsentTest, HoldsAPermitFromTheClockMarginBeforeItsLifeToItsEnd) {
  const auto carrier = forward();
  const auto at = [&](Duration after) {
    auto consents = with({permit(carrier)});
    shown(consents).from = realm.now - after;
    shown(consents).until = shown(consents).from + kPermitLife;
    consents.grants[0].terms.from = realm.now - days(1);
    return accept(carrier, consents).codes();
  };
  EXPECT_EQ(at({kPermitLife.ms - 1}), Codes{});
  EXPECT_EQ(at(kPermitLife), Codes{"E-PERMIT-EXPIRED"});
  EXPECT_EQ(at({-kClockMargin.ms}), Codes{}) << "our clock may be behind";
  EXPECT_EQ(at({-kClockMargin.ms - 1}), Codes{"E-PERMIT-EXPIRED"});
}

// ---- the provider

TEST_F(ConsentTest, GivesAPermitOnlyForWhatTheGrantSaysAtThisMoment) {
  const auto data = realm.book();
  const Directory directory(realm.peers);
  const auto asked = [&](auto change) {
    auto grant = grant_;
    PermitRequest request{grant.id, original_.id, original_.id, Relation::forwards, "kz-example", Verb::transfer, {}};
    GrantStanding standing{&grant, false, 0, false, true, true};
    std::string holder = "ru-example";
    change(grant, request, standing, holder);
    return decide_permit({data, directory, realm.joint_acts, "cn-example", realm.now}, holder, request, standing)
        .codes();
  };
  EXPECT_EQ(asked([](auto&, auto&, auto&, auto&) {}), Codes{});
  EXPECT_EQ(asked([](auto&, auto&, auto& s, auto&) { s.grant = nullptr; }), Codes{"E-CONSENT-REQUIRED"});
  EXPECT_EQ(asked([](auto& g, auto&, auto&, auto&) { g.provider = "ru-example"; }), Codes{"E-CONSENT-REQUIRED"});
  EXPECT_EQ(asked([](auto&, auto& r, auto&, auto&) { r.original = {}; }), Codes{"E-CONSENT-REQUIRED"});
  EXPECT_EQ(asked([](auto&, auto&, auto&, auto& h) { h = "kz-example"; }), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(asked([](auto&, auto& r, auto&, auto&) { r.receiver = "tj-example"; }), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(asked([](auto&, auto& r, auto&, auto&) { r.verb = Verb::disclose; }), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(asked([](auto& g, auto&, auto&, auto&) { g.terms.extent.parts = {1}; }), Codes{"E-CONSENT-SCOPE"});
  const auto part = [&](Relation relation) {
    return asked([relation](auto& g, auto& r, auto&, auto&) {
      g.terms.extent.parts = {0, 1};
      r.extent.parts = {1};
      r.relation = relation;
    });
  };
  EXPECT_EQ(part(Relation::quotes), Codes{});
  EXPECT_EQ(part(Relation::forwards), Codes{}) << "by the keys of these parts alone";
  const auto of_two_parts = [&](std::uint32_t number) {
    return asked([number](auto&, auto& r, auto& s, auto&) {
      s.parts = 2;
      r.extent.parts = {number};
    });
  };
  EXPECT_EQ(of_two_parts(1), Codes{});
  EXPECT_EQ(of_two_parts(2), Codes{"E-SOURCE-MISMATCH"});
  EXPECT_EQ(asked([&](auto& g, auto&, auto&, auto&) { g.terms.until = realm.now; }), Codes{"E-CONSENT-EXPIRED"});
  EXPECT_EQ(asked([&](auto& g, auto&, auto&, auto&) { g.terms.from = realm.now + seconds(1); }),
            Codes{"E-CONSENT-NOT-YET"});
  EXPECT_EQ(asked([](auto&, auto&, auto& s, auto&) { s.revoked = true; }), Codes{"E-CONSENT-REVOKED"});
  EXPECT_EQ(asked([](auto&, auto&, auto& s, auto&) { s.before_restore = true; }), Codes{"E-CONSENT-RESTORED"});
  EXPECT_EQ(asked([](auto&, auto&, auto& s, auto&) { s.used = 1; }), Codes{"E-CONSENT-USED-UP"});
  EXPECT_EQ(asked([](auto&, auto&, auto& s, auto&) {
              s.used = 1;
              s.used_by_this = true;
            }),
            Codes{})
      << "the same use asked again";
  EXPECT_EQ(asked([](auto&, auto&, auto& s, auto&) { s.key_held = false; }), Codes{"E-NO-LONGER-HELD"});
  EXPECT_EQ(asked([](auto&, auto&, auto& s, auto&) { s.receiver_key = false; }), Codes{"E-RECIPIENT-KEY-MISSING"});
  EXPECT_EQ(asked([](auto&, auto& r, auto& s, auto&) {
              r.receiver = "tj-example";
              s.key_held = s.receiver_key = false;
            }),
            Codes{"E-CONSENT-SCOPE"})
      << "of keys nobody hears who may not have it";
}

// ---- statements of consent

class ConsentStatements : public ConsentTest {
 protected:
  Message said(const std::string& kind, const std::string& from, std::vector<std::string> to,
               const ConsentStatement& statement) const {
    auto m = realm.notice(from, std::move(to), "open");
    m.kind = kind;
    m.directions = {};
    m.threats = {};
    m.facts = facts_of(statement);
    return m;
  }
  Message granted(const ConsentTerms& what, std::vector<std::string> to = {"kz-example", "ru-example"}) const {
    return said("consent-grant", "cn-example", std::move(to), Grant{{}, "cn-example", "ru-example", what, Onward::ask});
  }
};

TEST_F(ConsentStatements, SayInFactsWhatIsReadFromThem) {
  const Message none;
  const auto carrier = forward();
  const std::pair<const char*, ConsentStatement> all[] = {
      {"consent-request", ConsentRequest{terms()}},
      {"consent-grant", Grant{original_.id, "cn-example", "ru-example", terms(), Onward::never}},
      {"consent-grant", Grant{original_.id, "cn-example", "ru-example", terms(), Onward::ask, digest_of("scan")}},
      {"consent-refusal", ConsentRefusal{original_.id, grant_.id}},
      {"consent-revocation", Revocation{grant_.id, realm.now}},
      {"disclosure", Disclosure{original_.id, "public:press", {{0, 2}}}},
      {"consent-compliance", Compliance{grant_.id, id_of(carrier), CopyState::erased, realm.now}},
      {"consent-compliance", Compliance{grant_.id, id_of(carrier), CopyState::retained, realm.now, "archives-act/17"}},
      {"recall", Recall{id_of(carrier), grant_.id}},
      {"spill-notice", SpillNotice{original_.id, realm.now}},
      {"spill-receipt", SpillReceipt{original_.id, CopyState::erased, realm.now}},
      {"transfer-report", TransferReport{original_.id,
                                         id_of(carrier),
                                         "ru-example",
                                         grant_.id,
                                         digest_of("permit"),
                                         {},
                                         digest_of("entry"),
                                         ReasonCode::consent_revoked}},
      {"transfer-report", TransferReport{original_.id,
                                         id_of(carrier),
                                         "ru-example",
                                         std::nullopt,
                                         std::nullopt,
                                         {{0, 2}},
                                         digest_of("entry"),
                                         std::nullopt}},
  };
  for (const auto& [kind, statement] : all) {
    const auto message = said(kind, "cn-example", {"ru-example"}, statement);
    EXPECT_EQ(Message::parse(message.to_text()).value(), message) << kind;
    EXPECT_EQ(read_consent(original_.id, message).value(), statement) << kind;
    for (const auto& fact : message.facts) {
      auto without = message;
      std::erase(without.facts, fact);
      const bool optional = fact.name == "grant" || fact.name == "permit" || fact.name == "refused";
      if (fact.name == "paper" || (std::string(kind) == "transfer-report" && optional)) continue;
      EXPECT_FALSE(read_consent({}, without).has_value()) << kind << " without " << fact.name;
    }
  }
}

TEST_F(ConsentStatements, OfAKeptCopySayUnderWhichGroundAndOthersSayNone) {
  auto kept = said("consent-compliance", "kz-example", {"cn-example"},
                   Compliance{grant_.id, original_.id, CopyState::retained, realm.now, "archives-act/17"});
  for (auto& fact : kept.facts)
    if (fact.name == "state") fact.value = "erased";
  EXPECT_FALSE(read_consent({}, kept).has_value());
  for (const auto* ground : {"", "Archives", "archives act", "архив", "a_b"}) EXPECT_FALSE(is_ground(ground)) << ground;
  EXPECT_FALSE(is_ground(std::string(65, 'a')));
  EXPECT_TRUE(is_ground(std::string(64, 'a')));
  const auto spill =
      said("spill-receipt", "kz-example", {"cn-example"}, SpillReceipt{original_.id, CopyState::retained, realm.now});
  EXPECT_FALSE(read_consent({}, spill).has_value()) << "nothing keeps a spill";
}

TEST_F(ConsentStatements, OfARecallAreOfItsOwnMessageToWhomItWentByADecisionThatEndsIt) {
  const auto made = realm.hold(realm.derived("ru-example", {"kz-example"}, {original_}));
  const auto by = [&](const std::string& kind, const std::string& from, const ConsentStatement& statement) {
    return realm.hold(said(kind, from, {from == "cn-example" ? "ru-example" : "cn-example"}, statement)).id;
  };
  const auto recalled = [&](const MessageId& decision, const std::string& from = "ru-example") {
    return said("recall", from, {"kz-example"}, Recall{made.id, decision});
  };
  const auto accepted = [&](const Message& recall) { return realm.accept("kz-example", recall).codes(); };
  const auto revocation = by("consent-revocation", "cn-example", Revocation{grant_.id, realm.now});
  const auto notice = by("spill-notice", "cn-example", SpillNotice{original_.id, realm.now});
  const auto found = by("spill-notice", "ru-example", SpillNotice{original_.id, realm.now});
  for (const auto& decision : {revocation, notice, found}) {
    EXPECT_EQ(realm.release(recalled(decision)).codes(), Codes{});
    EXPECT_EQ(accepted(recalled(decision)), Codes{});
  }
  const auto other = realm.hold(realm.notice("cn-example", {"ru-example"}, "open")).id;
  for (const auto& decision : {by("consent-revocation", "ru-example", Revocation{grant_.id, realm.now}),
                               by("spill-notice", "cn-example", SpillNotice{other, realm.now}),
                               by("spill-notice", "kz-example", SpillNotice{original_.id, realm.now}), other})
    EXPECT_EQ(accepted(recalled(decision)), Codes{"E-CONSENT-TERMS"}) << "nobody's decision about what it is made of";
  const auto unknown = said("recall", "ru-example", {"kz-example"}, Recall{grant_.id, other});
  EXPECT_EQ(accepted(unknown), Codes{"E-CONSENT-TERMS"}) << "no decision, whatever the copy";
  EXPECT_EQ(accepted(recalled(grant_.id)), Codes{"E-SOURCE-UNPROVEN"}) << "nothing is shown";
  EXPECT_EQ(accepted(recalled(notice, "cn-example")), Codes{"E-CONSENT-TERMS"})
      << "another's message is not its to take back";
  auto astray = recalled(notice);
  astray.recipients = {"cn-example"};
  EXPECT_EQ(realm.release(astray).codes(), Codes{"E-CONSENT-TERMS"}) << "it never went there";
}

TEST_F(ConsentStatements, OfASpillComeFromAndGoToThoseWhoHaveItByRight) {
  const SpillNotice notice{original_.id, realm.now};
  EXPECT_EQ(realm.release(said("spill-notice", "cn-example", {"ru-example"}, notice)).codes(), Codes{});
  EXPECT_EQ(realm.accept("cn-example", said("spill-notice", "ru-example", {"cn-example"}, notice)).codes(), Codes{})
      << "whoever of them finds it";
  EXPECT_EQ(realm.accept("ru-example", said("spill-notice", "kz-example", {"ru-example"}, notice)).codes(),
            Codes{"E-CONSENT-TERMS"})
      << "kz-example was not written to";
  EXPECT_EQ(realm.release(said("spill-notice", "cn-example", {"kz-example", "ru-example"}, notice)).codes(),
            Codes{"E-CONSENT-TERMS"})
      << "nobody else need know of it";
  EXPECT_EQ(
      realm.release(said("spill-notice", "cn-example", {"ru-example"}, SpillNotice{grant_.id, realm.now})).codes(),
      Codes{"E-CONSENT-TERMS"})
      << "of what it does not hold";
}

// What is called a spill is kept from whoever has it not yet: nobody keeps a revocation from anybody that way.
TEST_F(ConsentStatements, OfASpillNameNothingThatEndsOrAgreesOnSomething) {
  const std::set<std::string_view> kept = {"consent-revocation", "consent-compliance", "transfer-report", "recall",
                                           "spill-notice",       "spill-receipt",      "proposal",        "counter",
                                           "acceptance",         "objection"};
  for (const auto& kind : message_kinds()) {
    auto message = realm.notice("cn-example", {"ru-example"}, "open");
    message.kind = kind.name;
    const SpillNotice notice{realm.hold(message).id, realm.now};
    const auto expected = kept.contains(kind.name) ? Codes{"E-CONSENT-TERMS"} : Codes{};
    EXPECT_EQ(realm.release(said("spill-notice", "cn-example", {"ru-example"}, notice)).codes(), expected) << kind.name;
    EXPECT_EQ(realm.accept("cn-example", said("spill-notice", "ru-example", {"cn-example"}, notice)).codes(), expected)
        << kind.name;
  }
}

TEST_F(ConsentStatements, OfASpillReachWhoWroteIt) {
  const auto notice = [](const SourceLine& line, std::vector<std::string> told) {
    return std::pair(SpillNotice{line.id, {}}, std::move(told));
  };
  const auto both = realm.hold(realm.notice("cn-example", {"kz-example", "ru-example"}));
  for (const auto& [told, codes] : {std::pair(std::vector<std::string>{"cn-example", "kz-example"}, Codes{}),
                                    {{"kz-example"}, Codes{"E-CONSENT-TERMS"}}}) {
    const auto [said_of_it, to] = notice(both, told);
    const auto message = said("spill-notice", "ru-example", to, said_of_it);
    EXPECT_EQ(realm.release(message).codes(), codes);
    EXPECT_EQ(realm.accept("kz-example", message).codes(), codes);
  }
}

TEST_F(ConsentStatements, AreTakenInWhereTheirTermsHoldTogether) {
  const auto grant = granted(terms());
  EXPECT_EQ(realm.release(grant).codes(), Codes{});
  EXPECT_EQ(realm.accept("ru-example", grant).codes(), Codes{});
  EXPECT_EQ(realm.accept("kz-example", grant).codes(), Codes{});
  EXPECT_EQ(realm.release(said("consent-request", "ru-example", {"cn-example"}, ConsentRequest{terms()})).codes(),
            Codes{});
}

// Barred is the step after it, for who holds it by that grant alone, at both ends.
TEST_F(ConsentStatements, AskForNothingThatTheProviderBarredBefore) {
  auto what = terms();
  what.to = {"ru-example"};
  const auto request = said("consent-request", "kz-example", {"cn-example"}, ConsentRequest{what});
  EXPECT_EQ(realm.release(request).codes(), Codes{});
  EXPECT_EQ(realm.accept("cn-example", request).codes(), Codes{});
  realm.consents.grants.front().onward = Onward::never;
  EXPECT_EQ(realm.release(request).codes(), Codes{"E-CONSENT-ONWARD"});
  EXPECT_EQ(realm.accept("cn-example", request).codes(), Codes{"E-CONSENT-ONWARD"});
  EXPECT_EQ(realm.release(said("consent-request", "ru-example", {"cn-example"}, ConsentRequest{terms()})).codes(),
            Codes{})
      << "its holder was addressed";
  auto both = realm.consents.grants.front();
  both.id.value[31] ^= 1;
  both.onward = Onward::ask;
  realm.consents.grants.push_back(both);
  EXPECT_EQ(realm.release(request).codes(), Codes{}) << "it came by another grant, too";
  realm.consents.revoked = {both.id};
  EXPECT_EQ(realm.release(request).codes(), Codes{"E-CONSENT-ONWARD"});
}

TEST_F(ConsentStatements, AreRefusedWhereTheyDoNot) {
  const auto refused = [&](const Message& message) {
    const auto decision = realm.release(message);
    std::vector<std::string> subjects;
    for (const auto& reason : decision.reasons())
      subjects.push_back(std::string(to_string(reason.code)) + " " + reason.subject);
    return subjects;
  };
  using Subjects = std::vector<std::string>;
  auto what = terms();
  what.verb = Verb::disclose;
  EXPECT_EQ(refused(granted(what)), Subjects{"E-CONSENT-TERMS to"})
      << "what is made public has no authority for receiver";
  what = terms();
  what.mode = ConsentMode::detached;
  what.verb = Verb::disclose;
  what.to = {"public:press"};
  EXPECT_EQ(refused(granted(what, {"ru-example"})), Subjects{"E-CONSENT-TERMS mode"})
      << "what is made public takes the permit of that moment";
  what = terms();
  what.until = realm.now - seconds(2);
  EXPECT_EQ(refused(granted(what)), Subjects{"E-CONSENT-TERMS until"});
  what = terms();
  what.to = {"kz-example", "ru-example"};
  EXPECT_EQ(refused(granted(what)), Subjects{"E-CONSENT-TERMS to"}) << "the holder has it";
  what = terms();
  what.extent.parts = {99};
  EXPECT_EQ(refused(granted(what)), Subjects{"E-CONSENT-TERMS extent"});
  what = terms();
  what.original = grant_.id;
  EXPECT_EQ(refused(granted(what)), Subjects{"E-CONSENT-TERMS original"}) << "nobody grants what he does not hold";
  EXPECT_EQ(refused(granted(terms(), {"ru-example"})), Subjects{"E-CONSENT-TERMS recipients"})
      << "who receives has to check it";
  auto relay = granted(terms());
  relay.originator = "ru-example";
  relay.recipients = {"cn-example", "kz-example"};
  relay.labels = {{"ru-example", 1, "open", "", {}}};
  relay.label_policy = digest_of("label policy ru-example/1");
  relay.providers = {"ru-example"};
  EXPECT_THAT(refused(relay), testing::Contains("E-CONSENT-TERMS provider")) << "not its to permit";
  auto other = granted(terms());
  other.agreement = "cn-ru-2015";
  other.recipients = {"ru-example"};
  EXPECT_THAT(refused(other), testing::Contains("E-CONSENT-TERMS agreement"));
}

// RU makes public what CN wrote to it: with CN's grant for this verb and place, at RU; CN hears of it.
class DisclosureTest : public ConsentStatements {
 protected:
  DisclosureTest() {
    auto& grant = realm.consents.grants.front();
    grant.terms.verb = Verb::disclose;
    grant.terms.to = {"public:press"};
  }
  Message disclosure(const std::string& to = "public:press", std::vector<std::string> told = {"cn-example"}) const {
    return said("disclosure", "ru-example", std::move(told), Disclosure{original_.id, to, {}});
  }
  Codes released(const Message& message) const { return realm.release(message).codes(); }
};

TEST_F(DisclosureTest, NeedsThePermissionOfEveryProviderForThisPlace) {
  EXPECT_EQ(released(disclosure()), Codes{});
  EXPECT_EQ(realm.accept("cn-example", disclosure()).codes(), Codes{});
  EXPECT_EQ(released(disclosure("public:court")), Codes{"E-CONSENT-SCOPE"});
  EXPECT_EQ(released(disclosure("kz-example")), Codes{"E-CONSENT-TERMS"});
  EXPECT_EQ(released(disclosure("public:press", {"cn-example", "kz-example"})), Codes{"E-CONSENT-TERMS"});
  auto& grant = realm.consents.grants.front();
  grant.terms.verb = Verb::transfer;
  EXPECT_EQ(released(disclosure()), Codes{"E-CONSENT-SCOPE"}) << "another verb";
  grant.terms.verb = Verb::disclose;
  grant.terms.extent.parts = {0};
  EXPECT_EQ(released(disclosure()), Codes{"E-CONSENT-SCOPE"}) << "part of it alone";
  grant.terms.extent = {};
  grant.provider = "kz-example";
  EXPECT_EQ(released(disclosure()), Codes{"E-CONSENT-REQUIRED"});
  realm.consents.grants.clear();
  EXPECT_EQ(released(disclosure()), Codes{"E-CONSENT-REQUIRED"});
}

TEST_F(DisclosureTest, OfSomethingDerivedNeedsTheProvidersOfItsSourcesToo) {
  const auto made = realm.hold(realm.derived("kz-example", {"ru-example"}, {original_}));
  auto of_made =
      said("disclosure", "ru-example", {"cn-example", "kz-example"}, Disclosure{made.id, "public:press", {}});
  EXPECT_EQ(released(of_made), Codes{"E-CONSENT-REQUIRED"}) << "KZ has permitted nothing";
  auto second = realm.consents.grants.front();
  second.id.value[31] ^= 1;
  second.provider = "kz-example";
  second.terms.original = made.id;
  realm.consents.grants.push_back(second);
  EXPECT_EQ(released(of_made), Codes{});
  realm.consents.revoked = {realm.consents.grants.front().id};
  EXPECT_EQ(released(of_made), Codes{"E-CONSENT-REVOKED"});
}

// Who provided what is open has nothing to permit, and nothing is made public whose sources nobody knows.
TEST_F(DisclosureTest, OfSomethingMadeOfOpenTextIsForItsOwnProvidersAndOfUnprovenOneForNobody) {
  const auto open = realm.hold(realm.notice("kz-example", {"cn-example", "ru-example"}, "open"));
  const auto made = realm.hold(realm.derived("cn-example", {"ru-example"}, {open}));
  realm.consents.grants.front().terms.original = made.id;
  const auto message = said("disclosure", "ru-example", {"cn-example"}, Disclosure{made.id, "public:press", {}});
  EXPECT_EQ(released(message), Codes{});
  EXPECT_EQ(realm.accept("cn-example", message).codes(), Codes{});
  realm.held.erase(open.id);
  EXPECT_EQ(released(message), Codes{"E-SOURCE-UNPROVEN"});
  EXPECT_EQ(realm.accept("cn-example", message).codes(), Codes{"E-SOURCE-UNPROVEN"});
}

TEST_F(DisclosureTest, IsTakenInByWhoProvidedASourceAlone) {
  const auto made = realm.hold(realm.derived("kz-example", {"ru-example"}, {original_}));
  const auto message =
      said("disclosure", "ru-example", {"cn-example", "kz-example"}, Disclosure{made.id, "public:press", {}});
  EXPECT_EQ(realm.accept("cn-example", message).codes(), Codes{});
}

TEST_F(DisclosureTest, GoesByAPermitThatNamesNoReceiver) {
  const auto data = realm.book();
  const Directory directory(realm.peers);
  const auto message = disclosure();
  const auto needs =
      consent_needs({data, directory, realm.joint_acts, "ru-example", realm.now}, message, realm.lookup());
  ASSERT_EQ(needs.size(), 1U);
  auto shown = permit(message);
  shown.verb = Verb::disclose;
  shown.receiver.clear();
  shown.wrap.reset();
  const auto faults = [&](const Permit& one) {
    return permit_faults(one, realm.consents, needs.front(), "ru-example", id_of(message), realm.now);
  };
  EXPECT_EQ(Permit::parse(shown.to_text()).value(), shown);
  EXPECT_TRUE(faults(shown).empty());
  auto other = shown;
  other.receiver = "kz-example";
  EXPECT_EQ(faults(other), std::vector<ReasonCode>{ReasonCode::permit_mismatch});
  other = shown;
  other.verb = Verb::transfer;
  EXPECT_EQ(faults(other), std::vector<ReasonCode>{ReasonCode::permit_mismatch});

  PermitRequest request{realm.consents.grants.front().id,
                        original_.id,
                        id_of(message),
                        Relation::forwards,
                        "public:press",
                        Verb::disclose,
                        {}};
  GrantStanding standing;
  standing.grant = &realm.consents.grants.front();
  standing.agreement = "sco-2009";
  const auto asked = [&] {
    return decide_permit({data, directory, realm.joint_acts, "cn-example", realm.now}, "ru-example", request, standing)
        .codes();
  };
  EXPECT_EQ(asked(), Codes{});
  request.receiver = "public:court";
  EXPECT_EQ(asked(), Codes{"E-CONSENT-SCOPE"});
  request.receiver = "public:press";
  request.verb = Verb::transfer;
  EXPECT_EQ(asked(), Codes{"E-CONSENT-SCOPE"});
}

TEST_F(ConsentStatements, AreEndedByTheirProviderTowardsAllTheyWereAddressedTo) {
  const auto grant = granted(terms());
  const auto line = realm.hold(grant);
  const Revocation ends{line.id, realm.now};
  EXPECT_EQ(realm.release(said("consent-revocation", "cn-example", {"kz-example", "ru-example"}, ends)).codes(),
            Codes{});
  EXPECT_EQ(realm.release(said("consent-revocation", "cn-example", {"ru-example"}, ends)).codes(),
            Codes{"E-CONSENT-TERMS"});
  EXPECT_EQ(realm.accept("kz-example", said("consent-revocation", "ru-example", {"kz-example"}, ends)).codes(),
            Codes{"E-CONSENT-TERMS"});
}

TEST_F(ConsentStatements, OfARevocationMayBeSentAgainToOneWhoseKeyHadRunOut) {
  const auto line = realm.hold(granted(terms()));
  auto again = said("consent-revocation", "cn-example", {"kz-example"}, Revocation{line.id, realm.now});
  again.facts.push_back({std::string(kReissueFact), to_string(original_.id)});
  EXPECT_EQ(realm.release(again).codes(), Codes{});
  again.recipients = {"tj-example"};
  EXPECT_THAT(realm.release(again).codes(), testing::Contains("E-CONSENT-TERMS")) << "it was never told of the grant";
}

TEST_F(ConsentStatements, OfAnExerciseGrantNothingReal) {
  auto drill = granted(terms());
  drill.exercise = !drill.exercise;
  EXPECT_EQ(realm.release(drill).codes(), Codes{"E-CONSENT-TERMS"});
}

TEST_F(ConsentTest, OfASourceUsedInTwoWaysIsForAllOfIt) {
  auto quoted = original_;
  quoted.extent.parts = {0};
  auto carrier = realm.derived("ru-example", {"kz-example"}, {quoted});
  EXPECT_EQ(realm.consents.grants[0].terms.extent, Extent());
  realm.consents.grants[0].terms.extent.parts = {0};
  EXPECT_EQ(realm.release(carrier).codes(), Codes{});
  auto whole = original_;
  whole.relation = Relation::extracts;
  carrier = realm.derived("ru-example", {"kz-example"}, {quoted, whole});
  EXPECT_EQ(realm.release(carrier).codes(), Codes{"E-CONSENT-SCOPE"});
}

TEST_F(ConsentTest, OfWhatHasSeveralProvidersNeedsEachOfThem) {
  auto joint = realm.notice("cn-example", {"ru-example"});
  add_joint_provider(joint, "kz-example");
  const auto line = realm.hold(joint);
  realm.peers.emplace("tj-example", realm.peers.at("kz-example"));
  realm.peers.at("tj-example").history[0].authority = "tj-example";
  const auto data = realm.book();
  const Directory directory(realm.peers);
  std::set<std::string> providers;
  for (const auto& need : consent_needs({data, directory, realm.joint_acts, "ru-example", realm.now},
                                        realm.derived("ru-example", {"tj-example"}, {line}), realm.lookup()))
    providers.insert(need.provider);
  EXPECT_EQ(providers, (std::set<std::string>{"cn-example", "kz-example"}));
}

}  // namespace
}  // namespace chancery::core

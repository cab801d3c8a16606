#include "daemon/core/succession.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/consent.h"
#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

// CN's cn-example, which cn-second succeeds, which cn-third succeeds: one anchor. The dates are counted from now.
class SuccessionOf : public testing::Test {
 protected:
  SuccessionOf() : first(realm.now - days(20)), second(realm.now - days(10)) {
    realm.designation("cn-example").valid_from = realm.now - days(100);
    add("cn-second", "cn-example", first);
    add("cn-third", "cn-second", second);
  }

  // Another authority of CN, designated from then on.
  void add(const std::string& name, const std::string& succeeds, Instant from) {
    auto entry = realm.peers.at("cn-example");
    auto& designation = entry.history.back();
    designation.authority = name;
    designation.succeeds = succeeds;
    designation.valid_from = from;
    for (auto& key : designation.keys) key.id = digest_of(name + to_string(key.role));
    for (auto& key : entry.seal_keys) key.authority = name;
    realm.peers[name] = entry;
  }
  Designation& of(const std::string& name) { return realm.designation(name); }
  std::string who(const std::string& authority, Instant at) const {
    return answering(Directory(realm.peers), authority, at);
  }
  std::optional<ReasonCode> fault(const Designation& next,
                                  const Digest& anchor = digest_of("cn-example anchor")) const {
    return succession_fault(Directory(realm.peers), next, anchor);
  }
  Designation another(const std::string& name, const std::string& succeeds) const {
    auto next = realm.peers.at("cn-example").history.back();
    next.authority = name;
    next.succeeds = succeeds;
    next.valid_from = realm.now;
    return next;
  }

  Realm realm;
  Instant first, second;
};

TEST_F(SuccessionOf, PassesFromEachToTheNextAtTheVeryMoment) {
  const Duration least{1};
  EXPECT_EQ(who("cn-example", first - least), "cn-example");
  EXPECT_EQ(who("cn-example", first), "cn-second");
  EXPECT_EQ(who("cn-example", second - least), "cn-second");
  EXPECT_EQ(who("cn-example", second), "cn-third");
  EXPECT_EQ(who("cn-second", second - least), "cn-second");
  EXPECT_EQ(who("cn-second", second), "cn-third");
  EXPECT_EQ(who("ru-example", realm.now), "ru-example");
  EXPECT_EQ(who("nobody", realm.now), "nobody");
  const Succession line{"cn-example", {{"cn-second", first}, {"cn-third", second}}};
  EXPECT_EQ(succession_of(Directory(realm.peers), "cn-example"), line);
  EXPECT_TRUE(line.has_answered("cn-second", realm.now));
  EXPECT_FALSE(line.has_answered("cn-third", second - least));
  EXPECT_FALSE(line.has_answered("ru-example", realm.now));
}

TEST_F(SuccessionOf, LastsWhenALaterDesignationOrASuspensionSaysNothingOfIt) {
  auto next = of("cn-second");
  next.serial = 2;
  next.succeeds.clear();
  next.valid_from = realm.now - days(1);
  realm.peers.at("cn-second").history.push_back(next);
  realm.peers.at("cn-second").state = PeerState::suspended;
  EXPECT_EQ(who("cn-example", first), "cn-second");
  of("cn-second").succeeds = "cn-fourth";
  EXPECT_EQ(who("cn-example", first), "cn-second") << "it succeeds two";
}

TEST_F(SuccessionOf, CountsOnlyUnderOneAnchorOfOnePartyAndWhereBothAreVerified) {
  const auto counts = [&](auto change) {
    auto changed = realm;
    change(changed);
    return answering(Directory(changed.peers), "cn-example", first) == "cn-second";
  };
  EXPECT_TRUE(counts([](auto&) {}));
  EXPECT_FALSE(counts([](auto& r) { r.peers.at("cn-second").anchor = digest_of("another anchor"); }));
  EXPECT_FALSE(counts([](auto& r) { r.designation("cn-second").party = "KZ"; }));
  EXPECT_FALSE(counts([](auto& r) { r.peers.at("cn-second").state = PeerState::unverified; }));
  EXPECT_FALSE(counts([](auto& r) { r.peers.at("cn-example").state = PeerState::unverified; }));
  EXPECT_FALSE(counts([&](auto& r) { r.designation("cn-example").valid_from = first + Duration{1}; }));
  EXPECT_FALSE(counts([](auto& r) { r.peers.erase("cn-example"); }));
}

TEST_F(SuccessionOf, IsRefusedWhereItWouldNotCount) {
  EXPECT_EQ(fault(another("cn-fourth", "cn-third")), std::nullopt);
  EXPECT_EQ(fault(another("cn-fourth", "")), std::nullopt);
  EXPECT_EQ(fault(another("cn-fourth", "cn-nobody")), ReasonCode::succession_unknown);
  EXPECT_EQ(fault(another("cn-fourth", "ru-example")), ReasonCode::succession_party) << "of another Party";
  EXPECT_EQ(fault(another("cn-fourth", "cn-third"), digest_of("another anchor")), ReasonCode::succession_party);
  EXPECT_EQ(fault(another("cn-fourth", "cn-example")), ReasonCode::succession_taken);
  EXPECT_EQ(fault(another("cn-example", "cn-third")), ReasonCode::succession_circular);
  auto early = another("cn-fourth", "cn-third");
  early.valid_from = second - Duration{1};
  EXPECT_EQ(fault(early), ReasonCode::succession_early);
  auto again = of("cn-third");
  again.serial = 2;
  EXPECT_EQ(fault(again), std::nullopt) << "it says once more what it said";
  EXPECT_FALSE(Designation::parse(another("cn-fourth", "cn-fourth").to_text()).has_value()) << "itself";
}

TEST_F(SuccessionOf, EndsInACircleThatNobodyCouldHaveRecorded) {
  of("cn-example").succeeds = "cn-third";
  EXPECT_EQ(succession_of(Directory(realm.peers), "cn-example").successors.size(), 2U);
}

TEST_F(SuccessionOf, GoesToTheEarliestOfTwoThatClaimIt) {
  add("cn-also", "cn-example", first - days(1));
  EXPECT_EQ(who("cn-example", first), "cn-also");
  add("cn-also", "cn-example", first);
  EXPECT_EQ(who("cn-example", first), "cn-also") << "of one moment the smaller id, everywhere";
}

// ---- consent: cn-example wrote to ru-example alone, ru-example passes it on to kz-example; cn-second answers since a
// day

class SuccessionConsent : public SuccessionOf {
 protected:
  SuccessionConsent() {
    realm.peers.erase("cn-third");
    of("cn-second").valid_from = realm.now - days(1);
    auto notice = realm.notice("cn-example", {"ru-example"});
    notice.created = realm.now - days(3);
    original = realm.hold(notice);
  }

  ConsentTerms terms() const {
    ConsentTerms out;
    out.original = original.id;
    out.to = {"kz-example"};
    out.from = realm.now - days(2);
    out.until = realm.now + days(1);
    return out;
  }
  Message said(const std::string& kind, const std::string& from, std::vector<std::string> to,
               const ConsentStatement& statement, Duration ago = seconds(1)) const {
    auto m = realm.notice(from, std::move(to), "open");
    if (from.starts_with("cn-")) {  // the label policy is the Party's
      m.labels.front().policy = "cn-example";
      m.label_policy = digest_of("label policy cn-example/1");
    }
    m.kind = kind;
    m.directions = {};
    m.threats = {};
    m.created = realm.now - ago;
    m.facts = facts_of(statement);
    return m;
  }
  Message grant_of(const std::string& provider, Duration ago = seconds(1)) const {
    return said("consent-grant", provider, {"kz-example", "ru-example"},
                Grant{{}, provider, "ru-example", terms(), Onward::ask}, ago);
  }
  Grant known(const std::string& provider, Duration ago) const {
    return {id_of(grant_of(provider, ago)), provider, "ru-example", terms(), Onward::ask};
  }
  Permit permit_of(const std::string& provider, const Message& carrier, const Grant& grant) const {
    Permit out;
    out.provider = provider;
    out.grant = grant.id;
    out.original = original.id;
    out.carrier = to_string(id_of(carrier));
    out.relation = Relation::forwards;
    out.holder = "ru-example";
    out.receiver = "kz-example";
    out.from = realm.now - seconds(10);
    out.until = out.from + kPermitLife;
    out.wrap = digest_of("wrap");
    out.salt = Bytes(32, 7);
    return out;
  }
  Message forward() const { return realm.forward("ru-example", {"kz-example"}, original); }
  Codes accepted(const Message& carrier, const Grant& grant, const Permit& permit) const {
    Consents consents;
    consents.grants = {grant};
    consents.permits = {{permit, statement_digest(permit.to_text())}};
    Arrival arrival{carrier, carrier.originator};
    arrival.id = id_of(carrier);
    arrival.consents = &consents;
    arrival.wrap = CarriedWrap{CarriedWrap::From::permit, digest_of("wrap")};
    return realm.accept("kz-example", arrival).codes();
  }

  SourceLine original;
};

TEST_F(SuccessionConsent, IsGrantedByTheSuccessorAndByNobodyElse) {
  EXPECT_EQ(realm.release(grant_of("cn-second")).codes(), Codes{});
  EXPECT_EQ(realm.accept("ru-example", grant_of("cn-second")).codes(), Codes{});
  EXPECT_EQ(realm.release(grant_of("cn-example")).codes(), Codes{"E-SUCCEEDED"});
  const auto late = realm.accept("ru-example", grant_of("cn-example"));
  EXPECT_EQ(late.codes(), Codes{"E-SUCCEEDED"}) << "the predecessor, after the succession";
  EXPECT_EQ(late.reasons().front().subject, "cn-second");
  EXPECT_EQ(realm.accept("ru-example", grant_of("cn-example", days(2))).codes(), Codes{}) << "signed before";
  EXPECT_THAT(realm.accept("ru-example", grant_of("cn-second", days(2))).codes(), testing::Contains("E-CONSENT-TERMS"))
      << "before it was its successor";
  add("cn-also", "", realm.now - days(50));
  EXPECT_EQ(realm.accept("ru-example", grant_of("cn-also")).codes(), Codes{"E-CONSENT-TERMS"})
      << "a colleague without a succession";
  auto relayed = grant_of("ru-example");
  relayed.recipients = {"kz-example"};
  EXPECT_THAT(realm.accept("kz-example", relayed).codes(), testing::Contains("E-CONSENT-TERMS")) << "the relay";
}

TEST_F(SuccessionConsent, IsAskedOfTheSuccessorRefusedAndRevokedByIt) {
  const auto asked_of = [&](const std::string& provider) {
    return realm.release(said("consent-request", "ru-example", {provider}, ConsentRequest{terms()})).codes();
  };
  EXPECT_EQ(asked_of("cn-second"), Codes{});
  EXPECT_EQ(asked_of("cn-example"), Codes{"E-SUCCEEDED"});

  const auto request = realm.hold(said("consent-request", "ru-example", {"cn-second"}, ConsentRequest{terms()}));
  const auto refused_by = [&](const std::string& provider) {
    return realm
        .accept("ru-example",
                said("consent-refusal", provider, {"ru-example"}, ConsentRefusal{original.id, request.id}))
        .codes();
  };
  EXPECT_EQ(refused_by("cn-second"), Codes{});
  EXPECT_EQ(refused_by("cn-example"), Codes{"E-SUCCEEDED"});
  EXPECT_EQ(refused_by("kz-example"), Codes{"E-CONSENT-TERMS"});

  const auto before = realm.hold(grant_of("cn-example", days(2)));
  const auto revoked_by = [&](const std::string& provider) {
    return realm
        .accept("ru-example",
                said("consent-revocation", provider, {"kz-example", "ru-example"}, Revocation{before.id, realm.now}))
        .codes();
  };
  EXPECT_EQ(revoked_by("cn-second"), Codes{}) << "what its predecessor granted";
  EXPECT_EQ(revoked_by("cn-example"), Codes{"E-SUCCEEDED"});
}

TEST_F(SuccessionConsent, LetsAForwardGoUnderGrantsOfBothAndPermitsOfTheSuccessorAlone) {
  const auto carrier = forward();
  for (const auto& grant : {known("cn-example", days(2)), known("cn-second", hours(1))}) {
    realm.consents.grants = {grant};
    EXPECT_EQ(realm.release(carrier).codes(), Codes{}) << grant.provider;
    EXPECT_EQ(accepted(carrier, grant, permit_of("cn-second", carrier, grant)), Codes{}) << grant.provider;
    EXPECT_THAT(accepted(carrier, grant, permit_of("cn-example", carrier, grant)),
                testing::Contains("E-PERMIT-REQUIRED"))
        << "its predecessor permits no more";
    EXPECT_THAT(accepted(carrier, grant, permit_of("ru-example", carrier, grant)),
                testing::Contains("E-PERMIT-REQUIRED"));
  }
  for (const auto& grant : {known("cn-example", hours(1)), known("cn-second", days(2))}) {
    realm.consents.grants = {grant};
    EXPECT_EQ(realm.release(carrier).codes(), Codes{"E-CONSENT-REQUIRED"}) << grant.provider;
    EXPECT_THAT(accepted(carrier, grant, permit_of("cn-second", carrier, grant)),
                testing::Contains("E-CONSENT-REQUIRED"));
  }
}

TEST_F(SuccessionConsent, HonoursAPermitThePredecessorGaveInItsLastMinute) {
  of("cn-second").valid_from = realm.now - seconds(5);
  const auto carrier = forward();
  const auto grant = known("cn-example", days(2));
  EXPECT_EQ(accepted(carrier, grant, permit_of("cn-example", carrier, grant)), Codes{});
  EXPECT_THAT(accepted(carrier, grant, permit_of("cn-second", carrier, grant)), testing::Contains("E-PERMIT-REQUIRED"))
      << "its successor, before it answered";
}

TEST_F(SuccessionConsent, IsPermittedAtEachUseByWhoAnswersNow) {
  const auto carrier = forward();
  const auto grant = known("cn-example", days(2));
  const PermitRequest request{grant.id,       original.id, id_of(carrier), Relation::forwards, "kz-example",
                              Verb::transfer, {}};
  const auto data = realm.book();
  const Directory directory(realm.peers);
  const auto asked = [&](const std::string& provider, bool key_held = true) {
    GrantStanding standing;
    standing.grant = &grant;
    standing.agreement = "sco-2009";
    standing.key_held = key_held;
    return decide_permit({data, directory, realm.joint_acts, provider, realm.now}, "ru-example", request, standing)
        .codes();
  };
  EXPECT_EQ(asked("cn-second"), Codes{});
  EXPECT_EQ(asked("cn-second", false), Codes{"E-NO-LONGER-HELD"});
  EXPECT_EQ(asked("cn-example"), Codes{"E-SUCCEEDED"});
  EXPECT_EQ(asked("kz-example"), Codes{"E-CONSENT-REQUIRED"});
}

TEST_F(SuccessionConsent, LeavesTheSuccessorItsPredecessorsPlaceButNoCopyOfAForward) {
  auto reply = realm.derived("ru-example", {"cn-second"}, {original});
  EXPECT_EQ(realm.release(reply).codes(), Codes{}) << "who answers for its provider may be quoted to";
  auto own = realm.derived("cn-second", {"kz-example"}, {original});
  own.labels.front().policy = "cn-example";
  own.label_policy = digest_of("label policy cn-example/1");
  own.labels.pop_back();  // the predecessor's is the same label
  EXPECT_EQ(realm.release(own).codes(), Codes{}) << "its own work";
  EXPECT_EQ(realm.accept("kz-example", own).codes(), Codes{});
  EXPECT_EQ(realm.release(realm.forward("ru-example", {"cn-second"}, original)).codes(), Codes{"E-WRAP-FOREIGN"});
  EXPECT_EQ(realm.release(realm.derived("ru-example", {"kz-example"}, {original})).codes(),
            Codes{"E-CONSENT-REQUIRED"});
}

TEST_F(SuccessionConsent, TellsTheSuccessorAndStillHearsWhoHadNotHeard) {
  const auto carrier = forward();
  TransferReport report;
  report.original = original.id;
  report.carrier = id_of(carrier);
  report.holder = "ru-example";
  const auto told = [&](const std::string& provider) {
    return realm.release(said("transfer-report", "ru-example", {provider}, report)).codes();
  };
  EXPECT_EQ(told("cn-second"), Codes{});
  EXPECT_EQ(told("cn-example"), Codes{});
  EXPECT_EQ(told("kz-example"), Codes{"E-CONSENT-TERMS"});
  const auto before = realm.hold(grant_of("cn-example", days(2)));
  const auto complied = [&](const std::string& provider) {
    return realm
        .release(said("consent-compliance", "ru-example", {provider},
                      Compliance{before.id, id_of(carrier), CopyState::locked, realm.now}))
        .codes();
  };
  EXPECT_EQ(complied("cn-second"), Codes{});
  EXPECT_EQ(complied("kz-example"), Codes{"E-CONSENT-TERMS"});
}

TEST_F(SuccessionConsent, LetsTheSuccessorSayThatWhatItsPredecessorWroteIsASpill) {
  const auto notice_by = [&](const std::string& finder) {
    return realm.release(said("spill-notice", finder, {"ru-example"}, SpillNotice{original.id, realm.now})).codes();
  };
  EXPECT_EQ(notice_by("cn-second"), Codes{});
  EXPECT_EQ(notice_by("cn-example"), Codes{});
  EXPECT_EQ(notice_by("kz-example"), Codes{"E-CONSENT-TERMS"});
}

}  // namespace
}  // namespace chancery::core

#include "daemon/service/administration.h"

#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Person {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

Person make_person(const std::string& name) {
  auto key = crypto::PrivateKey::generate(crypto::Suite::p256).value();
  const auto from = test::example_time() - days(1);
  auto certificate = crypto::issue_certificate({name, crypto::CertificateUse::user, from, from + days(365)},
                                               key.public_key(), key, nullptr)
                         .value();
  return {std::move(key), std::move(certificate)};
}

class AdministrationTest : public DeskTest {
 protected:
  AdministrationTest() : kz_("kz-example", clock_, random_), administration_(cn_.node(), lanes(), "0.1.0") {}

  Lanes lanes() {
    auto all = recorded_.lanes();
    all.peers_changed = [this] { ++changes_; };
    return all;
  }
  static Digest anchor_of(const test::ExampleAuthority& authority) { return authority.anchor().id(); }
  Outcome<wire::PeerView> add(const wire::DesignationItem& item) {
    return administration_.add_peer(test::administrator(), item);
  }

  int changes_ = 0;
  test::ExampleAuthority kz_;
  Administration administration_;
};

TEST_F(AdministrationTest, KnowsAPersonByTheCertificate) {
  const auto person = make_person("li");
  const auto view =
      value_of(administration_.add_user(test::administrator(), {test::officer("li"), person.certificate}));
  EXPECT_EQ(view.certificate, person.certificate.id());
  EXPECT_EQ(administration_.caller(person.certificate.id()).value(), test::officer("li"));
  EXPECT_EQ(administration_.caller(make_person("li").certificate.id()).error().code, Errc::unauthenticated);
  const auto entry = journal(cn_).back();
  EXPECT_EQ(entry.act, core::Act::user_added);
  EXPECT_EQ(entry.subject, "li");
}

TEST_F(AdministrationTest, DoesNotKnowACertificateThatRanOut) {
  const auto person = make_person("li");
  (void)value_of(administration_.add_user(test::administrator(), {test::officer("li"), person.certificate}));
  clock_.advance(days(400));
  EXPECT_EQ(administration_.caller(person.certificate.id()).error().code, Errc::unauthenticated);
}

// Or he could approve what he composed.
TEST_F(AdministrationTest, AddsNobodyUnderTheKeyOfAnother) {
  auto li = make_person("li");
  (void)value_of(administration_.add_user(test::administrator(), {test::officer("li"), li.certificate}));
  const auto from = test::example_time() - days(1);
  const auto second = crypto::issue_certificate({"li too", crypto::CertificateUse::user, from, from + days(300)},
                                                li.key.public_key(), li.key, nullptr);
  EXPECT_THAT(codes_of(administration_.add_user(test::administrator(), {test::approver("zhao"), *second})),
              ElementsAre("E-KEY-TAKEN"));
  (void)value_of(administration_.add_user(test::administrator(), {test::officer("li"), *second}));
}

TEST_F(AdministrationTest, AddsNameAndCertificateOnce) {
  const auto li = make_person("li");
  (void)value_of(administration_.add_user(test::administrator(), {test::officer("li"), li.certificate}));
  EXPECT_THAT(codes_of(administration_.add_user(test::administrator(), {test::officer("zhao"), li.certificate})),
              ElementsAre("E-KEY-TAKEN"));
  EXPECT_THAT(
      codes_of(administration_.add_user(test::administrator(), {test::approver("li"), make_person("li").certificate})),
      ElementsAre("E-USER-DIFFERS"));
  EXPECT_THAT(value_of(administration_.users(test::auditor())), SizeIs(1));
}

TEST_F(AdministrationTest, RenewsTheCertificateOfAPersonWhoKeepsRoleAndClearance) {
  const auto old = make_person("li");
  const auto next = make_person("li");
  (void)value_of(administration_.add_user(test::administrator(), {test::officer("li"), old.certificate}));
  (void)value_of(administration_.add_user(test::administrator(), {test::officer("li"), next.certificate}));
  EXPECT_EQ(administration_.caller(next.certificate.id()).value(), test::officer("li"));
  EXPECT_EQ(administration_.caller(old.certificate.id()).error().code, Errc::unauthenticated);
  EXPECT_EQ(journal(cn_).back().act, core::Act::user_added);
  EXPECT_THAT(value_of(administration_.users(test::auditor())), SizeIs(1));
}

TEST_F(AdministrationTest, LetsOnlyAdministratorsAdminister) {
  for (const auto& user : {test::officer(), test::approver(), test::auditor()}) {
    EXPECT_THAT(codes_of(administration_.add_user(user, {test::officer("x"), make_person("x").certificate})),
                ElementsAre("E-ROLE"));
    EXPECT_THAT(codes_of(administration_.add_peer(user, kz_.designation())), ElementsAre("E-ROLE"));
    EXPECT_THAT(codes_of(administration_.verify_peer(user, {"ru-example", Digest()})), ElementsAre("E-ROLE"));
  }
  EXPECT_THAT(codes_of(administration_.users(test::officer())), ElementsAre("E-ROLE"));
}

TEST_F(AdministrationTest, RefusesAClearanceOfNoClass) {
  EXPECT_THAT(codes_of(administration_.add_user(test::administrator(),
                                                {test::officer("li", "purple"), make_person("li").certificate})),
              ElementsAre("E-LABEL-UNKNOWN"));
}

TEST_F(AdministrationTest, RegistersAClearanceWithCategoriesOfTheOwnPolicyAndKeepsIt) {
  const core::User li{"li", core::Role::officer, "restricted", {"judicial", "personal-data"}};
  const auto person = make_person("li");
  EXPECT_EQ(value_of(administration_.add_user(test::administrator(), {li, person.certificate})).user, li);
  EXPECT_EQ(administration_.caller(person.certificate.id()).value(), li);
  auto other = li;
  other.categories = {"judicial"};
  EXPECT_THAT(codes_of(administration_.add_user(test::administrator(), {other, make_person("li").certificate})),
              ElementsAre("E-USER-DIFFERS"));
  other.name = "bo";
  other.categories = {"gardening"};
  EXPECT_THAT(codes_of(administration_.add_user(test::administrator(), {other, make_person("bo").certificate})),
              ElementsAre("E-LABEL-UNKNOWN"));
}

TEST_F(AdministrationTest, RecordsTheFirstAdministratorOnce) {
  const auto first = make_person("chen"), second = make_person("other");
  ASSERT_TRUE(record_first_administrator(cn_.node(), first.certificate).has_value());
  ASSERT_TRUE(record_first_administrator(cn_.node(), second.certificate).has_value());
  EXPECT_EQ(administration_.caller(first.certificate.id())->role, core::Role::administrator);
  EXPECT_EQ(administration_.caller(first.certificate.id())->name, "chen");
  EXPECT_FALSE(administration_.caller(second.certificate.id()).has_value());
}

TEST_F(AdministrationTest, StartsAPeerUnverifiedAndActivatesItByItsAnchor) {
  const auto added = value_of(add(kz_.designation()));
  EXPECT_EQ(added.state, core::PeerState::unverified);
  EXPECT_EQ(added.party, "KZ");
  EXPECT_EQ(added.anchor, anchor_of(kz_));
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({.recipients = {"kz-example"}}))),
              testing::Contains("E-PEER-INACTIVE"));
  EXPECT_THAT(codes_of(administration_.verify_peer(test::administrator(), {"kz-example", anchor_of(ru_)})),
              ElementsAre("E-VERIFY-SIGNATURE"));
  const auto active = value_of(administration_.verify_peer(test::administrator(), {"kz-example", anchor_of(kz_)}));
  EXPECT_EQ(active.state, core::PeerState::active);
  EXPECT_EQ(changes_, 2);
  EXPECT_EQ(journal(cn_).back().act, core::Act::peer_verified);
  EXPECT_THAT(value_of(administration_.peers(test::officer())), SizeIs(2));
}

TEST_F(AdministrationTest, AnotherBundleTakesThePlaceOfOneThatNobodyVerified) {
  test::ExampleAuthority impostor("kz-example", clock_, random_);
  ASSERT_NE(anchor_of(impostor), anchor_of(kz_));
  EXPECT_EQ(value_of(add(impostor.designation())).anchor, anchor_of(impostor));
  EXPECT_EQ(value_of(add(kz_.designation())).anchor, anchor_of(kz_));
  EXPECT_THAT(codes_of(administration_.verify_peer(test::administrator(), {"kz-example", anchor_of(impostor)})),
              ElementsAre("E-VERIFY-SIGNATURE"));
  EXPECT_EQ(value_of(administration_.verify_peer(test::administrator(), {"kz-example", anchor_of(kz_)})).state,
            core::PeerState::active);
  EXPECT_THAT(codes_of(add(impostor.designation())), ElementsAre("E-VERIFY-SIGNATURE"));
  EXPECT_EQ(value_of(administration_.peers(test::officer())).size(), 2U);
  EXPECT_EQ(cn_.fsck()->findings, std::vector<std::string>());
}

TEST_F(AdministrationTest, SuspendsAndResumesAPeerWithItsReason) {
  const auto decide = [&](const core::User& who, core::PeerState state) {
    return administration_.decide_peer(who, {"ru-example", state, "key incident"});
  };
  for (const auto& user : {test::officer(), test::approver(), test::auditor()})
    EXPECT_THAT(codes_of(decide(user, core::PeerState::suspended)), ElementsAre("E-ROLE"));
  const auto suspended = value_of(decide(test::administrator(), core::PeerState::suspended));
  EXPECT_EQ(suspended.state, core::PeerState::suspended);
  EXPECT_EQ(suspended.parked, "E-PEER-SUSPENDED");
  EXPECT_EQ(suspended.reason, "key incident");
  EXPECT_EQ(journal(cn_).back().act, core::Act::peer_suspended);
  EXPECT_EQ(journal(cn_).back().content, crypto::sha256(as_bytes("key incident")));
  EXPECT_THAT(codes_of(decide(test::administrator(), core::PeerState::suspended)), ElementsAre("E-ALREADY"));
  EXPECT_THAT(codes_of(administration_.verify_peer(test::administrator(), {"ru-example", anchor_of(ru_)})),
              ElementsAre("E-PEER-SUSPENDED"));
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({}))), testing::Contains("E-PEER-INACTIVE"));
  const auto active = value_of(decide(test::administrator(), core::PeerState::active));
  EXPECT_EQ(active.state, core::PeerState::active);
  EXPECT_EQ(active.parked, "");
  EXPECT_EQ(journal(cn_).back().act, core::Act::peer_resumed);
  EXPECT_EQ(cn_.fsck()->findings, std::vector<std::string>());
}

TEST_F(AdministrationTest, SuspendsNobodyWhoIsNotVerified) {
  const auto decide = [&](const std::string& who) {
    return administration_.decide_peer(test::administrator(), {who, core::PeerState::suspended, "a reason"});
  };
  EXPECT_THAT(codes_of(decide("kz-example")), ElementsAre("E-NOT-FOUND"));
  (void)value_of(add(kz_.designation()));
  EXPECT_THAT(codes_of(decide("kz-example")), ElementsAre("E-PEER-INACTIVE"));
  EXPECT_THAT(codes_of(decide("cn-example")), ElementsAre("E-RECIPIENT-SELF"));
}

TEST_F(AdministrationTest, RefusesADesignationOfAKeyBeyondItsCertificate) {
  EXPECT_THAT(codes_of(add(ru_.redesignated([](core::Designation& d) {
                for (auto& key : d.keys) key.to = key.to + days(1);
              }))),
              ElementsAre("E-MALFORMED"));
}

TEST_F(AdministrationTest, TakesAWithdrawalAndWritesNothingNewToIt) {
  auto withdrawal = ru_.redesignated([](core::Designation& d) {
    d.valid_from = test::example_time();
    std::erase_if(d.keys, [](const auto& key) { return key.role != core::KeyRole::anchor; });
  });
  withdrawal.certificates.resize(1);
  const auto view = value_of(add(withdrawal));
  EXPECT_EQ(view.parked, "E-DESIGNATION-ENDED");
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({}))),
              testing::Contains("E-AUTHORITY-NOT-DESIGNATED"));
}

TEST_F(AdministrationTest, DoesNotVerifyAPeerItDoesNotKnow) {
  EXPECT_THAT(codes_of(administration_.verify_peer(test::administrator(), {"kz-example", anchor_of(kz_)})),
              ElementsAre("E-NOT-FOUND"));
}

TEST_F(AdministrationTest, TakesTheNextDesignationUnderTheSameAnchor) {
  const auto next = ru_.redesignated([](core::Designation& d) { d.endpoint = "127.0.0.1:9443"; });
  const auto view = value_of(add(next));
  EXPECT_EQ(view.serial, 2u);
  EXPECT_EQ(view.endpoint, "127.0.0.1:9443");
  EXPECT_EQ(view.state, core::PeerState::active);
  EXPECT_THAT(codes_of(add(next)), ElementsAre("E-ALREADY"));
}

TEST_F(AdministrationTest, RefusesADesignationThatDoesNotFollow) {
  EXPECT_THAT(codes_of(add(ru_.redesignated([](core::Designation& d) { d.serial = 7; }))),
              ElementsAre("E-ID-CONFLICT"));
  test::ExampleAuthority impostor("ru-example", clock_, random_);
  EXPECT_THAT(codes_of(add(impostor.redesignated([](core::Designation&) {}))), ElementsAre("E-VERIFY-SIGNATURE"));
  EXPECT_THAT(codes_of(add(cn_.designation())), ElementsAre("E-RECIPIENT-SELF"));
}

TEST_F(AdministrationTest, RefusesABundleThatDoesNotHold) {
  auto altered = kz_.designation();
  altered.statement.replace(altered.statement.find("depositary"), 10, "diplomatic");
  EXPECT_THAT(codes_of(add(altered)), ElementsAre("E-VERIFY-SIGNATURE"));
  auto incomplete = kz_.designation();
  incomplete.certificates.pop_back();
  EXPECT_THAT(codes_of(add(incomplete)), ElementsAre("E-MALFORMED"));
  auto foreign = kz_.designation();
  foreign.certificates.push_back(ru_.designation().certificates.back());
  EXPECT_THAT(codes_of(add(foreign)), ElementsAre("E-MALFORMED"));
  auto none = kz_.designation();
  none.certificates.clear();
  EXPECT_THAT(codes_of(add(none)), ElementsAre("E-MALFORMED"));
}

TEST_F(AdministrationTest, RecordsOurOwnDesignationOnce) {
  EXPECT_TRUE(record_own_designations(cn_.node(), {cn_.designation()}).has_value());
  const auto size = cn_.store().checkpoint().size;
  const auto next = cn_.redesignated([](core::Designation& d) { d.endpoint = "127.0.0.1:9443"; });
  EXPECT_TRUE(record_own_designations(cn_.node(), {next}).has_value());
  EXPECT_TRUE(record_own_designations(cn_.node(), {next}).has_value());
  EXPECT_EQ(cn_.store().checkpoint().size.value, size.value + 1);
  EXPECT_EQ(record_own_designations(cn_.node(), {ru_.designation()}).error().code, Errc::conflict);
}

TEST_F(AdministrationTest, SaysHowItStands) {
  (void)released();
  const auto status = administration_.status(test::officer()).value();
  EXPECT_EQ(status.authority, "cn-example");
  EXPECT_EQ(status.queued, 1u);
  EXPECT_EQ(status.journal_size, cn_.store().checkpoint().size.value);
  EXPECT_EQ(status.checkpoint, cn_.store().checkpoint().root);
  EXPECT_EQ(status.data, test::example_book()->digest());
  ASSERT_THAT(status.peers, SizeIs(1));
  EXPECT_TRUE(status.peers[0].seal_key_until.has_value());
}

TEST_F(AdministrationTest, ChecksALabelWithoutAMessage) {
  const auto checks = administration_.check_label({"restricted", {}, {"kz-example", "ru-example"}, "sco-2009"});
  ASSERT_THAT(checks, SizeIs(2));
  EXPECT_THAT(checks[0].decision.codes(), ElementsAre("E-RECIPIENT-UNKNOWN"));
  EXPECT_TRUE(checks[1].decision.allowed());
  EXPECT_EQ(checks[1].marking, "restricted");
  const auto secret = administration_.check_label({"state-secret", {}, {"ru-example"}, "sco-2009"});
  EXPECT_THAT(secret[0].decision.codes(), ElementsAre("E-LABEL-STATE-SECRET"));
}

}  // namespace
}  // namespace chancery::service

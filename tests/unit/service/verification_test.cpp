#include "daemon/service/verification.h"

#include "tests/unit/service/peer_fixture.h"

namespace chancery::service {
namespace {

using core::KeyRole;

// One statement of cn in a frame, under a key and at a time of the test's choice.
class VerificationTest : public PeerTest {
 protected:
  wire::Frame signed_frame(KeyRole role = KeyRole::sign, const std::string& signer = {},
                           std::optional<Instant> at = {}) {
    wire::Frame frame;
    frame.receipts.push_back(frame.add(cn_.sign("a statement\n", role, at.value_or(clock_.now()), signer)));
    return frame;
  }
  Standing standing(const wire::Frame& frame) { return find(frame, frame.receipts.at(0)).standing; }
  void record(const wire::DesignationItem& item) {
    EXPECT_EQ(take_designations(node_, "cn-example", {item}).value(), 0u);
  }
};

TEST_F(VerificationTest, HoldsUnderTheSigningKeyAndNamesTheSigner) {
  const auto frame = signed_frame();
  const auto finding = find(frame, frame.receipts.at(0));
  ASSERT_EQ(finding.standing, Standing::holds);
  EXPECT_EQ(finding.batch->signer, "cn-example");
}

TEST_F(VerificationTest, IsNobodysWithoutItsSignature) {
  auto frame = signed_frame();
  frame.receipts[0].signature = 1;
  EXPECT_EQ(standing(frame), Standing::not_authenticated);
}

TEST_F(VerificationTest, IsNobodysWhenOneByteOfTheStatementDiffers) {
  auto frame = signed_frame();
  frame.receipts[0].statement[0] = 'A';
  EXPECT_EQ(standing(frame), Standing::not_authenticated);
}

TEST_F(VerificationTest, IsNobodysAtAnotherPlaceOfTheBatch) {
  auto index = signed_frame(), path = signed_frame();
  index.receipts[0].path.index = 1;
  path.receipts[0].path.hashes.emplace_back();
  EXPECT_EQ(standing(index), Standing::not_authenticated);
  EXPECT_EQ(standing(path), Standing::not_authenticated);
}

TEST_F(VerificationTest, IsNobodysWhenTheSignatureOrItsBatchDiffers) {
  auto signature = signed_frame(), batch = signed_frame(), time = signed_frame();
  signature.signatures[0].signature.back() ^= 1;
  batch.signatures[0].statement.replace(batch.signatures[0].statement.find("cn-example"), 2, "ru");
  time.signatures[0].signing_time += 1;
  EXPECT_EQ(standing(signature), Standing::not_authenticated);
  EXPECT_EQ(standing(batch), Standing::not_authenticated);
  EXPECT_EQ(standing(time), Standing::not_authenticated);
}

TEST_F(VerificationTest, IsNobodysUnderAKeyOfAnotherRole) {
  EXPECT_EQ(standing(signed_frame(KeyRole::evidence)), Standing::not_authenticated);
}

TEST_F(VerificationTest, IsNobodysInTheNameOfAnotherAuthority) {
  EXPECT_EQ(standing(signed_frame(KeyRole::sign, "ru-example")), Standing::not_authenticated);
}

TEST_F(VerificationTest, IsNobodysOutsideTheTimeOfItsKey) {
  const auto first = parse_instant("2026-01-01T00:00:00.000Z").value();
  EXPECT_EQ(standing(signed_frame(KeyRole::sign, {}, first)), Standing::holds);
  EXPECT_EQ(standing(signed_frame(KeyRole::sign, {}, first - Duration{1})), Standing::not_authenticated);
}

TEST_F(VerificationTest, MayHoldLaterUnderAKeyNobodyHasNamedYet) {
  test::ExampleAuthority stranger("kz-example", clock_, random_);
  wire::Frame frame;
  frame.receipts.push_back(frame.add(stranger.sign("a statement\n", KeyRole::sign, clock_.now())));
  EXPECT_EQ(standing(frame), Standing::key_unknown);
  ru_.knows(stranger);
  EXPECT_EQ(standing(frame), Standing::holds);
}

TEST_F(VerificationTest, TakesNothingMoreUnderAKeyThatIsCompromised) {
  const auto before = signed_frame();
  EXPECT_EQ(standing(before), Standing::holds);
  clock_.advance(seconds(10));
  const auto since = clock_.now();
  const auto after = signed_frame();
  record(cn_.redesignated([&](core::Designation& d) {
    for (auto& key : d.keys)
      if (key.role == KeyRole::sign) {
        key.state = core::KeyState::compromised;
        key.since = since;
      }
    std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
  }));
  EXPECT_EQ(standing(before), Standing::not_authenticated);
  EXPECT_EQ(standing(after), Standing::not_authenticated);
}

TEST(Timely, LeavesAMinuteOnBothSidesOfTheBatch) {
  crypto::BatchStatement batch;
  batch.created = test::example_time();
  for (const auto ms : {-60'000, 0, 60'000}) EXPECT_TRUE(timely(batch.created + Duration{ms}, batch)) << ms;
  for (const auto ms : {-60'001, 60'001}) EXPECT_FALSE(timely(batch.created + Duration{ms}, batch)) << ms;
}

// ---- designations

class DesignationTest : public PeerTest {
 protected:
  Errc refused(const wire::DesignationItem& item) {
    const auto verified = verify_designation(item, cn_.anchor().id());
    EXPECT_FALSE(verified.has_value());
    return verified.has_value() ? Errc::internal : verified.error().code;
  }
};

TEST_F(DesignationTest, HoldsUnderTheAnchorThatWasCompared) {
  const auto verified = verify_designation(cn_.designation(), cn_.anchor().id());
  ASSERT_TRUE(verified.has_value()) << verified.error().detail;
  EXPECT_EQ(verified->authority, "cn-example");
}

TEST_F(DesignationTest, IsRefusedUnderAnotherAnchor) {
  auto theirs = cn_.designation();
  theirs.certificates[0] = ru_.designation().certificates[0];
  EXPECT_EQ(refused(theirs), Errc::unauthenticated);
  EXPECT_EQ(refused(ru_.designation()), Errc::unauthenticated);
}

TEST_F(DesignationTest, IsRefusedWithoutItsAnchorOrWithWhatIsNoCertificate) {
  auto none = cn_.designation(), torn = cn_.designation();
  none.certificates.clear();
  torn.certificates[1].pop_back();
  EXPECT_EQ(refused(none), Errc::malformed);
  EXPECT_EQ(refused(torn), Errc::malformed);
}

TEST_F(DesignationTest, IsRefusedOutsideTheBatchThatWasSigned) {
  auto other = cn_.designation();
  other.statement = cn_.redesignated([](core::Designation&) {}).statement;
  EXPECT_EQ(refused(other), Errc::unauthenticated);
}

TEST_F(DesignationTest, IsRefusedForAnotherAuthorityThanTheAnchorSignedFor) {
  // The batch is signed in the name the statement carries, so only a batch in another name is left: its text changed.
  auto item = cn_.designation();
  item.signature.statement.replace(item.signature.statement.find("cn-example"), 2, "ru");
  EXPECT_EQ(refused(item), Errc::unauthenticated);
}

TEST_F(DesignationTest, IsRefusedWithACertificateOfAKeyItDoesNotName) {
  auto item = cn_.designation();
  item.certificates.push_back(ru_.designation().certificates[1]);
  EXPECT_EQ(refused(item), Errc::malformed);
}

TEST_F(DesignationTest, NamesTheSuiteOfEachCertificate) {
  for (const auto role : {KeyRole::anchor, KeyRole::tls, KeyRole::sign, KeyRole::evidence}) {
    const auto item = cn_.redesignated([&](core::Designation& d) {
      for (auto& key : d.keys)
        if (key.role == role) key.suite = crypto::Suite::ed25519;
      std::sort(d.keys.begin(), d.keys.end(), [](const auto& a, const auto& b) { return a.text() < b.text(); });
    });
    EXPECT_EQ(refused(item), Errc::malformed) << to_string(role);
  }
}

TEST_F(DesignationTest, OfAPeerIsTakenOnceAndOnlyInOrder) {
  const auto next = cn_.redesignated([](core::Designation& d) { d.endpoint = "127.0.0.1:9443"; });
  const auto other = cn_.redesignated([](core::Designation& d) { d.endpoint = "127.0.0.1:9444"; });
  EXPECT_EQ(take_designations(node_, "cn-example", {next, next}).value(), 0u);
  EXPECT_EQ(ru_.store().directory()->find("cn-example")->history.size(), 2u);
  EXPECT_TRUE(evidence().empty());
  // Two of one number exclude each other: the first stays, both are kept.
  EXPECT_EQ(take_designations(node_, "cn-example", {other}).value(), 0u);
  EXPECT_EQ(ru_.store().directory()->find("cn-example")->history.back().endpoint, "127.0.0.1:9443");
  ASSERT_EQ(evidence().size(), 1u);
  EXPECT_EQ(evidence()[0].kind, "designation");
  EXPECT_EQ(evidence()[0].second, other.statement);
}

TEST_F(DesignationTest, OfAnotherAuthorityIsNobodysOnThisStream) {
  test::ExampleAuthority stranger("kz-example", clock_, random_);
  EXPECT_EQ(take_designations(node_, "cn-example", {stranger.designation()}).value(), 1u);
}

}  // namespace
}  // namespace chancery::service

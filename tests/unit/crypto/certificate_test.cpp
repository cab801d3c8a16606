#include "crypto/certificate.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

TEST(Certificate, SaysWhatItWasIssuedFor) {
  const auto authority = make_authority(CertificateUse::tls);
  const auto& leaf = authority.certificate;
  EXPECT_EQ(leaf.common_name(), "cn-example");
  EXPECT_EQ(leaf.not_before().ms, (kNow - days(1)).ms / 1000 * 1000);
  EXPECT_EQ(leaf.not_after().ms, (kNow + days(365)).ms / 1000 * 1000);
  EXPECT_FALSE(leaf.is_ca());
  EXPECT_TRUE(authority.anchor.is_ca());
  EXPECT_EQ(leaf.public_key().id(), authority.key.public_key().id());
  EXPECT_EQ(leaf.id(), sha256(leaf.der()));
}

TEST(Certificate, KnowsItsIssuer) {
  const auto authority = make_authority();
  const auto other = make_authority();
  EXPECT_TRUE(authority.certificate.issued_by(authority.anchor));
  EXPECT_TRUE(authority.anchor.issued_by(authority.anchor));
  EXPECT_FALSE(authority.certificate.issued_by(other.anchor)) << "same name, another key";
  EXPECT_FALSE(authority.anchor.issued_by(authority.certificate));
}

TEST(Certificate, ComesBackFromItsPem) {
  const auto leaf = make_authority().certificate;
  EXPECT_EQ(Certificate::from_pem(leaf.pem()).value().id(), leaf.id());
  EXPECT_EQ(Certificate::from_pem("anything\n" + leaf.pem() + "more").value().id(), leaf.id());
  EXPECT_EQ(Certificate::from_pem("").error().code, Errc::malformed);
  EXPECT_EQ(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").error().code,
            Errc::malformed);
}

TEST(Certificate, HasOneSpelling) {
  const auto leaf = make_authority().certificate;
  const Bytes good(leaf.der().begin(), leaf.der().end());
  EXPECT_EQ(Certificate::from_der(concat({good, Bytes{0}})).error().code, Errc::malformed);
  EXPECT_EQ(Certificate::from_der(BytesView(good).first(good.size() - 1)).error().code, Errc::malformed);
  EXPECT_EQ(Certificate::from_der({}).error().code, Errc::malformed);
  EXPECT_EQ(Certificate::from_der(Bytes(20'000, 0x30)).error().code, Errc::malformed);
  auto indefinite = good;  // the outer length as BER's indefinite form
  ASSERT_EQ(good[1], 0x82);
  indefinite.erase(indefinite.begin() + 1, indefinite.begin() + 4);
  indefinite.insert(indefinite.begin() + 1, 0x80);
  append(indefinite, Bytes{0, 0});
  EXPECT_EQ(Certificate::from_der(indefinite).error().code, Errc::malformed);
}

TEST(Certificate, WithAnyBitChangedIsNotItsIssuers) {
  const auto authority = make_authority();
  for (std::size_t i = 0; i < authority.certificate.der().size(); ++i) {
    Bytes changed(authority.certificate.der().begin(), authority.certificate.der().end());
    changed[i] ^= 1U;
    const auto parsed = Certificate::from_der(changed);
    EXPECT_FALSE(parsed.has_value() && parsed.value().issued_by(authority.anchor)) << "byte " << i;
  }
}

class Issuing : public testing::Test {
 protected:
  [[nodiscard]] Errc refusal(const CertificateRequest& request, bool with_issuer) {
    return issue_certificate(request, authority_.key.public_key(), authority_.anchor_key,
                             with_issuer ? &authority_.anchor : nullptr)
        .error()
        .code;
  }
  Authority authority_ = make_authority();
};

TEST_F(Issuing, RefusesWhatCannotStand) {
  const auto from = kNow;
  const auto to = kNow + days(1);
  EXPECT_EQ(refusal({"", CertificateUse::sign, from, to}, true), Errc::malformed);
  EXPECT_EQ(refusal({std::string(65, 'a'), CertificateUse::sign, from, to}, true), Errc::malformed);
  EXPECT_EQ(refusal({"cn-example", CertificateUse::sign, to, from}, true), Errc::malformed);
  EXPECT_EQ(refusal({"cn-example", CertificateUse::sign, from, to}, false), Errc::malformed) << "needs an issuer";
  EXPECT_EQ(refusal({"cn-example", CertificateUse::anchor, from, to}, false), Errc::malformed) << "another's key";
  // a name that would add a second one to the SAN
  EXPECT_EQ(refusal({"a,DNS:bank.example", CertificateUse::tls, from, to}, true), Errc::malformed);
  EXPECT_EQ(issue_certificate({"x", CertificateUse::sign, from, to}, authority_.key.public_key(), authority_.key,
                              &authority_.certificate)
                .error()
                .code,
            Errc::malformed)
      << "a leaf issues nothing";
}

TEST_F(Issuing, GivesEachCertificateItsOwnSerial) {
  const CertificateRequest request{"cn-example", CertificateUse::sign, kNow, kNow + days(1)};
  const auto one = issue_certificate(request, authority_.key.public_key(), authority_.anchor_key, &authority_.anchor);
  const auto two = issue_certificate(request, authority_.key.public_key(), authority_.anchor_key, &authority_.anchor);
  // version 3, then INTEGER of 16 bytes
  EXPECT_EQ(to_hex(one.value().der().subspan(8, 7)), "a0030201020210");
  EXPECT_NE(to_hex(one.value().der().subspan(15, 16)), to_hex(two.value().der().subspan(15, 16)));
}

TEST_F(Issuing, MakesASelfSignedUser) {
  auto key = PrivateKey::generate(Suite::p256).value();
  const auto user =
      issue_certificate({"officer 1", CertificateUse::user, kNow, kNow + days(1)}, key.public_key(), key, nullptr)
          .value();
  EXPECT_TRUE(user.issued_by(user));
  EXPECT_FALSE(user.is_ca());
}

}  // namespace
}  // namespace chancery::crypto

#include "crypto/signing.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <filesystem>

#include "crypto/ecdsa.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

constexpr const char* kOrder = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

void match_wycheproof(const char* file, std::size_t at_least) {
  std::size_t count = 0;
  for (const auto& group : vectors(file)) {
    const auto key = PublicKey::from_spki(hex(group["key"].get<std::string>()));
    for (const auto& test : group["tests"]) {
      ++count;
      const bool valid =
          key.has_value() && key.value().verify(hex(test[1].get<std::string>()), hex(test[2].get<std::string>()));
      EXPECT_EQ(valid, test[3].get<bool>()) << "tcId " << test[0];
    }
  }
  EXPECT_GE(count, at_least);
  EXPECT_EQ(ERR_peek_error(), 0U) << "an error was left for gRPC to find";
}

TEST(EcdsaP256, MatchesWycheproof) { match_wycheproof("wycheproof_ecdsa_p256.json", 484); }
TEST(Ed25519, MatchesWycheproof) { match_wycheproof("wycheproof_ed25519.json", 150); }

Bytes ecdsa_der(const std::string& r, const std::string& s) {
  const auto content = hex(r + s);
  return concat({Bytes{0x30, static_cast<std::uint8_t>(content.size())}, content});
}

TEST(EcdsaEncoding, HoldsScalarsFromOneToBelowTheOrder) {
  const std::string one = "020101";
  const auto below = "022100" + std::string(kOrder, 62) + "50";
  EXPECT_TRUE(is_canonical_p256_signature(ecdsa_der(one, one)));
  EXPECT_TRUE(is_canonical_p256_signature(ecdsa_der(below, below)));
  for (const auto& bad :
       {std::string("020100"), std::string("0200"), std::string("0201ff"), std::string("02020001"),
        "022100" + std::string(kOrder), "0220" + std::string(kOrder),
        "022200" + std::string("80") + std::string(64, '0'), std::string("03020001"), std::string("02810101")}) {
    EXPECT_FALSE(is_canonical_p256_signature(ecdsa_der(bad, one))) << bad;
    EXPECT_FALSE(is_canonical_p256_signature(ecdsa_der(one, bad))) << bad;
  }
}

TEST(EcdsaEncoding, HasNothingBehindAndNoOtherLengthForm) {
  for (const auto* text :
       {"", "30", "3000", "3003020101", "300602010102010100", "30070201010201010500", "3081060201010201 01",
        "30800201010201010000", "3009020101020101020101", "3106020101020101", "3007020101020101", "3005020101020101"}) {
    std::string compact(text);
    std::erase(compact, ' ');
    EXPECT_FALSE(is_canonical_p256_signature(hex(compact))) << text;
  }
}

TEST(PublicKey, OfP256HasOneSpelling) {
  const auto key = PrivateKey::generate(Suite::p256).value();
  const Bytes good(key.public_key().spki().begin(), key.public_key().spki().end());
  ASSERT_EQ(PublicKey::from_spki(good).value().id(), key.public_key().id());
  auto compressed = hex("3039301306072a8648ce3d020106082a8648ce3d030107032200");
  append(compressed, concat({Bytes{static_cast<std::uint8_t>(2 + good[90] % 2)}, BytesView(good).subspan(27, 32)}));
  auto off_curve = good;
  off_curve[90] ^= 1U;
  auto p384_name = good;
  p384_name[21] ^= 1U;
  const auto infinity = hex("3019301306072a8648ce3d020106082a8648ce3d03010703020000");
  for (const auto& bad : {compressed, off_curve, p384_name, infinity, concat({good, Bytes{0}}),
                          Bytes(good.begin(), good.end() - 1), Bytes{}})
    EXPECT_EQ(PublicKey::from_spki(bad).error().code, Errc::malformed);
}

// Small orders (canonical and not), y of p and above, and a y without x.
TEST(PublicKey, OfEd25519IsAPointOfTheLargeGroup) {
  for (const auto* raw : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000080",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                          "0200000000000000000000000000000000000000000000000000000000000000"})
    EXPECT_FALSE(PublicKey::from_spki(hex(std::string("302a300506032b6570032100") + raw)).has_value()) << raw;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(PrivateKey::generate(Suite::ed25519).has_value());
}

TEST(PublicKey, OfOneSuiteRefusesSignaturesOfTheOther) {
  auto p256 = PrivateKey::generate(Suite::p256).value();
  auto ed25519 = PrivateKey::generate(Suite::ed25519).value();
  const auto message = as_bytes("message");
  EXPECT_FALSE(p256.public_key().verify(message, ed25519.sign(message).value()));
  EXPECT_FALSE(ed25519.public_key().verify(message, p256.sign(message).value()));
  EXPECT_TRUE(p256.public_key().verify(message, p256.sign(message).value()));
  EXPECT_TRUE(ed25519.public_key().verify(message, ed25519.sign(message).value()));
}

TEST(PrivateKey, ComesBackFromItsPem) {
  for (const auto suite : {Suite::p256, Suite::ed25519}) {
    const auto key = PrivateKey::generate(suite).value();
    const auto pem = key.to_pem();
    auto again = PrivateKey::from_pem(pem.view()).value();
    EXPECT_EQ(again.public_key().id(), key.public_key().id());
    EXPECT_TRUE(key.public_key().verify(as_bytes("m"), again.sign(as_bytes("m")).value()));
  }
}

TEST(PrivateKey, RefusesWhatIsNoKeyOfOurs) {
  for (const auto* text :
       {"", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})
    EXPECT_EQ(PrivateKey::from_pem(as_bytes(text)).error().code, Errc::malformed);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PublicKey, OfX25519SignsNothing) {
  const auto key = KemPrivateKey::generate(Suite::ed25519).value();
  EXPECT_EQ(PublicKey::from_spki(key.public_key().spki()).error().code, Errc::malformed);
  EXPECT_EQ(PrivateKey::from_pem(key.to_pem().view()).error().code, Errc::malformed);
}

TEST(SuiteName, IsOfAClosedRegistry) {
  EXPECT_EQ(parse_suite("p256").value(), Suite::p256);
  EXPECT_EQ(parse_suite("ed25519").value(), Suite::ed25519);
  for (const auto* name : {"", "P256", "sm2", "p256 ", "unknown"}) EXPECT_FALSE(parse_suite(name).has_value());
}

}  // namespace
}  // namespace chancery::crypto

#include "crypto/kem.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

// Where the vector's point is what Wycheproof says of it; else it is not taken.
void expect_agreement(Suite suite, const nlohmann::json& row, bool taken) {
  const auto peer = KemPublicKey::from_raw(suite, hex(row[1].get<std::string>()));
  ASSERT_EQ(peer.has_value(), taken) << "tcId " << row[0];
  if (!taken) return;
  const auto shared = kem_key(suite, hex(row[2].get<std::string>())).agree(peer.value()).value();
  EXPECT_EQ(to_hex(shared.view()), row[3].get<std::string>()) << "tcId " << row[0];
}

TEST(KemKey, OfP256AgreesAsWycheproofSays) {
  std::size_t count = 0;
  for (const auto& row : vectors("wycheproof_ecdh_p256_point.json")) {
    const bool valid = row[4].get<std::string>() == "valid";
    expect_agreement(Suite::p256, row, valid);
    if (valid) ++count;
  }
  EXPECT_GT(count, 60U);
}

// What Wycheproof leaves open, keys of low order and spellings that are not canonical, is refused.
TEST(KemKey, OfX25519AgreesAsWycheproofSays) {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (const auto& row : vectors("wycheproof_x25519.json")) {
    const bool is_taken = row[4].get<std::string>() == "taken";
    expect_agreement(Suite::ed25519, row, is_taken);
    ++(is_taken ? taken : refused);
  }
  EXPECT_GT(taken, 80U);
  EXPECT_GT(refused, 40U);
}

// A coordinate of p + x for an x that has a point: OpenSSL reduces in some paths; here it is another spelling.
TEST(KemKey, OfP256HasCoordinatesBelowThePrime) {
  const std::string prime = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
  EXPECT_FALSE(KemPublicKey::from_raw(Suite::p256, hex("04" + prime + prime)).has_value());
  EXPECT_FALSE(KemPublicKey::from_raw(Suite::p256, hex("04" + std::string(128, '0'))).has_value());
  EXPECT_FALSE(KemPublicKey::from_raw(Suite::p256, hex("04" + std::string(128, 'f'))).has_value());
}

TEST(KemKey, IsOfOneSuiteAndSignsNothing) {
  const auto p256 = KemPrivateKey::generate(Suite::p256).value();
  const auto x25519 = KemPrivateKey::generate(Suite::ed25519).value();
  EXPECT_EQ(p256.agree(x25519.public_key()).error().code, Errc::malformed);
  EXPECT_EQ(x25519.agree(p256.public_key()).error().code, Errc::malformed);
  EXPECT_FALSE(KemPublicKey::from_raw(Suite::p256, x25519.public_key().raw()).has_value());
  EXPECT_FALSE(KemPublicKey::from_raw(Suite::ed25519, p256.public_key().raw()).has_value());
  const auto ed25519 = PrivateKey::generate(Suite::ed25519).value();
  EXPECT_EQ(KemPublicKey::from_spki(ed25519.public_key().spki()).error().code, Errc::malformed);
  EXPECT_EQ(KemPrivateKey::from_pem(ed25519.to_pem().view()).error().code, Errc::malformed);
}

TEST(KemKey, ComesBackFromItsPemAndItsSpki) {
  for (const auto suite : {Suite::p256, Suite::ed25519}) {
    const auto key = KemPrivateKey::generate(suite).value();
    const auto again = KemPrivateKey::from_pem(key.to_pem().view()).value();
    EXPECT_EQ(again.public_key().id(), key.public_key().id());
    EXPECT_EQ(KemPublicKey::from_spki(key.public_key().spki()).value().raw(), key.public_key().raw());
    EXPECT_EQ(key.suite(), suite);
  }
}

}  // namespace
}  // namespace chancery::crypto

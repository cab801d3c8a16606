#include "crypto/digest.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(to_string(sha256(as_bytes("abc"))),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_string(sha256(BytesView{})), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")}), sha256(as_bytes("abc")));
}

// RFC 4231, cases 1, 2 and 6 (a key longer than a block).
TEST(HmacSha256, MatchesRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0b), {as_bytes("Hi There")}).value),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want "), as_bytes("for nothing?")}).value),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      to_hex(hmac_sha256(Bytes(131, 0xaa), {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")}).value),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hkdf, MatchesWycheproof) {
  const auto rows = vectors("wycheproof_hkdf_sha256.json");
  ASSERT_GT(rows.size(), 60U);
  for (const auto& row : rows) {
    const auto prk = hkdf_extract(hex(row[2].get<std::string>()), hex(row[1].get<std::string>()));
    const auto okm = hkdf_expand(prk.view(), hex(row[3].get<std::string>()), row[4].get<std::size_t>());
    EXPECT_EQ(to_hex(okm.view()), row[5].get<std::string>()) << "tcId " << row[0];
  }
}

TEST(Hkdf, StopsAtTheLengthOfRfc5869) {
  EXPECT_EQ(hkdf_expand(Bytes(32), {}, 8160).size(), 8160U);
  EXPECT_DEATH(hkdf_expand(Bytes(32), {}, 8161), "hkdf_expand");
}

TEST(DigestText, IsAcceptedInOneForm) {
  const auto text = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(to_string(parse_digest(text).value()), text);
  for (const auto& other :
       {"sha256:" + std::string(64, 'A'), "sha256:" + std::string(62, 'a'), "sha256:" + std::string(66, 'a'),
        std::string(64, 'a'), "SHA256:" + std::string(64, 'a'), text + "\n", " " + text, std::string()})
    EXPECT_FALSE(parse_digest(other).has_value()) << other;
}

}  // namespace
}  // namespace chancery::crypto

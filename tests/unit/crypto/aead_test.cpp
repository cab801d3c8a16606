#include "crypto/aead.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

TEST(Aead, MatchesWycheproof) {
  const auto rows = vectors("wycheproof_aes_256_gcm.json");
  ASSERT_GT(rows.size(), 50U);
  for (const auto& row : rows) {
    const auto field = [&](std::size_t i) { return hex(row[i].get<std::string>()); };
    Nonce nonce{};
    const auto iv = field(2);
    ASSERT_EQ(iv.size(), nonce.size());
    std::copy(iv.begin(), iv.end(), nonce.begin());
    const auto opened = aead_open(field(1), nonce, field(3), field(5));
    ASSERT_EQ(opened.has_value(), row[6].get<bool>()) << "tcId " << row[0];
    if (!opened.has_value()) continue;
    EXPECT_EQ(to_hex(opened.value().view()), row[4].get<std::string>());
    EXPECT_EQ(to_hex(aead_seal(field(1), nonce, field(3), field(4))), row[5].get<std::string>()) << row[0];
  }
}

TEST(Aead, RefusesWhatIsShorterThanItsTag) {
  for (std::size_t size = 0; size < 16; ++size)
    EXPECT_EQ(aead_open(Bytes(32), Nonce{}, {}, Bytes(size)).error().code, Errc::unauthenticated);
}

TEST(Aead, EndsTheProcessOnAKeyOfAnotherSize) { EXPECT_DEATH(aead_seal(Bytes(16), Nonce{}, {}, {}), "key size"); }

}  // namespace
}  // namespace chancery::crypto

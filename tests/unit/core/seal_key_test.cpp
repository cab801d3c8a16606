#include <gtest/gtest.h>

#include "daemon/core/designation.h"
#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

std::string seal_key_text() { return sample_seal_key().to_text(); }

TEST(SealKeyParse, GivesBackWhatWasWritten) {
  const auto parsed = SealKey::parse(seal_key_text());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, sample_seal_key());
}

TEST(SealKeyParse, RefusesEveryCommonMutation) { expect_all_malformed<SealKey>(common_mutations(seal_key_text())); }

TEST(SealKeyParse, RefusesValuesOutOfTheirGrammar) {
  expect_malformed<SealKey>(seal_key_text(), {{"suite p256", "suite rsa"},
                                              {"public M", "public -M"},
                                              {"public M", "public  M"},
                                              {"\nto 2026-12-20", "\nto 2026-11-20"},
                                              {"accept-until 2027-01-03", "accept-until 2027-01-04"},
                                              {"accept-until 2027-01-03", "accept-until 2026-12-20"}});
}

TEST(SealKey, IsNamedByItsPublicKeyAlone) {
  auto key = sample_seal_key();
  EXPECT_EQ(key.id(), crypto::sha256(key.public_key));
  key.to = key.to + days(1);
  EXPECT_EQ(key.id(), sample_seal_key().id());
}

}  // namespace
}  // namespace chancery::core

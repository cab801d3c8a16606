#include "daemon/core/designation.h"

#include <gtest/gtest.h>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

std::string sample() { return sample_designation().to_text(); }

TEST(DesignationParse, GivesBackWhatWasWritten) {
  const auto parsed = Designation::parse(sample());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, sample_designation());
}

TEST(DesignationParse, RefusesEveryCommonMutation) {
  expect_all_malformed<Designation>(common_mutations(sample(), {"key"}));
}

TEST(DesignationParse, RefusesValuesOutOfTheirGrammar) {
  expect_malformed<Designation>(sample(), {{"party RU", "party ru"},
                                           {"party RU", "party RUS"},
                                           {"agreements cn-ru-2015 sco-2009", "agreements sco-2009 cn-ru-2015"},
                                           {"agreements cn-ru-2015 sco-2009", "agreements -"},
                                           {"serial 2", "serial 0"},
                                           {"serial 2", "serial 02"},
                                           {"succeeds -", "succeeds ru-example"},
                                           {"valid-from 2026-11-01", "valid-from 2028-11-01"},
                                           {"endpoint chancery.ru.example:7443", "endpoint chancery.ru.example"},
                                           {"endpoint chancery.ru.example:7443", "endpoint chancery.ru.example:0"},
                                           {"endpoint chancery.ru.example:7443", "endpoint chancery.ru.example:65536"},
                                           {"key log ed25519", "key log rsa"},
                                           {"key log ed25519", "key king ed25519"},
                                           {"active -", "active 2026-11-10T00:00:00.000Z"},
                                           {"active -", "lost -"},
                                           {"compromised 2026-11-10T00:00:00.000Z", "compromised -"}});
}

TEST(DesignationParse, RefusesTwoLinesAboutOneKey) {
  auto designation = sample_designation();
  auto again = designation.keys.back();
  again.to = again.to + seconds(1);
  designation.keys.push_back(again);
  EXPECT_TRUE(malformed(Designation::parse(designation.to_text())));
}

TEST(DesignatedKey, IsValidInsideItsTimeAndBeforeItsCompromise) {
  DesignatedKey key;
  key.from = {100};
  key.to = {200};
  EXPECT_FALSE(key.valid_at({99}));
  EXPECT_TRUE(key.valid_at({100}));
  EXPECT_TRUE(key.valid_at({199}));
  EXPECT_FALSE(key.valid_at({200}));
  key.state = KeyState::compromised;
  key.since = Instant{150};
  EXPECT_TRUE(key.valid_at({149}));
  EXPECT_FALSE(key.valid_at({150}));
}

}  // namespace
}  // namespace chancery::core

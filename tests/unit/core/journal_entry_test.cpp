#include "daemon/core/journal_entry.h"

#include <gtest/gtest.h>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

std::string sample_text() { return sample_entry().to_text(); }

TEST(JournalEntryParse, GivesBackWhatWasWritten) {
  const auto parsed = JournalEntry::parse(sample_text());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, sample_entry());
}

TEST(JournalEntryParse, RefusesEveryCommonMutation) {
  expect_all_malformed<JournalEntry>(common_mutations(sample_text()));
}

TEST(JournalEntryParse, RefusesValuesOutOfTheirGrammar) {
  expect_malformed<JournalEntry>(sample_text(), {{"actor peer:cn-example", "actor peer:"},
                                                 {"actor peer:cn-example", "actor peer:CN"},
                                                 {"actor peer:cn-example", "actor user:x"},
                                                 {"act accepted", "act eaten"},
                                                 {"act accepted", "act -"},
                                                 {"decision allow", "decision yes"},
                                                 {"reasons -", "reasons E-EXPIRED"},
                                                 {"reasons -", "reasons e-expired"},
                                                 {"subject cn-example", "subject cn example"}});
}

TEST(JournalEntryParse, TakesEveryActAndActor) {
  for (const auto* actor : {"actor daemon\n", "actor wang.fang\n", "actor peer:kz-example\n"})
    expect_parses<JournalEntry>(sample_text(), {{"actor peer:cn-example\n", actor}});
  for (int i = 0; i <= static_cast<int>(Act::exported); ++i) {
    const auto act = static_cast<Act>(i);
    EXPECT_EQ(parse_act(to_string(act)).value(), act);
  }
}

TEST(EntryLeaf, IsTheLeafHashOfItsText) {
  EXPECT_EQ(entry_leaf("x"), crypto::sha256({as_bytes(std::string_view("\0", 1)), as_bytes("x")}));
  auto other = sample_entry();
  other.salt.front() ^= 1;
  EXPECT_NE(entry_leaf(other.to_text()), entry_leaf(sample_text()));
}

}  // namespace
}  // namespace chancery::core

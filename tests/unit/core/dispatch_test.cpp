#include "daemon/core/dispatch.h"

#include <gtest/gtest.h>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

TEST(DispatchParse, GivesBackWhatWasWritten) {
  for (const auto& dispatch : {sample_dispatch(), sample_void(), sample_restored()}) {
    const auto parsed = Dispatch::parse(dispatch.to_text());
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    EXPECT_EQ(*parsed, dispatch);
  }
}

TEST(DispatchParse, RefusesEveryCommonMutation) {
  for (const auto& dispatch : {sample_dispatch(), sample_void(), sample_restored()})
    expect_all_malformed<Dispatch>(common_mutations(dispatch.to_text()));
}

TEST(DispatchParse, RefusesValuesOutOfTheirGrammar) {
  expect_malformed<Dispatch>(sample_dispatch().to_text(), {{"recipient ru-example", "recipient cn-example"},
                                                           {"epoch 1", "epoch 0"},
                                                           {"sequence 41", "sequence 0"},
                                                           {"sequence 41", "sequence 1"},
                                                           {"item message ", "item letter "},
                                                           {"item message ", "item "}});
  expect_malformed<Dispatch>(sample_void().to_text(), {{"void 41 E-KEY-RETIRED", "void 42 E-KEY-RETIRED"},
                                                       {"void 41 E-KEY-RETIRED", "void 0 E-KEY-RETIRED"},
                                                       {"void 41 E-KEY-RETIRED", "void 41 1"},
                                                       {"void 41 E-KEY-RETIRED", "void 41"}});
  expect_malformed<Dispatch>(sample_restored().to_text(), {{"epoch 2", "epoch 1"},
                                                           {"restored 1 42 17", "restored 2 42 17"},
                                                           {"restored 1 42 17", "restored 1 42"},
                                                           {"restored 1 42 17", "restored 1 42 -1"}});
}

class ChainStepOf : public testing::Test {
 protected:
  [[nodiscard]] ChainStep step(const Dispatch& dispatch) const { return chain_step(head, dispatch); }
  ChainHead head{1, 40, sample_dispatch().previous};
};

TEST_F(ChainStepOf, RecordsTheNextNumberThatFollows) { EXPECT_EQ(step(sample_dispatch()), ChainStep::next); }

TEST_F(ChainStepOf, KnowsEarlierNumbersAndEpochs) {
  head.sequence = 41;
  EXPECT_EQ(step(sample_dispatch()), ChainStep::known);
  head = {2, 0, std::nullopt};
  EXPECT_EQ(step(sample_dispatch()), ChainStep::known);
}

TEST_F(ChainStepOf, SeesAGap) {
  EXPECT_EQ(step(sample_void()), ChainStep::gap);
  auto later = sample_dispatch();
  later.epoch = 2;
  EXPECT_EQ(step(later), ChainStep::gap);
}

TEST_F(ChainStepOf, SeesABrokenChain) {
  head.digest = digest_of("another dispatch 40");
  EXPECT_EQ(step(sample_dispatch()), ChainStep::broken);
  auto fresh = sample_restored();
  fresh.item = DispatchMessage{};
  EXPECT_EQ(step(fresh), ChainStep::broken) << "an epoch opens with `restored`";
}

TEST_F(ChainStepOf, OpensANewEpochAfterARestore) {
  EXPECT_EQ(step(sample_restored()), ChainStep::next);
  head.epoch = 3;
  EXPECT_EQ(step(sample_restored()), ChainStep::known);
}

TEST_F(ChainStepOf, BeginsAnEmptyChainWithNumberOne) {
  head = {};
  auto first = sample_dispatch();
  first.sequence = 1;
  first.previous = std::nullopt;
  EXPECT_EQ(step(first), ChainStep::next);
  EXPECT_EQ(step(sample_dispatch()), ChainStep::gap);
}

}  // namespace
}  // namespace chancery::core

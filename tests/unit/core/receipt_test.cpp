#include "daemon/core/receipt.h"

#include <gtest/gtest.h>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

TEST(ReceiptParse, GivesBackWhatWasWritten) {
  for (const auto& receipt : {sample_receipt(), sample_refusal()}) {
    const auto parsed = Receipt::parse(receipt.to_text());
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    EXPECT_EQ(*parsed, receipt);
  }
}

TEST(ReceiptParse, RefusesEveryCommonMutation) {
  expect_all_malformed<Receipt>(common_mutations(sample_receipt().to_text()));
  expect_all_malformed<Receipt>(common_mutations(sample_refusal().to_text()));
}

TEST(ReceiptParse, LetsReasonsStandWithRefusedAndAnswersWithAnswered) {
  const auto delivered = sample_receipt().to_text(), refused = sample_refusal().to_text();
  expect_malformed<Receipt>(delivered, {{"reasons -", "reasons E-EXPIRED"},
                                        {"stage delivered", "stage refused"},
                                        {"stage delivered", "stage answered"},
                                        {"stage delivered", "stage lost"},
                                        {"answer -", "answer " + to_string(sample_receipt().message)}});
  expect_malformed<Receipt>(
      refused, {{"stage refused", "stage delivered"},
                {"reasons E-CONSENT-REQUIRED E-NOT-ADDRESSED", "reasons -"},
                {"reasons E-CONSENT-REQUIRED E-NOT-ADDRESSED", "reasons E-NOT-ADDRESSED E-CONSENT-REQUIRED"}});
  expect_parses<Receipt>(delivered, {{"stage delivered", "stage read"}, {"stage delivered", "stage acknowledged"}});
}

TEST(Contradict, OnlyWhatNoHonestReceiverSignsBoth) {
  const auto delivered = sample_receipt(), refused = sample_refusal();
  auto read = delivered, again = delivered, elsewhere = refused, other = refused;
  read.stage = Stage::read;
  again.time = again.time + seconds(1);
  elsewhere.receiver = "kz-example";
  other.message = id_of(sample_notice());
  EXPECT_FALSE(contradict(delivered, delivered)) << "re-sent byte for byte";
  EXPECT_FALSE(contradict(delivered, read));
  EXPECT_TRUE(contradict(delivered, refused));
  EXPECT_TRUE(contradict(refused, read));
  EXPECT_TRUE(contradict(delivered, again));
  EXPECT_FALSE(contradict(delivered, elsewhere));
  EXPECT_FALSE(contradict(delivered, other));
}

}  // namespace
}  // namespace chancery::core

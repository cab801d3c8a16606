#include <gtest/gtest.h>

#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

class HandlingStore : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = world_.open().value();
    ASSERT_TRUE(world_.introduce(*store_));
    sent_ = world_.send(*store_, 1).value().id;
    held_ = world_.take_in(*store_, 1).value().message;
  }

  Result<bool> record(const core::MessageId& message, const std::string& classification,
                      const std::optional<Digest>& previous) {
    return store_->run<bool>(1, [&](store::Transaction& tx) -> Result<bool> {
      core::Handling handling;
      handling.authority = "cn-example";
      handling.message = message;
      handling.label = {"cn-example", 1, classification, "", {"judicial"}};
      handling.previous = previous;
      handling.time = tx.now();
      handling.salt = tx.random().bytes(32);
      const auto leaf = TRY(tx.sign(handling.to_text()));
      CHECK_OK(tx.record_handling(handling, leaf, entry_of(core::Act::handled, message)));
      return TRY(tx.handlings(message)).back().handling == handling;
    });
  }
  std::vector<store::HandlingRecord> history() { return store_->reader().handlings(held_).value(); }
  [[nodiscard]] static Digest digest_of(const store::HandlingRecord& record) {
    return core::statement_digest(record.statement.statement);
  }
  std::vector<std::string> findings_after(const std::string& sql) {
    store_.reset();
    if (!sql.empty()) world_.tamper(sql);
    auto report = world_.fsck();
    EXPECT_TRUE(report) << report.error().detail;
    return report ? report->findings : std::vector<std::string>();
  }
  void record_two() {
    ASSERT_TRUE(record(held_, "restricted", {}).value());
    ASSERT_TRUE(record(held_, "secret", digest_of(history().back())).value());
  }

  StoreWorld world_;
  std::unique_ptr<store::Store> store_;
  core::MessageId sent_;
  core::MessageId held_;
};

TEST_F(HandlingStore, KeepsTheHistoryInOrderEachSignedByUs) {
  record_two();
  const auto all = history();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].handling.label.classification, "restricted");
  EXPECT_EQ(all[1].handling.label.classification, "secret");
  for (const auto& one : all) {
    const auto batch = crypto::verify_batch(one.statement.signature, world_.self.certificate);
    ASSERT_TRUE(batch) << batch.error().detail;
    EXPECT_TRUE(crypto::in_batch(*batch, digest_of(one), one.statement.path));
  }
  EXPECT_EQ(findings_after(""), std::vector<std::string>());
}

TEST_F(HandlingStore, TakesNothingThatDoesNotFollowTheLastOne) {
  ASSERT_TRUE(record(held_, "restricted", {}));
  EXPECT_EQ(record(held_, "secret", {}).error().code, Errc::conflict);
  EXPECT_EQ(record(held_, "secret", crypto::sha256(as_bytes("x"))).error().code, Errc::conflict);
  EXPECT_EQ(history().size(), 1U);
}

TEST_F(HandlingStore, TakesNothingAboutOurOwnMessagesNorWhatIsNotHeld) {
  EXPECT_EQ(record(sent_, "secret", {}).error().code, Errc::conflict);
  EXPECT_EQ(record(core::MessageId(), "secret", {}).error().code, Errc::conflict);
}

struct PlantedChange {
  const char* name;
  const char* sql;
};

class PlantedHandling : public HandlingStore, public ::testing::WithParamInterface<PlantedChange> {};

TEST_P(PlantedHandling, IsFoundByFsck) {
  record_two();
  EXPECT_FALSE(findings_after(GetParam().sql).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Fsck, PlantedHandling,
    ::testing::Values(
        PlantedChange{"Laxer", "UPDATE handling SET statement = replace(statement, 'secret', 'open')"},
        PlantedChange{"LastForgotten", "DELETE FROM handling WHERE ordinal = 2"},
        PlantedChange{"FirstForgotten", "DELETE FROM handling WHERE ordinal = 1"},
        PlantedChange{"AllForgotten", "DELETE FROM handling"},
        PlantedChange{"Swapped",
                      "UPDATE handling SET ordinal = 3 WHERE ordinal = 1; UPDATE handling SET ordinal = 1 "
                      "WHERE ordinal = 2; UPDATE handling SET ordinal = 2 WHERE ordinal = 3"},
        PlantedChange{"OfAnotherMessage", "UPDATE handling SET message = (SELECT id FROM message WHERE direction = 0)"},
        PlantedChange{"OfNothing", "UPDATE handling SET message = zeroblob(32)"},
        PlantedChange{"LeafMoved", "UPDATE handling SET leaf = leaf + 1"}),
    [](const auto& planted) { return planted.param.name; });

}  // namespace
}  // namespace chancery::test

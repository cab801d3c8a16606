// What of an anchor's lists stays in force when a newer one comes.
#include <gtest/gtest.h>

#include "tests/support/revocation_lists.h"
#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

constexpr const char* kRu = "ru-example";

class RevocationsOf : public testing::Test {
 protected:
  RevocationsOf() : store_(world_.open().value()) { EXPECT_TRUE(world_.introduce(*store_)); }

  // One more hour with each list.
  Result<void> record(const crypto::RevocationList& list) {
    return store_->run<void>(0, [&](store::Transaction& tx) {
      return tx.record_revocations(crypto::sha256(world_.peer.anchor.der()), list,
                                   entry_of(core::Act::revocations_recorded));
    });
  }
  [[nodiscard]] crypto::RevocationList says(int hour, const std::string& reason = {}) const {
    std::vector<RevocationLists::Revoked> revoked;
    if (!reason.empty()) revoked.push_back({world_.peer.certificate, at(-1), reason});
    return lists_.list(at(hour), revoked);
  }
  [[nodiscard]] Instant at(int hour) const { return world_.clock.now() + seconds(3600 * hour); }
  [[nodiscard]] bool holds() const {
    return store_->directory()->key(kRu, core::KeyRole::sign, world_.peer.certificate.id(), at(0)) != nullptr;
  }
  [[nodiscard]] bool is_lost() const {
    return store_->directory()->is_compromised(kRu, core::KeyRole::sign, world_.peer.certificate.id());
  }

  StoreWorld world_;
  RevocationLists lists_{world_.peer.anchor, world_.peer.anchor_key};
  std::unique_ptr<store::Store> store_;
};

TEST_F(RevocationsOf, TakesNoOlderListAndNoneTwice) {
  ASSERT_TRUE(record(says(2, "superseded")));
  EXPECT_FALSE(holds());
  for (const int hour : {1, 2}) {
    const auto again = record(says(hour));
    ASSERT_FALSE(again) << hour;
    EXPECT_EQ(again.error().code, Errc::conflict) << hour;
  }
  EXPECT_FALSE(holds());
}

TEST_F(RevocationsOf, KeepsWhatWasRevokedThoughANewerListIsSilent) {
  ASSERT_TRUE(record(says(1, "superseded")));
  ASSERT_TRUE(record(says(2)));
  EXPECT_FALSE(holds());
}

TEST_F(RevocationsOf, TakesBackWhatWasOnlyHeld) {
  ASSERT_TRUE(record(says(1, "certificateHold")));
  EXPECT_FALSE(holds());
  ASSERT_TRUE(record(says(2)));
  EXPECT_TRUE(holds());
}

TEST_F(RevocationsOf, TakesBackNothingByWayOfAHold) {
  ASSERT_TRUE(record(says(1, "superseded")));
  ASSERT_TRUE(record(says(2, "certificateHold")));
  ASSERT_TRUE(record(says(3)));
  EXPECT_FALSE(holds());
}

TEST_F(RevocationsOf, KeepsAKeyLostThatANewerListOnlySupersedes) {
  ASSERT_TRUE(record(says(1, "keyCompromise")));
  EXPECT_TRUE(is_lost());
  ASSERT_TRUE(record(says(2, "superseded")));
  EXPECT_TRUE(is_lost());
}

TEST_F(RevocationsOf, StayWhatTheyAreAfterARestart) {
  ASSERT_TRUE(record(says(1, "keyCompromise")));
  ASSERT_TRUE(record(says(2)));
  store_.reset();
  store_ = world_.open().value();
  EXPECT_TRUE(is_lost());
  EXPECT_FALSE(holds());
}

}  // namespace
}  // namespace chancery::test

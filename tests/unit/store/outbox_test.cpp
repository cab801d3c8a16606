#include <gmock/gmock.h>

#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

using store::OutboxState;
using store::Transaction;

class Outbox : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = world_.open().value();
    ASSERT_TRUE(world_.introduce(*store_));
  }
  Result<void> record(const store::ReceiptRecord& receipt) {
    return store_
        ->run<bool>(0,
                    [&](Transaction& tx) -> Result<bool> {
                      CHECK_OK(tx.record_receipt(receipt, entry_of(core::Act::receipt_recorded, receipt.receipt.message,
                                                                   receipt.statement.statement)));
                      return true;
                    })
        .map([](bool) {});
  }
  OutboxState state(const core::MessageId& id) { return store_->reader().deliveries(id).value().at(0).state; }
  Sent send(std::uint64_t number, core::Precedence precedence) {
    return store_
        ->run<Sent>(2,
                    [&](Transaction& tx) -> Result<Sent> {
                      auto m = world_.message("cn-example", number);
                      const auto leaf = TRY(tx.sign(m.statement.statement));
                      TRY(tx.record_outbound(m, leaf, entry_of(core::Act::released, m.id, m.statement.statement)));
                      return Sent{m.id, leaf,
                                  TRY(tx.record_dispatch("ru-example", core::DispatchMessage{m.id}, precedence)), ""};
                    })
        .value();
  }

  StoreWorld world_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(Outbox, GoesByPrecedenceThenSequence) {
  send(1, core::Precedence::routine);
  send(2, core::Precedence::flash);
  send(3, core::Precedence::priority);
  send(4, core::Precedence::flash);
  std::vector<std::uint64_t> order;
  const auto rows = store_->reader().due("ru-example", world_.clock.now(), 10).value();
  order.reserve(rows.size());
  for (const auto& row : rows) order.push_back(row.sequence);
  EXPECT_EQ(order, (std::vector<std::uint64_t>{2, 4, 3, 1}));
  EXPECT_EQ(store_->reader().queued("ru-example").value(), 4U);
  EXPECT_TRUE(store_->reader().due("kz-example", world_.clock.now(), 10)->empty());
}

TEST_F(Outbox, WaitsUntilTheNextAttempt) {
  const auto sent = world_.send(*store_, 1).value();
  const auto later = world_.clock.now() + minutes(5);
  ASSERT_TRUE(store_->run<bool>(0, [&](Transaction& tx) -> Result<bool> {
    CHECK_OK(tx.postpone("ru-example", 1, sent.sequence, 3, later, "E-KEY-UNKNOWN"));
    return true;
  }));
  EXPECT_TRUE(store_->reader().due("ru-example", world_.clock.now(), 10)->empty());
  EXPECT_EQ(store_->reader().next_due("ru-example").value(), later);
  const auto rows = store_->reader().due("ru-example", later, 10).value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].attempts, 3U);
  EXPECT_EQ(rows[0].waiting_for, "E-KEY-UNKNOWN");
}

TEST_F(Outbox, CountsWhatWaitsForOneThing) {
  const auto sent = world_.send(*store_, 1).value();
  const auto counted = [&](const std::string& peer, const std::string& code) {
    return store_->run<std::uint64_t>(0, [&](Transaction& tx) { return tx.waiting(peer, code); }).value();
  };
  EXPECT_EQ(counted("ru-example", "E-PERMIT-AWAITED"), 0U);
  ASSERT_TRUE(store_->run<std::uint64_t>(1, [&](Transaction& tx) {
    return tx.record_dispatch("ru-example", core::DispatchMessage{sent.id}, core::Precedence::routine,
                              "E-PERMIT-AWAITED");
  }));
  EXPECT_EQ(counted("ru-example", "E-PERMIT-AWAITED"), 1U);
  EXPECT_EQ(counted("kz-example", "E-PERMIT-AWAITED"), 0U);
  EXPECT_EQ(store_->reader().due("ru-example", world_.clock.now(), 10)->size(), 2U) << "due at once all the same";
}

TEST_F(Outbox, ADeliveredReceiptClosesTheRowOnce) {
  const auto sent = world_.send(*store_, 1).value();
  const auto receipt = world_.receipt(sent.id, core::Stage::delivered);
  ASSERT_TRUE(record(receipt));
  EXPECT_EQ(state(sent.id), OutboxState::delivered);
  const auto size = store_->checkpoint().size;
  ASSERT_TRUE(record(receipt));
  EXPECT_EQ(store_->checkpoint().size, size) << "a known receipt has no second effect";
  const auto stored = store_->reader().receipts(sent.id).value();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].statement, receipt.statement);
}

TEST_F(Outbox, AContradictingReceiptIsAConflict) {
  const auto sent = world_.send(*store_, 1).value();
  ASSERT_TRUE(record(world_.receipt(sent.id, core::Stage::refused, {"E-EXPIRED"})));
  EXPECT_EQ(state(sent.id), OutboxState::refused);
  EXPECT_EQ(record(world_.receipt(sent.id, core::Stage::delivered)).error().code, Errc::conflict);
  EXPECT_EQ(record(world_.receipt(sent.id, core::Stage::refused, {"E-LIMIT"})).error().code, Errc::conflict);
  EXPECT_EQ(state(sent.id), OutboxState::refused);
}

TEST_F(Outbox, AReceiptOfNobodyItWasSentToIsNotFound) {
  EXPECT_EQ(record(world_.receipt(core::MessageId{}, core::Stage::delivered)).error().code, Errc::not_found);
}

// Whoever holds the database key and our own signing key cannot make up what a peer said.
TEST_F(Outbox, FsckFindsAReceiptSignedByAKeyItsReceiverHadNot) {
  const auto sent = world_.send(*store_, 1).value();
  auto forged = world_.receipt(sent.id, core::Stage::delivered);
  const auto& text = forged.statement.statement;
  auto batch = crypto::sign_batch("ru-example", world_.self.sign_key, world_.self.certificate.id(),
                                  {core::statement_digest(text)}, world_.clock.now(), world_.random);
  forged.statement = {text, batch->signature, batch->path(0)};
  ASSERT_TRUE(record(forged));
  store_.reset();
  EXPECT_THAT(world_.fsck()->findings, ::testing::ElementsAre(::testing::HasSubstr("a key its author had not")));
}

TEST_F(Outbox, FsckFindsAReceiptNoEntryIsAboutAndAnEntryWithoutItsReceipt) {
  const auto sent = world_.send(*store_, 1).value();
  ASSERT_TRUE(record(world_.receipt(sent.id, core::Stage::delivered)));
  const auto other = world_.receipt(sent.id, core::Stage::read);
  ASSERT_TRUE(store_->run<void>(0, [&](Transaction& tx) {
    return tx.record_receipt(other, entry_of(core::Act::receipt_recorded, sent.id, "another statement"));
  }));
  store_.reset();
  EXPECT_THAT(world_.fsck()->findings,
              ::testing::UnorderedElementsAre(::testing::HasSubstr("no entry is about this statement"),
                                              ::testing::HasSubstr("an entry is about it, and it is not there")));
}

TEST_F(Outbox, AVoidClosesWhatWasNotAnswered) {
  const auto sent = world_.send(*store_, 1).value();
  ASSERT_TRUE(store_->run<bool>(1, [&](Transaction& tx) -> Result<bool> {
    TRY(tx.record_dispatch("ru-example", core::DispatchVoid{sent.sequence, "withdrawn"}, core::Precedence::routine));
    return true;
  }));
  EXPECT_EQ(state(sent.id), OutboxState::closed);
  EXPECT_EQ(store_->reader().untaken("ru-example", 10)->size(), 2U);
  ASSERT_TRUE(store_->run<bool>(0, [&](Transaction& tx) -> Result<bool> {
    CHECK_OK(tx.mark_dispatch_taken("ru-example", 1, 2));
    return true;
  }));
  EXPECT_TRUE(store_->reader().untaken("ru-example", 10)->empty());
  store_.reset();
  EXPECT_EQ(world_.fsck()->findings, std::vector<std::string>());
}

TEST_F(Outbox, NamesWhatIsStillQueuedBeforeADispatch) {
  const auto first = world_.send(*store_, 1).value();
  const auto second = world_.send(*store_, 2).value();
  const auto third = world_.send(*store_, 3).value();
  ASSERT_TRUE(record(world_.receipt(second.id, core::Stage::delivered)));
  const auto before = [&](std::uint64_t sequence) {
    return store_->reader().queued_before("ru-example", 1, sequence).value();
  };
  using Ids = std::vector<core::MessageId>;
  EXPECT_EQ(before(first.sequence), Ids());
  EXPECT_EQ(before(third.sequence), Ids({first.id}));
  EXPECT_EQ(before(third.sequence + 1), Ids({first.id, third.id}));
  EXPECT_EQ(store_->reader().queued_before("ru-example", 2, 1).value(), Ids({first.id, third.id}));
}

TEST_F(Outbox, CountsTheVoidsThatWereNotTaken) {
  const auto sent = world_.send(*store_, 1).value();
  EXPECT_EQ(store_->reader().untaken_voids("ru-example").value(), 0U);
  ASSERT_TRUE(store_->run<std::uint64_t>(1, [&](Transaction& tx) {
    return tx.record_dispatch("ru-example", core::DispatchVoid{sent.sequence, "withdrawn"}, core::Precedence::routine);
  }));
  EXPECT_EQ(store_->reader().untaken_voids("ru-example").value(), 1U);
  const auto rows = store_->reader().dispatches_from("ru-example", 1, 1, 10).value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].message, sent.id);
  EXPECT_EQ(rows[1].message, std::nullopt);
  ASSERT_TRUE(store_->run<void>(0, [](Transaction& tx) { return tx.mark_dispatch_taken("ru-example", 1, 2); }));
  EXPECT_EQ(store_->reader().untaken_voids("ru-example").value(), 0U);
}

TEST_F(Outbox, OwnReadReceiptsWaitUntilConfirmed) {
  auto r = world_.take_in(*store_, 1).value();
  r.stage = core::Stage::read;
  ASSERT_TRUE(store_->run<store::LeafRef>(1, [&](Transaction& tx) { return tx.issue_receipt(r); }));
  EXPECT_EQ(store_->reader().counts()->unread, 0U);
  const auto unsent = store_->reader().unsent_receipts("ru-example", 0, 10).value();
  ASSERT_EQ(unsent.size(), 1U);
  EXPECT_TRUE(crypto::verify_batch(unsent[0].statement.signature, world_.self.certificate));
  ASSERT_TRUE(store_->run<bool>(0, [&](Transaction& tx) -> Result<bool> {
    CHECK_OK(tx.mark_receipt_taken("ru-example", core::statement_digest(unsent[0].statement.statement)));
    return true;
  }));
  EXPECT_TRUE(store_->reader().unsent_receipts("ru-example", 0, 10)->empty());
  store_.reset();
  EXPECT_EQ(world_.fsck()->findings, std::vector<std::string>());
}

TEST_F(Outbox, KeepsWhatWaitsToGoAgainUntilItIsTaken) {
  const auto sent = world_.send(*store_, 1).value();
  const store::WaitingReissue waiting{"ru-example", sent.id, crypto::sha256(as_bytes("key"))};
  ASSERT_TRUE(record(world_.receipt(sent.id, core::Stage::refused, {"E-KEY-RETIRED"})));
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(store_->run<void>(0, [&](Transaction& tx) { return tx.record_waiting_reissue(waiting); }));
  store_.reset();
  EXPECT_EQ(world_.fsck()->findings, std::vector<std::string>());
  store_ = world_.open().value();
  const auto all = store_->reader().waiting_reissues().value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].message, sent.id);
  EXPECT_EQ(all[0].used_key, waiting.used_key);
  const auto take = [&](Transaction& tx) { return tx.take_waiting_reissue(waiting); };
  EXPECT_TRUE(store_->run<bool>(0, take).value());
  EXPECT_FALSE(store_->run<bool>(0, take).value());
  EXPECT_TRUE(store_->reader().waiting_reissues()->empty());
}

TEST_F(Outbox, FsckFindsWhatWaitsToGoAgainAndWasNotRefusedForItsKey) {
  const auto sent = world_.send(*store_, 1).value();
  ASSERT_TRUE(record(world_.receipt(sent.id, core::Stage::refused, {"E-EXPIRED"})));
  ASSERT_TRUE(store_->run<void>(0, [&](Transaction& tx) {
    return tx.record_waiting_reissue({"ru-example", sent.id, Digest()});
  }));
  store_.reset();
  EXPECT_THAT(world_.fsck()->findings,
              ::testing::ElementsAre(::testing::HasSubstr("ru-example did not refuse it for its seal key")));
}

}  // namespace
}  // namespace chancery::test

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>

#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

using store::Commit;
using store::Transaction;

TEST(Writer, RollsBackAFailingActAlone) {
  StoreWorld world;
  auto store = world.open().value();
  std::latch done(3);
  std::vector<bool> outcomes(3);
  for (std::uint64_t i = 0; i < 3; ++i)
    store->post<Sent>(
        2,
        [&world, i](Transaction& tx) -> Result<Sent> {
          auto sent = TRY(world.release(tx, i));
          if (i == 1) return fail(Errc::conflict, "on purpose");
          return sent;
        },
        [&, i](const Result<Sent>& sent, const Commit&) {
          outcomes[i] = sent.has_value();
          done.count_down();
        });
  done.wait();
  EXPECT_EQ(outcomes, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(store->reader().list(store::Box::outbox, 0, 10)->size(), 2U);
  EXPECT_EQ(store->reader().untaken("ru-example", 10)->size(), 2U);
  EXPECT_EQ(store->checkpoint().size.value, 2U);
  EXPECT_EQ(world.send(*store, 9)->number, "CN-2026-0003");
}

// Several acts in one group: the writer waits in an act of its own until all of them are there.
std::vector<bool> run_together(StoreWorld& world, store::Store& store, std::vector<std::vector<int>>& runs,
                               const std::set<std::uint64_t>& failing) {
  const auto kActs = runs.size();
  std::latch running(1);
  std::latch gate(1);
  std::latch done(static_cast<std::ptrdiff_t>(kActs) + 1);
  store.post<int>(
      0,
      [&](Transaction&) -> Result<int> {
        running.count_down();
        gate.wait();
        return 0;
      },
      [&](const Result<int>&, const Commit&) { done.count_down(); });
  running.wait();
  std::vector<bool> outcomes(kActs);
  std::vector<store::Store::Work> works;
  int order = 0;
  for (std::uint64_t i = 0; i < kActs; ++i)
    works.push_back(store::Store::work<Sent>(
        2,
        [&, i](Transaction& tx) -> Result<Sent> {
          runs[i].push_back(order++);
          auto sent = TRY(world.release(tx, i));
          if (failing.contains(i)) return fail(Errc::conflict, "on purpose");
          return sent;
        },
        [&, i](const Result<Sent>& sent, const Commit& commit) {
          outcomes[i] = sent.has_value() && !commit.signed_statement(sent->leaf).signature.signature.empty();
          done.count_down();
        },
        store::Repeat::allowed));
  store.post_all(std::move(works));
  gate.count_down();
  done.wait();
  return outcomes;
}

TEST(Writer, RunsWhatMayBeRepeatedOnceWhereNothingFails) {
  StoreWorld world;
  auto store = world.open().value();
  std::vector<std::vector<int>> runs(3);
  EXPECT_EQ(run_together(world, *store, runs, {}), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(runs, (std::vector<std::vector<int>>{{0}, {1}, {2}}));
  EXPECT_EQ(store->checkpoint().size.value, 3U);
}

TEST(Writer, RepeatsTheOthersWithoutTheActThatFailed) {
  StoreWorld world;
  auto store = world.open().value();
  ASSERT_TRUE(world.introduce(*store));
  const auto before = store->checkpoint().size.value;
  std::vector<std::vector<int>> runs(5);
  EXPECT_EQ(run_together(world, *store, runs, {1, 3}), (std::vector<bool>{true, false, true, false, true}));
  // The first that failed is done with; from then on each is rolled back alone.
  EXPECT_EQ(runs, (std::vector<std::vector<int>>{{0, 2}, {1}, {3}, {4}, {5}}));
  EXPECT_EQ(store->reader().list(store::Box::outbox, 0, 10)->size(), 3U);
  EXPECT_EQ(store->reader().untaken("ru-example", 10)->size(), 3U);
  EXPECT_EQ(store->checkpoint().size.value, before + 3);
  EXPECT_EQ(world.send(*store, 9)->number, "CN-2026-0004");
  store.reset();
  const auto report = world.fsck();
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->findings.empty());
}

TEST(Writer, AnswersAnActThatFailsAloneAndGoesOn) {
  StoreWorld world;
  auto store = world.open().value();
  std::vector<std::vector<int>> runs(1);
  EXPECT_EQ(run_together(world, *store, runs, {0}), std::vector<bool>{false});
  EXPECT_EQ(runs, (std::vector<std::vector<int>>{{0}}));
  EXPECT_EQ(store->checkpoint().size.value, 0U);
  EXPECT_EQ(world.send(*store, 9)->number, "CN-2026-0001");
}

// What is signed then nobody believes, and receipts and dispatches come again as they were signed.
TEST(Writer, SignsNothingWhileNoDesignationOfOursIsInForce) {
  StoreWorld world;
  auto store = world.open().value();
  ASSERT_TRUE(world.introduce(*store));
  ASSERT_TRUE(world.send(*store, 1));
  const auto sequence = world.send(*store, 2)->sequence;
  for (const auto jump : {days(40'000), days(-40'000)}) {
    world.clock.advance(jump);
    EXPECT_EQ(world.send(*store, 3).error().code, Errc::unavailable);
    EXPECT_EQ(world.take_in(*store, 4).error().code, Errc::unavailable);
    const auto voided = store->run<std::uint64_t>(1, [&](Transaction& tx) {
      return tx.record_dispatch("ru-example", core::DispatchVoid{sequence, "E-EXPIRED"}, core::Precedence::routine);
    });
    EXPECT_EQ(voided.error().code, Errc::unavailable);
    EXPECT_TRUE(store->run<Digest>(0, [](Transaction& tx) { return tx.append(entry_of(core::Act::read)); }));
    world.clock.advance(Duration{-jump.ms});
  }
  EXPECT_EQ(store->reader().list(store::Box::outbox, 0, 10)->size(), 2U);
  EXPECT_EQ(world.send(*store, 5)->sequence, 3U);
}

TEST(Writer, SignsWhatVerifiesAloneWithItsStoredPath) {
  StoreWorld world;
  auto store = world.open().value();
  constexpr std::uint64_t kMessages = 300;
  std::latch done(kMessages);
  std::vector<crypto::SignedStatement> told(kMessages);
  std::vector<core::MessageId> ids(kMessages);
  for (std::uint64_t i = 0; i < kMessages; ++i)
    store->post<Sent>(
        2, [&world, i](Transaction& tx) { return world.release(tx, i); },
        [&, i](const Result<Sent>& sent, const Commit& commit) {
          ids[i] = sent.value().id;
          told[i] = commit.signed_statement(sent->leaf);
          done.count_down();
        });
  done.wait();
  for (std::uint64_t i = 0; i < kMessages; ++i) {
    const auto stored = store->reader().message(ids[i]).value().statement;
    EXPECT_EQ(stored, told[i]);
    const auto batch = crypto::verify_batch(stored.signature, world.self.certificate);
    ASSERT_TRUE(batch) << batch.error().detail;
    EXPECT_LE(batch->size, crypto::kMaxBatchLeaves);
    EXPECT_TRUE(crypto::in_batch(*batch, core::statement_digest(stored.statement), stored.path));
  }
}

TEST(Writer, ClosesAGroupBeforeThe257thLeaf) {
  StoreWorld world;
  auto store = world.open().value();
  // While the first act holds the writer, the others gather: 1 + 200 + 100 leaves do not fit one batch.
  std::latch started(1);
  std::latch gathered(1);
  std::latch done(3);
  std::map<int, std::string> batch_of;
  const auto post = [&](int name, std::uint32_t leaves, bool holds) {
    store->post<store::LeafRef>(
        leaves,
        [&, leaves, name, holds](Transaction& tx) -> Result<store::LeafRef> {
          if (holds) {
            started.count_down();
            gathered.wait();
          }
          store::LeafRef last;
          for (std::uint32_t i = 0; i < leaves; ++i)
            last = TRY(tx.sign(std::to_string(name) + " " + std::to_string(i)));
          return last;
        },
        [&, name](const Result<store::LeafRef>& leaf, const Commit& commit) {
          batch_of[name] = commit.signed_statement(leaf.value()).signature.statement;
          done.count_down();
        });
  };
  post(0, 1, true);
  started.wait();
  post(1, 200, false);
  post(2, 100, false);
  gathered.count_down();
  done.wait();
  EXPECT_EQ(crypto::BatchStatement::parse(batch_of[0])->size, 1U);
  EXPECT_EQ(crypto::BatchStatement::parse(batch_of[1])->size, 256U);
  EXPECT_EQ(crypto::BatchStatement::parse(batch_of[2])->size, 128U);
}

TEST(Writer, SignsWhatIsPostedTogetherAsOneBatch) {
  StoreWorld world;
  auto store = world.open().value();
  constexpr std::uint64_t kActs = 64;
  std::latch done(kActs);
  std::vector<std::string> signatures(kActs);
  std::vector<store::Store::Work> works;
  for (std::uint64_t i = 0; i < kActs; ++i)
    works.push_back(store::Store::work<Sent>(
        2, [&world, i](Transaction& tx) { return world.release(tx, i); },
        [&, i](const Result<Sent>& sent, const Commit& commit) {
          signatures[i] = to_hex(commit.signed_statement(sent.value().leaf).signature.signature);
          done.count_down();
        }));
  store->post_all(std::move(works));
  done.wait();
  EXPECT_EQ(std::count(signatures.begin(), signatures.end(), signatures.front()), static_cast<std::ptrdiff_t>(kActs));
}

TEST(Writer, RefusesWhatComesWhen4096ActsWait) {
  StoreWorld world;
  auto store = world.open().value();
  std::latch held(1);
  std::latch started(1);
  const auto hold = [&](Transaction&) -> Result<void> {
    started.count_down();
    held.wait();
    return {};
  };
  constexpr std::size_t kWaiting = 4096, kMore = 3;
  std::latch ended(1 + kWaiting + kMore);
  std::atomic<int> kept = 0, busy = 0;
  const auto count = [&](const Result<void>& outcome, const Commit&) {
    if (outcome) ++kept;
    if (!outcome && outcome.error().code == Errc::busy) ++busy;
    ended.count_down();
  };
  store->post<void>(0, hold, count);
  started.wait();
  std::vector<store::Store::Work> works;
  for (std::size_t i = 0; i < kWaiting + kMore; ++i)
    works.push_back(store::Store::work<void>(
        0, [](Transaction&) { return Result<void>(); }, count));
  store->post_all(std::move(works));
  EXPECT_EQ(busy, 3);
  held.count_down();
  ended.wait();
  EXPECT_EQ(kept, 1 + static_cast<int>(kWaiting));
}

TEST(Writer, RefusesAnActThatSignsMoreThanItSaid) {
  StoreWorld world;
  auto store = world.open().value();
  const auto result = store->run<Sent>(1, [&world](Transaction& tx) { return world.release(tx, 1); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::internal);
  EXPECT_EQ(store->checkpoint().size.value, 0U);
}

TEST(Writer, RollsTheGroupBackWhenTheSignerFails) {
  StoreWorld world;
  auto store = world.open().value();
  ASSERT_TRUE(world.introduce(*store));
  world.signer.fail_from_now(true);
  const auto refused = world.send(*store, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_EQ(store->checkpoint().size.value, 3U);
  world.signer.fail_from_now(false);
  const auto sent = world.send(*store, 1);
  ASSERT_TRUE(sent) << sent.error().detail;
  EXPECT_EQ(sent->number, "CN-2026-0001");
  EXPECT_EQ(sent->sequence, 1U);
  EXPECT_TRUE(world.failures.empty());
  store.reset();
  EXPECT_EQ(world.fsck()->findings, std::vector<std::string>());
}

TEST(Writer, FailsAloneWhatSignsWhileTheSigningKeyIsAway) {
  StoreWorld world;
  auto store = world.open().value();
  ASSERT_TRUE(world.introduce(*store));
  world.signer.away_from_now();
  EXPECT_FALSE(store->signs());
  std::latch done(2);
  std::vector<std::optional<Errc>> outcomes(2);
  const auto post = [&](std::size_t i, std::uint32_t leaves, const std::function<Result<int>(Transaction&)>& act) {
    store->post<int>(leaves, act, [&, i](const Result<int>& result, const Commit&) {
      if (!result.has_value()) outcomes[i] = result.error().code;
      done.count_down();
    });
  };
  post(0, 2, [&world](Transaction& tx) -> Result<int> {
    EXPECT_FALSE(tx.can_sign());
    TRY(world.release(tx, 1));
    return 0;
  });
  post(1, 0, [](Transaction& tx) -> Result<int> {
    CHECK_OK(tx.record_suspension("only to write something"));
    return 0;
  });
  done.wait();
  EXPECT_EQ(outcomes[0], std::optional(Errc::unavailable));
  EXPECT_EQ(outcomes[1], std::nullopt);
  world.signer.fail_from_now(false);
  world.signer.look();
  EXPECT_TRUE(store->signs());
}

TEST(Writer, GoesOnAfterAnotherProgramHeldTheLock) {
  StoreWorld world;
  auto store = world.open().value();
  ASSERT_TRUE(world.introduce(*store));
  ASSERT_TRUE(world.send(*store, 1));
  world.while_locked([&] {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(world.send(*store, 2).error().code, Errc::busy);
  });
  const auto sent = world.send(*store, 2);
  ASSERT_TRUE(sent) << sent.error().detail;
  EXPECT_EQ(sent->number, "CN-2026-0002");
  store.reset();
  EXPECT_EQ(world.fsck()->findings, std::vector<std::string>());
}

TEST(Writer, FinishesWaitingActsWhenItCloses) {
  StoreWorld world;
  auto store = world.open().value();
  int answered = 0;
  for (std::uint64_t i = 0; i < 50; ++i)
    store->post<Sent>(
        2, [&world, i](Transaction& tx) { return world.release(tx, i); },
        [&](const Result<Sent>& sent, const Commit&) { answered += sent.has_value() ? 1 : 0; });
  store.reset();
  EXPECT_EQ(answered, 50);
}

TEST(Writer, KeepsAnAnswerForItsIdempotencyKeySevenDays) {
  StoreWorld world;
  auto store = world.open().value();
  const auto key = to_bytes("0123456789abcdef");
  const store::SubmitOutcome outcome{crypto::sha256(key), "id", "CN-2026-0001", false};
  const auto record = [&](Transaction& tx) -> Result<bool> {
    CHECK_OK(tx.record_submit("li", key, outcome));
    return true;
  };
  ASSERT_TRUE(store->run<bool>(0, record));
  EXPECT_EQ(store->run<bool>(0, record).error().code, Errc::conflict);
  const auto known = [&] {
    return store->run<bool>(0, [&](Transaction& tx) -> Result<bool> {
      return TRY(tx.find_submit("li", key)).has_value() && !TRY(tx.find_submit("wang", key)).has_value();
    });
  };
  EXPECT_TRUE(known().value());
  world.clock.advance(days(7));
  EXPECT_FALSE(known().value());
  EXPECT_TRUE(store->run<bool>(0, record));
}

TEST(Writer, ForgetsDirectoryChangesOfAnActThatFails) {
  StoreWorld world;
  auto store = world.open().value();
  ASSERT_FALSE(store->run<bool>(0, [&](Transaction& tx) -> Result<bool> {
    CHECK_OK(tx.record_peer({"kz-example", core::PeerState::active, {1}}, entry_of(core::Act::peer_added)));
    if (tx.directory().find("kz-example") == nullptr) return true;
    return fail(Errc::conflict, "on purpose");
  }));
  EXPECT_EQ(store->directory()->find("kz-example"), nullptr);
  ASSERT_TRUE(world.send(*store, 1));
  EXPECT_EQ(store->directory()->find("kz-example"), nullptr);
  ASSERT_TRUE(world.introduce(*store));
  EXPECT_NE(store->directory()->find("ru-example"), nullptr);
}

// What a wrap of an act of its own was made under: the ephemeral key, and the place in its sequence.
using Wrapped = std::pair<Bytes, std::uint64_t>;
Wrapped wrap_alone(store::Store& store, const core::SealKey& key, bool fails = false) {
  Wrapped wrapped;
  (void)store.run<void>(0, [&](Transaction& tx) -> Result<void> {
    auto* context = TRY(tx.wrapping_context(key));
    wrapped = {Bytes(context->enc().begin(), context->enc().end()), context->next_sequence()};
    CHECK_OK(context->seal({}, as_bytes("a key")));
    return fails ? Result<void>(fail(Errc::conflict, "on purpose")) : Result<void>();
  });
  return wrapped;
}

core::SealKey seal_key_of_a_peer() {
  const auto pair = crypto::KemPrivateKey::generate(crypto::Suite::p256).value();
  core::SealKey key;
  key.public_key.assign(pair.public_key().spki().begin(), pair.public_key().spki().end());
  return key;
}

TEST(Writer, SharesAWrappingContextForTwoSecondsAndNoPlaceInItTwice) {
  StoreWorld world;
  auto store = world.open().value();
  const auto key = seal_key_of_a_peer(), other = seal_key_of_a_peer();
  const auto first = wrap_alone(*store, key), rolled_back = wrap_alone(*store, key, true);
  world.clock.advance(seconds(1));
  const auto last = wrap_alone(*store, key);
  EXPECT_EQ(last.first, first.first);
  EXPECT_EQ(rolled_back, Wrapped(first.first, first.second + 1));
  EXPECT_EQ(last.second, first.second + 2);
  EXPECT_NE(wrap_alone(*store, other).first, first.first);

  world.clock.advance(seconds(1));
  const auto later = wrap_alone(*store, key);
  EXPECT_NE(later.first, first.first);
  world.clock.advance(seconds(-1));  // set back: nobody knows for how long it would last
  EXPECT_NE(wrap_alone(*store, key).first, later.first);
}

}  // namespace
}  // namespace chancery::test

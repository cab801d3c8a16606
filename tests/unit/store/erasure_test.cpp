// What the store does when a text goes: nothing of it is left that opens, and fsck still proves what was said about it.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "daemon/core/consent.h"
#include "daemon/store/database.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

using store::ErasureState;
using store::Transaction;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ErasureTest : public testing::Test {
 protected:
  ErasureTest() : store_(world_.open().value()) { EXPECT_TRUE(world_.introduce(*store_)); }

  void act(const std::function<Result<void>(Transaction&)>& what) {
    const auto done = store_->run<bool>(2, [&](Transaction& tx) -> Result<bool> {
      CHECK_OK(what(tx));
      return true;
    });
    ASSERT_TRUE(done) << done.error().detail;
  }
  void erase(const core::MessageId& id) {
    act([&](Transaction& tx) { return tx.erase(id, "li", entry_of(core::Act::copy_erased)); });
  }
  // A message of ours that names this one as a source.
  core::MessageId made_of(const core::MessageId& source, std::uint64_t number) {
    core::MessageId out;
    act([&](Transaction& tx) -> Result<void> {
      auto record = world_.message("cn-example", number);
      auto message = core::Message::parse(record.statement.statement).value();
      core::SourceLine line{source, core::Relation::translates, {}, {}};
      line.digest = core::statement_digest(store_->reader().message_row(source)->statement);
      message.sources = {line};
      record.statement.statement = message.to_text();
      record.id = core::message_id(record.statement.statement, message.created);
      record.number = "CN-2026-000" + std::to_string(TRY(tx.next_number("CN", 2026)));
      out = record.id;
      const auto leaf = TRY(tx.sign(record.statement.statement));
      TRY(tx.record_outbound(record, leaf, entry_of(core::Act::released, record.id, record.statement.statement)));
      TRY(tx.record_dispatch("ru-example", core::DispatchMessage{record.id}, core::Precedence::routine));
      return {};
    });
    return out;
  }
  std::vector<std::string> findings() {
    store_.reset();
    auto report = world_.fsck();
    EXPECT_TRUE(report) << report.error().detail;
    return report->findings;
  }

  StoreWorld world_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(ErasureTest, LeavesStatementAndEvidenceAndNothingThatOpens) {
  const auto sent = world_.send(*store_, 1).value();
  const auto before = store_->reader().message(sent.id).value();
  erase(sent.id);
  const auto after = store_->reader().message(sent.id).value();
  EXPECT_EQ(after.statement.statement, before.statement.statement);
  EXPECT_EQ(after.statement.signature.signature, before.statement.signature.signature);
  EXPECT_TRUE(after.ciphertexts.empty() && after.wraps.empty() && after.sealed_key.empty());
  EXPECT_EQ(store_->reader().erasure(sent.id)->value(), (store::ErasureRecord{ErasureState::erased, "li", ""}));
  EXPECT_TRUE(store_->reader().outgoing(sent.id)->erased);
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ErasureTest, EmptiesTheLogBeforeItAnswers) {
  const auto sent = world_.send(*store_, 1).value();
  const auto log = world_.file("chancery.db-wal");
  ASSERT_GT(std::filesystem::file_size(log), 0U);
  erase(sent.id);
  EXPECT_EQ(std::filesystem::file_size(log), 0U);
}

// A backup reads for as long as the store is large: the log waits for it, the groups do not.
TEST_F(ErasureTest, WaitsForASlowReaderOnceAndHoldsUpNoOtherGroup) {
  store_.reset();
  FaultVfs vfs("slow-reader");
  store_ = world_.open(vfs.name()).value();
  const auto sent = world_.send(*store_, 1).value();
  const auto log = world_.file("chancery.db-wal");
  {
    const auto reader =
        store::Database::open(world_.file("chancery.db"), world_.database_key, store::Database::Use::reader, nullptr)
            .value();
    ASSERT_TRUE(reader->query("BEGIN").run());
    ASSERT_TRUE(reader->query("SELECT count(*) FROM message").run());
    erase(sent.id);
    const auto slept = vfs.slept();
    EXPECT_GT(slept, 0);
    EXPECT_LT(slept, 500'000);
    for (std::uint64_t i = 2; i < 12; ++i) ASSERT_TRUE(world_.send(*store_, i));
    EXPECT_EQ(vfs.slept(), slept);
    EXPECT_GT(std::filesystem::file_size(log), 0U);
    ASSERT_TRUE(reader->query("COMMIT").run());
  }
  ASSERT_TRUE(world_.send(*store_, 12));
  EXPECT_EQ(std::filesystem::file_size(log), 0U);
  store_.reset();
}

TEST_F(ErasureTest, ThatWasKilledBeforeTheLogWasEmptyIsMadeGoodWhenTheStoreIsOpened) {
  const auto sent = world_.send(*store_, 1).value();
  const auto killed = world_.directory.string() + "-killed";
  std::filesystem::copy(world_.directory, killed, std::filesystem::copy_options::recursive);
  store_.reset();
  std::filesystem::remove_all(world_.directory);
  std::filesystem::rename(killed, world_.directory);
  ASSERT_GT(std::filesystem::file_size(world_.file("chancery.db-wal")), 0U);
  store_ = world_.open().value();
  EXPECT_EQ(std::filesystem::file_size(world_.file("chancery.db-wal")), 0U);
  EXPECT_TRUE(store_->reader().message(sent.id));
}

TEST_F(ErasureTest, IsFoundByFsckWhereItsEntryOrItsBodySayOtherwise) {
  const auto erased = world_.send(*store_, 1).value(), other = world_.send(*store_, 2).value();
  erase(erased.id);
  store_.reset();
  world_.tamper("UPDATE body SET sealed_key = x'01' WHERE ordinal = 1");
  world_.tamper("INSERT INTO erasure SELECT id, 1, 'li', '' FROM message WHERE ordinal = 2");
  world_.tamper("UPDATE body SET sealed_key = x'', wraps = x'', ciphertexts = x'' WHERE ordinal = 2");
  const auto findings = world_.fsck()->findings;
  EXPECT_THAT(findings, testing::Contains(HasSubstr(to_string(erased.id) + ": it is erased, and something of it")));
  EXPECT_THAT(findings, testing::Contains(HasSubstr(to_string(other.id) + ": no entry is about this statement")));
}

TEST_F(ErasureTest, WithoutAnyRecordIsAFinding) {
  const auto sent = world_.send(*store_, 1).value();
  store_.reset();
  world_.tamper("UPDATE body SET wraps = x'' WHERE ordinal = 1");
  EXPECT_THAT(world_.fsck()->findings, testing::Contains(HasSubstr("its wraps are not those of the statement")));
}

TEST_F(ErasureTest, FindsWhatWasMadeOfAMessageAlsoInAStoreOfTheSchemaBefore) {
  const auto source = world_.send(*store_, 1).value().id;
  const auto made = made_of(source, 2), again = made_of(made, 3);
  const auto of = [&](const core::MessageId& id) {
    return store_->run<std::vector<core::MessageId>>(0, [&](Transaction& tx) { return tx.made_of(id); }).value();
  };
  EXPECT_THAT(of(source), ElementsAre(made));
  store_.reset();
  world_.tamper(std::string(kUndoFourthSchema) + "PRAGMA user_version = 3");
  store_ = world_.open().value();
  EXPECT_THAT(of(source), ElementsAre(made));
  EXPECT_THAT(of(made), ElementsAre(again));
  EXPECT_THAT(of(again), IsEmpty());
  store_.reset();
  world_.tamper(std::string(kUndoNinthSchema) + "DELETE FROM made_of; PRAGMA user_version = 7");
  store_ = world_.open().value();
  EXPECT_THAT(of(source), ElementsAre(made));
  store_.reset();
  world_.tamper("DELETE FROM made_of");
  EXPECT_THAT(world_.fsck()->findings, testing::Contains(HasSubstr("not filed under its source")));
}

TEST_F(ErasureTest, OfACarriedOriginalEndsWhenItComesAgain) {
  const auto original = world_.message("ru-example", 7);
  auto record = original;
  record.statement = world_.peer.sign(original.statement.statement, world_.clock.now(), world_.random);
  const auto carried = [&] {
    act([&](Transaction& tx) { return tx.record_carried(record, entry_of(core::Act::carried, record.id)); });
  };
  carried();
  erase(record.id);
  EXPECT_TRUE(store_->reader().message(record.id)->sealed_key.empty());
  carried();
  EXPECT_EQ(store_->reader().message(record.id)->sealed_key, original.sealed_key);
  EXPECT_EQ(store_->reader().message(record.id)->ciphertexts, original.ciphertexts);
  EXPECT_FALSE(store_->reader().erasure(record.id)->has_value());
  EXPECT_THAT(findings(), IsEmpty());
}

// What follows the texts from outside the database.
TEST_F(ErasureTest, AndWhateverComesAgainAreChangesOfTheirTextInOrder) {
  const auto changes = [&] {
    std::vector<std::uint64_t> ordinals;
    const auto all = store_->reader().text_changes(0, 100).value();
    for (const auto& change : all) ordinals.push_back(change.ordinal);
    return ordinals;
  };
  const auto ordinal_of = [&](const core::MessageId& id) { return store_->reader().message_row(id)->ordinal; };
  const auto signed_by_peer = [&](std::uint64_t number) {
    auto record = world_.message("ru-example", number);
    record.statement = world_.peer.sign(record.statement.statement, world_.clock.now(), world_.random);
    return record;
  };
  const auto carry = [&](const store::MessageRecord& record) {
    act([&](Transaction& tx) { return tx.record_carried(record, entry_of(core::Act::carried, record.id)); });
  };
  const auto whole = signed_by_peer(7);
  auto part = whole;
  part.extent.parts = {0};
  part.omitted.resize(1);
  carry(part);
  const auto first = ordinal_of(whole.id);
  const auto sent = ordinal_of(world_.send(*store_, 1).value().id);
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(store_->reader().last_text_change().value(), 0U);

  carry(whole);
  EXPECT_THAT(changes(), ElementsAre(first)) << "more of it";
  EXPECT_NE(ordinal_of(whole.id), first);
  carry(whole);
  EXPECT_THAT(changes(), ElementsAre(first)) << "the same once more";
  erase(whole.id);
  erase(store_->reader().recorded_after(sent - 1, 1)->front().id);
  EXPECT_THAT(changes(), ElementsAre(first, ordinal_of(whole.id), sent));
  const auto erased = ordinal_of(whole.id);
  carry(whole);
  EXPECT_THAT(changes(), ElementsAre(first, sent, erased)) << "each by its last change";
  EXPECT_THAT(
      store_->reader().text_changes(store_->reader().last_text_change().value() - 1, 100).value().front().ordinal,
      erased);
}

TEST_F(ErasureTest, OfAMessageOfOursByRightEndsOnlyWhenItComesWithItsKey) {
  const auto id = world_.take_in(*store_, 1)->message;
  auto record = store_->reader().message(id).value();
  erase(id);
  const auto key = std::exchange(record.sealed_key, {});
  const auto carry = [&] {
    act([&](Transaction& tx) { return tx.record_carried(record, entry_of(core::Act::carried, id)); });
  };
  carry();
  EXPECT_EQ(store_->reader().erasure(id).value()->state, ErasureState::erased);
  record.sealed_key = key;
  carry();
  EXPECT_FALSE(store_->reader().erasure(id)->has_value());
  EXPECT_EQ(store_->reader().message(id)->sealed_key, key);
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ErasureTest, IsNothingToACarriedOriginalWhoseKeyComesLater) {
  auto record = world_.message("ru-example", 7);
  record.statement = world_.peer.sign(record.statement.statement, world_.clock.now(), world_.random);
  const auto key = std::exchange(record.sealed_key, {});
  const auto carry = [&] {
    act([&](Transaction& tx) { return tx.record_carried(record, entry_of(core::Act::carried, record.id)); });
  };
  carry();
  EXPECT_TRUE(store_->reader().message(record.id)->sealed_key.empty());
  record.sealed_key = key;
  carry();
  EXPECT_EQ(store_->reader().message(record.id)->sealed_key, key);
  record.sealed_key.clear();
  carry();
  EXPECT_EQ(store_->reader().message(record.id)->sealed_key, key) << "what is held opens";
}

// A message of ru-example of a consent kind, taken in as the service does.
core::MessageId take_in(StoreWorld& world, Transaction& tx, const std::string& kind,
                        const core::ConsentStatement& statement, std::uint64_t number,
                        std::vector<core::Fact> further = {}, const Bytes& made_wraps = {}) {
  auto record = world.message("ru-example", number);
  auto message = core::Message::parse(record.statement.statement).value();
  message.kind = kind;
  message.directions = {};
  message.facts = core::facts_of(statement);
  message.facts.insert(message.facts.end(), further.begin(), further.end());
  std::sort(message.facts.begin(), message.facts.end());
  record.made_wraps = made_wraps;
  record.statement = world.peer.sign(message.to_text(), world.clock.now(), world.random);
  record.id = core::message_id(record.statement.statement, message.created);
  record.about = core::subject_of(statement);
  record.quiet = kind == "transfer-report";
  core::Receipt receipt{"cn-example", "ru-example", record.id, core::Stage::delivered, world.clock.now(), {},
                        {},           {},           {}};
  receipt.entry =
      tx.record_inbound(record, entry_of(core::Act::accepted, record.id, record.statement.statement)).value();
  receipt.salt = tx.random().bytes(32);
  EXPECT_TRUE(tx.issue_receipt(receipt));
  return record.id;
}

TEST_F(ErasureTest, WhatARevocationOrASpillLeavesUnlockedIsAFinding) {
  const auto copy = world_.take_in(*store_, 1)->message, spilled = world_.take_in(*store_, 2)->message;
  core::MessageId grant;
  grant.value[0] = 9;
  core::Permit permit;
  permit.provider = permit.holder = "ru-example";
  permit.grant = permit.original = grant;
  permit.carrier = to_string(copy);
  permit.receiver = "cn-example";
  permit.from = world_.clock.now();
  permit.until = permit.from + minutes(10);
  permit.salt = Bytes(32, 7);
  const auto statement = world_.peer.sign(permit.to_text(), world_.clock.now(), world_.random);
  act([&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.record_permit({permit, statement, {}}, std::nullopt,
                              entry_of(core::Act::permit_recorded, copy, statement.statement)));
    (void)take_in(world_, tx, "consent-revocation", core::Revocation{grant, world_.clock.now()}, 3);
    const auto notice = take_in(world_, tx, "spill-notice", core::SpillNotice{spilled, world_.clock.now()}, 4);
    TRY(tx.lock(copy, grant, entry_of(core::Act::copy_locked, copy)));
    TRY(tx.lock(spilled, notice, entry_of(core::Act::copy_locked, spilled)));
    return {};
  });
  EXPECT_THAT(findings(), IsEmpty());
  world_.tamper("DELETE FROM locked");
  EXPECT_THAT(
      world_.fsck()->findings,
      testing::UnorderedElementsAre("message " + to_string(copy) + ": its grant is revoked, and it is not locked",
                                    "message " + to_string(spilled) + ": it was spilled, and it is not locked"));
}

TEST_F(ErasureTest, OfASpillWhoseNoticeWentAgainNeedsNoSecondLock) {
  const auto spilled = world_.take_in(*store_, 1)->message;
  act([&](Transaction& tx) -> Result<void> {
    const core::SpillNotice said{spilled, world_.clock.now()};
    const auto notice = take_in(world_, tx, "spill-notice", said, 2);
    (void)take_in(world_, tx, "spill-notice", said, 3, {{std::string(core::kReissueFact), to_string(notice)}});
    TRY(tx.lock(spilled, notice, entry_of(core::Act::copy_locked, spilled)));
    return {};
  });
  EXPECT_THAT(findings(), IsEmpty());
  world_.tamper("DELETE FROM locked");
  const auto each = "message " + to_string(spilled) + ": it was spilled, and it is not locked";
  EXPECT_THAT(world_.fsck()->findings, ElementsAre(each, each)) << "each notice says it";
}

TEST_F(ErasureTest, AloneExplainsThatADetachedGrantHasNoWraps) {
  const auto original = world_.take_in(*store_, 1)->message;
  const crypto::Wrap wrap{crypto::sha256(as_bytes("key")), Bytes(65, 4), 0, Bytes(48, 1)};
  core::Grant grant{{}, "ru-example", "cn-example", {}, core::Onward::ask};
  grant.terms.original = original;
  grant.terms.to = {"kz-example"};
  grant.terms.mode = core::ConsentMode::detached;
  grant.terms.from = world_.clock.now();
  grant.terms.until = grant.terms.from + days(1);
  grant.wraps = {{"kz-example", wrap.key_id, crypto::sha256(wrap.to_bytes())}};
  core::MessageId id;
  act([&](Transaction& tx) -> Result<void> {
    id = take_in(world_, tx, "consent-grant", grant, 2, {}, wrap.to_bytes());
    return {};
  });
  EXPECT_THAT(findings(), IsEmpty());
  world_.tamper("UPDATE body SET forwarder_wrap = x'' WHERE forwarder_wrap <> x''");
  EXPECT_THAT(world_.fsck()->findings,
              ElementsAre("message " + to_string(id) +
                          ": its wraps are gone, and no entry says that what they open was erased"));
  store_ = world_.open().value();
  erase(original);
  EXPECT_THAT(findings(), IsEmpty());
}

// A use of a detached grant stands where a permit would: it counts once, it is told in the journal, and a revocation
// that left its copy open is found.
TEST_F(ErasureTest, UnderADetachedGrantIsFoundByItsUseAsByAPermit) {
  const auto copy = world_.take_in(*store_, 1)->message, sent = world_.send(*store_, 2)->id;
  core::MessageId grant;
  grant.value[0] = 9;
  const store::UseRecord taken{grant, copy, "cn-example", "ru-example", true},
      made{grant, sent, "ru-example", "kz-example", true};
  act([&](Transaction& tx) -> Result<void> {
    core::JournalEntry entry;
    entry.actor = "peer:ru-example";
    for (int twice = 0; twice < 2; ++twice) {
      CHECK_OK(tx.record_detached_use(taken, entry));
      CHECK_OK(tx.record_detached_use(made, entry));
    }
    EXPECT_EQ(tx.uses_of_grant(grant)->size(), 2U);
    return {};
  });
  const auto uses = store_->reader().uses_of_carrier(copy).value();
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_TRUE(uses[0].detached && !uses[0].refused);
  EXPECT_EQ(uses[0].provider + " " + uses[0].receiver, "ru-example cn-example");
  EXPECT_THAT(findings(), IsEmpty());
  store_ = world_.open().value();
  act([&](Transaction& tx) -> Result<void> {
    (void)take_in(world_, tx, "consent-revocation", core::Revocation{grant, world_.clock.now()}, 3);
    return {};
  });
  EXPECT_THAT(findings(), ElementsAre("message " + to_string(copy) + ": its grant is revoked, and it is not locked"));
  world_.tamper("UPDATE detached_use SET provider = 'kz-example' WHERE receiver = 'cn-example'");
  world_.tamper("DELETE FROM detached_use WHERE receiver = 'ru-example'");
  const auto changed = world_.fsck()->findings;
  EXPECT_THAT(changed, testing::Contains(HasSubstr("for cn-example: no entry is about this statement")));
  EXPECT_THAT(changed, testing::Contains(HasSubstr("an entry is about it, and it is not there")));
}

// ru-example permitted itself the use of a grant of its own: the store does not ask by what right.
TEST_F(ErasureTest, NoteOfAPermitIsWhatItsReceiverReportedAlsoInAStoreOfTheSchemaBefore) {
  const auto original = world_.take_in(*store_, 1)->message, carrier = world_.take_in(*store_, 2)->message;
  core::Grant grant{{}, "ru-example", "kz-example", {}, core::Onward::ask};
  grant.terms.original = original;
  grant.terms.to = {"ru-example"};
  grant.terms.until = world_.clock.now();
  core::Permit permit;
  permit.provider = permit.receiver = "ru-example";
  permit.holder = "kz-example";
  permit.original = original;
  permit.carrier = to_string(carrier);
  permit.from = world_.clock.now();
  permit.until = permit.from + minutes(10);
  permit.salt = Bytes(32, 7);
  core::TransferReport report;
  report.original = original;
  report.carrier = carrier;
  report.holder = "kz-example";
  report.refused = core::ReasonCode::expired;
  act([&](Transaction& tx) -> Result<void> {
    permit.grant = take_in(world_, tx, "consent-grant", grant, 3);
    const auto statement = world_.peer.sign(permit.to_text(), world_.clock.now(), world_.random);
    CHECK_OK(tx.record_permit({permit, statement, {}}, std::nullopt,
                              entry_of(core::Act::permit_recorded, carrier, statement.statement)));
    (void)take_in(world_, tx, "transfer-report", report, 4);
    return {};
  });
  const auto state = [&] {
    const auto uses = store_->run<std::uint64_t>(0, [&](Transaction& tx) { return tx.permitted_uses(permit.grant); });
    const auto awaits =
        store_->run<bool>(0, [&](Transaction& tx) { return tx.awaits_report(original, carrier, "ru-example"); });
    return std::to_string(uses.value()) + (awaits.value() ? " awaited" : "");
  };
  EXPECT_EQ(state(), "1 awaited") << "the service notes it in the act that takes it in";
  store_.reset();
  world_.tamper(std::string(kUndoSixthSchema) + "PRAGMA user_version = 5");
  store_ = world_.open().value();
  EXPECT_EQ(state(), "0");
  EXPECT_THAT(findings(), IsEmpty());
  world_.tamper("UPDATE permit SET reported = 1");
  EXPECT_THAT(world_.fsck()->findings, ElementsAre("permit under " + to_string(permit.grant) +
                                                   " for ru-example: counted as reported, and no report says so"));
}

TEST_F(ErasureTest, OfALockIsNamedByWhatLocksAndEndsWhole) {
  const auto sent = world_.send(*store_, 1).value();
  core::MessageId grant;
  act([&](Transaction& tx) -> Result<void> {
    TRY(tx.lock(sent.id, grant, entry_of(core::Act::copy_locked, sent.id)));
    EXPECT_THAT(tx.locks(sent.id).value(), ElementsAre(grant));
    CHECK_OK(tx.unlock(sent.id, entry_of(core::Act::copy_unlocked, sent.id)));
    EXPECT_THAT(tx.locks(sent.id).value(), IsEmpty());
    return {};
  });
  EXPECT_FALSE(store_->reader().locked(sent.id).value());
  EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace chancery::test

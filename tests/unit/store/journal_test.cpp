#include <gtest/gtest.h>

#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

// RFC 9162 2.1.1, as written there.
Digest naive_root(std::span<const std::string> entries) {
  if (entries.empty()) return crypto::sha256(BytesView());
  const std::uint8_t zero[] = {0};
  const std::uint8_t one[] = {1};
  if (entries.size() == 1) return crypto::sha256({zero, as_bytes(entries[0])});
  std::size_t split = 1;
  while (split * 2 < entries.size()) split *= 2;
  const auto left = naive_root(entries.first(split));
  const auto right = naive_root(entries.subspan(split));
  return crypto::sha256({one, left.view(), right.view()});
}

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = world_.open().value();
    ASSERT_TRUE(world_.introduce(*store_));
    for (std::uint64_t i = 0; i < 10; ++i) sent_.push_back(world_.send(*store_, i).value());
    ASSERT_TRUE(world_.take_in(*store_, 1));
    ASSERT_TRUE(store_->run<std::uint64_t>(0, [&](store::Transaction& tx) -> Result<std::uint64_t> {
      auto user_added = entry_of(core::Act::user_added);
      user_added.subject = "wang";
      CHECK_OK(tx.record_user({{"wang", core::Role::officer, "open"}, world_.self.certificate_der()}, user_added));
      store::DraftRecord draft;
      draft.officer = "wang";
      draft.sealed = Bytes(40, 1);
      return tx.record_draft(draft, entry_of(core::Act::draft_recorded));
    }));
    for (const auto& one : sent_)
      ASSERT_TRUE(store_->run<bool>(0, [&](store::Transaction& tx) -> Result<bool> {
        TRY(tx.append(entry_of(core::Act::exported, one.id)));
        return true;
      }));
  }
  std::vector<std::string> entries() {
    std::vector<std::string> all;
    auto rows = store_->reader().journal(0, 1000).value();
    all.reserve(rows.size());
    for (auto& row : rows) all.push_back(std::move(row.entry));
    return all;
  }
  // The findings after a change made by somebody who holds file and key.
  std::vector<std::string> findings_after(const std::string& sql) {
    store_.reset();
    if (!sql.empty()) world_.tamper(sql);
    auto report = world_.fsck();
    EXPECT_TRUE(report) << report.error().detail;
    return report ? report->findings : std::vector<std::string>();
  }

  StoreWorld world_;
  std::unique_ptr<store::Store> store_;
  std::vector<Sent> sent_;
};

TEST_F(JournalTest, TreeEqualsANaiveOneOverAllEntries) {
  const auto all = entries();
  EXPECT_EQ(all.size(), 26U);
  EXPECT_EQ(store_->checkpoint().size.value, all.size());
  EXPECT_EQ(store_->checkpoint().root, naive_root(all));
  for (std::uint64_t i = 0; i < all.size(); ++i) {
    const auto path = store_->reader().inclusion({i}, {all.size()}).value();
    EXPECT_TRUE(crypto::verify_inclusion(core::entry_leaf(all[i]), {i}, {all.size()}, path, naive_root(all)));
  }
}

TEST_F(JournalTest, ChainsTheEntriesAboutEachMessage) {
  std::map<core::MessageId, Digest> last;
  for (const auto& text : entries()) {
    const auto entry = core::JournalEntry::parse(text).value();
    if (!entry.message) continue;
    EXPECT_EQ(entry.previous.has_value(), last.contains(*entry.message));
    if (entry.previous) {
      EXPECT_EQ(*entry.previous, last[*entry.message]);
    }
    last[*entry.message] = core::entry_leaf(text);
  }
  EXPECT_EQ(last.size(), 11U);
}

TEST_F(JournalTest, FsckFindsNothingInAnHonestStore) { EXPECT_EQ(findings_after(""), std::vector<std::string>()); }

// ---- a carried original of which one part was left out

class PartialCopy : public JournalTest {
 protected:
  void SetUp() override {
    JournalTest::SetUp();
    ASSERT_TRUE(record(copy({0}))) << "a part";
  }
  // Parts of a message of ru-example in two parts that came inside a forward; all of them when none is named.
  store::MessageRecord copy(const std::vector<std::uint32_t>& parts) {
    auto m = world_.message("ru-example", 77);
    const std::vector<Bytes> ciphertexts = {to_bytes("part 0"), to_bytes("part 1")};
    auto statement = core::Message::parse(m.statement.statement).value();
    statement.parts = 2;
    statement.cipher_root = crypto::cipher_root(ciphertexts);
    m.statement = world_.peer.sign(statement.to_text(), statement.created, world_.random);
    m.id = core::message_id(m.statement.statement, statement.created);
    m.ciphertexts = ciphertexts;
    if (parts.empty()) return m;
    m.wraps = {};
    m.extent.parts = parts;
    m.ciphertexts.clear();
    for (std::uint32_t i = 0; i < 2; ++i)
      if (std::find(parts.begin(), parts.end(), i) != parts.end())
        m.ciphertexts.push_back(ciphertexts[i]);
      else
        m.omitted.push_back({crypto::sha256(to_bytes("leaf")), crypto::leaf_hash(ciphertexts[i])});
    return m;
  }
  Result<void> record(const store::MessageRecord& m) {
    return store_->run<void>(
        0, [&](store::Transaction& tx) { return tx.record_carried(m, entry_of(core::Act::carried, m.id)); });
  }
  std::string extent() { return store_->reader().message(copy({}).id)->extent.text(); }
};

TEST_F(PartialCopy, ComesBackAsItWasStoredAndIsAcceptedByFsck) {
  const auto m = copy({0});
  const auto stored = store_->reader().message(m.id).value();
  EXPECT_EQ(stored.extent, m.extent);
  EXPECT_EQ(stored.ciphertexts, m.ciphertexts);
  EXPECT_EQ(stored.omitted, m.omitted);
  EXPECT_EQ(findings_after(""), std::vector<std::string>());
}

TEST_F(PartialCopy, GivesWayOnlyToMore) {
  ASSERT_TRUE(record(copy({0})));
  EXPECT_EQ(extent(), "0");
  ASSERT_TRUE(record(copy({0, 1})));
  EXPECT_EQ(extent(), "0,1");
  ASSERT_TRUE(record(copy({})));
  EXPECT_EQ(extent(), "all");
  ASSERT_TRUE(record(copy({1})));
  EXPECT_EQ(extent(), "all");
  EXPECT_EQ(findings_after(""), std::vector<std::string>());
}

TEST_F(PartialCopy, GivesWayToTheMessageItself) {
  const auto m = copy({});
  ASSERT_TRUE(store_->run<Digest>(
      0, [&](store::Transaction& tx) { return tx.record_inbound(m, entry_of(core::Act::accepted, m.id)); }));
  EXPECT_EQ(extent(), "all");
  EXPECT_EQ(store_->reader().message_row(m.id)->direction, store::Direction::incoming);
}

TEST_F(PartialCopy, DamagedIsFoundByFsck) {
  const std::string carried = "(SELECT ordinal FROM message WHERE direction = 2)";
  for (const auto* change : {"UPDATE extract SET extent = '1'", "UPDATE extract SET extent = '0,1'",
                             "UPDATE extract SET extent = 'x'", "UPDATE extract SET omitted = zeroblob(64)",
                             "UPDATE extract SET omitted = omitted || omitted", "DELETE FROM extract"}) {
    store_.reset();
    world_.tamper("CREATE TABLE before AS SELECT * FROM extract;" + std::string(change));
    EXPECT_FALSE(world_.fsck()->findings.empty()) << change;
    world_.tamper("DELETE FROM extract; INSERT INTO extract SELECT * FROM before; DROP TABLE before");
  }
  EXPECT_FALSE(findings_after("UPDATE body SET wraps = x'00' WHERE ordinal = " + carried).empty());
}

struct Planted {
  const char* name;
  const char* sql;
};

class PlantedFault : public JournalTest, public ::testing::WithParamInterface<Planted> {};

TEST_P(PlantedFault, IsFoundByFsck) { EXPECT_FALSE(findings_after(GetParam().sql).empty()); }

INSTANTIATE_TEST_SUITE_P(
    Fsck, PlantedFault,
    ::testing::Values(
        Planted{"StatementChanged",
                "UPDATE message SET statement = replace(statement, 'routine', 'flash') WHERE ordinal = 3"},
        Planted{"PartChanged", "UPDATE body SET ciphertexts = ciphertexts || x'00' WHERE ordinal = 2"},
        Planted{"BodyDeleted", "DELETE FROM body WHERE ordinal = 2"},
        Planted{"MessageDeleted", "PRAGMA foreign_keys=OFF; DELETE FROM message WHERE ordinal = 4"},
        Planted{"EntryDeleted", "DELETE FROM journal WHERE id = 7"},
        Planted{"EntryEdited", "UPDATE journal SET entry = replace(entry, 'actor li', 'actor wu') WHERE id = 5"},
        Planted{"EntriesSwapped",
                "UPDATE journal SET id = -1 WHERE id = 5; UPDATE journal SET id = 5 WHERE id = 6;"
                "UPDATE journal SET id = 6 WHERE id = -1"},
        Planted{"EntryInserted",
                "INSERT INTO journal SELECT id + 1, entry, message, nodes FROM journal ORDER BY id DESC LIMIT 1"},
        Planted{"LastEntryChanged", "UPDATE last_entry SET leaf = zeroblob(32)"},
        Planted{"OutboxStateChanged", "UPDATE outbox SET state = 1 WHERE sequence = 2"},
        Planted{"OutboxClosed", "UPDATE outbox SET state = 3 WHERE sequence = 2"},
        Planted{"DispatchDeleted", "DELETE FROM outbox WHERE sequence = 4"},
        Planted{"LastDispatchDeleted", "DELETE FROM outbox WHERE sequence = 10"},
        Planted{"DeliveredReceiptDeleted", "DELETE FROM receipt WHERE receiver = 'cn-example'"},
        Planted{"OriginalLost", "UPDATE message SET original = zeroblob(32) WHERE direction = 1"},
        Planted{"UserPromoted", "UPDATE user SET role = 1"},
        Planted{"UserCleared", "UPDATE user SET clearance = 'secret'"},
        Planted{"UserGivenACategory", "UPDATE user SET categories = 'judicial'"},
        Planted{"UserForgotten", "DELETE FROM user"}, Planted{"DraftOfAnother", "UPDATE draft SET officer = 'li'"},
        Planted{"DraftForgotten", "DELETE FROM draft"},
        Planted{"DispatchLeafMoved", "UPDATE outbox SET leaf = 0 WHERE sequence = 4"},
        Planted{"SignatureChanged", "UPDATE batch SET signing_time = signing_time + 1 WHERE id = 6"},
        Planted{"BatchDeleted", "DELETE FROM batch WHERE id = 6"},
        Planted{"NumberSkipped", "UPDATE number SET last = 11"},
        Planted{"DesignationForgotten", "DELETE FROM designation WHERE authority = 'cn-example'"}),
    [](const auto& planted) { return planted.param.name; });

}  // namespace
}  // namespace chancery::test

// Sealed files beside the database: which rows hold them, and that they go with the last of these.
#include <gmock/gmock.h>

#include <fstream>

#include "crypto/attachment.h"
#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

using store::Attached;
using store::Transaction;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AttachmentsTest : public testing::Test {
 protected:
  AttachmentsTest() : store_(world_.open().value()) { EXPECT_TRUE(world_.introduce(*store_)); }

  void act(const std::function<Result<void>(Transaction&)>& what) {
    const auto done = store_->run<void>(2, what);
    ASSERT_TRUE(done) << done.error().detail;
  }
  // A sealed file of two chunks, complete under its root.
  Digest file(std::uint8_t seed) {
    const Bytes first(crypto::kChunkSize, seed), second(100, seed), key(32, seed);
    crypto::ChunkTree plain, sealed;
    const auto name = to_hex(crypto::sha256(key).view());
    const auto chunks = store_->attachments().unfinished(name).value();
    std::uint64_t at = 0;
    for (const auto* chunk : {&first, &second}) {
      const auto bytes = crypto::seal_chunk(key, at == 0 ? 0 : 1, at != 0, *chunk);
      EXPECT_TRUE(chunks.write(at, bytes));
      at += bytes.size();
      plain.append(crypto::leaf_hash(*chunk));
      sealed.append(crypto::leaf_hash(bytes));
    }
    EXPECT_TRUE(store_->attachments().complete(name));
    act([&](Transaction& tx) -> Result<void> {
      CHECK_OK(store_->attachments().adopt(name, sealed.root()));
      return tx.record_attachment({sealed.root(), "li", {}, {}, plain.leaves(), sealed.leaves(), {}});
    });
    store_->attachments().forget(name);
    return sealed.root();
  }
  // A message of ours whose statement names these.
  core::MessageId message(std::uint64_t number, const std::vector<Digest>& roots) {
    core::MessageId out;
    act([&](Transaction& tx) -> Result<void> {
      auto record = world_.message("cn-example", number);
      auto message = core::Message::parse(record.statement.statement).value();
      for (const auto& root : roots) message.attachments.push_back({root, crypto::sealed_length(kSize)});
      record.statement.statement = message.to_text();
      record.id = out = core::message_id(record.statement.statement, message.created);
      record.number = "CN-2026-000" + std::to_string(TRY(tx.next_number("CN", 2026)));
      const auto leaf = TRY(tx.sign(record.statement.statement));
      TRY(tx.record_outbound(record, leaf, entry_of(core::Act::released, record.id, record.statement.statement)));
      TRY(tx.record_dispatch("ru-example", core::DispatchMessage{record.id}, core::Precedence::routine));
      std::vector<Attached> attached;
      for (const auto& root : roots) attached.push_back({root, false});
      return tx.attach(record.id, attached);
    });
    return out;
  }
  void erase(const core::MessageId& id) {
    act([&](Transaction& tx) { return tx.erase(id, "li", entry_of(core::Act::copy_erased)); });
  }
  bool is_here(const Digest& root) const { return store_->attachments().read(root).has_value(); }
  std::vector<std::string> findings() {
    store_.reset();
    auto report = world_.fsck();
    EXPECT_TRUE(report) << report.error().detail;
    return report->findings;
  }

  static constexpr std::uint64_t kSize = crypto::kChunkSize + 100;
  StoreWorld world_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(AttachmentsTest, GoWithTheLastMessageThatHasThem) {
  const auto shared = file(1), own = file(2);
  const auto first = message(1, {shared, own}), second = message(2, {shared});
  erase(first);
  EXPECT_FALSE(is_here(own));
  EXPECT_TRUE(is_here(shared));
  EXPECT_FALSE(store_->reader().attachment(own).value().has_value());
  erase(second);
  EXPECT_FALSE(is_here(shared));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AttachmentsTest, ThatComeAgainInTheGroupThatDropsThemStay) {
  const auto root = file(1);
  const auto id = message(1, {root});
  const auto record = store_->reader().attachment(root).value().value();
  act([&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.detach(id));
    CHECK_OK(tx.record_attachment(record));
    return tx.attach(id, {{root, false}});
  });
  EXPECT_TRUE(is_here(root));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AttachmentsTest, AreNotHeldByWhatOnlyPassesThemOn) {
  const auto root = file(1);
  const auto original = message(1, {root}), forward = message(2, {});
  act([&](Transaction& tx) { return tx.attach(forward, {{root, true}}); });
  EXPECT_THAT(store_->reader().attached(forward).value(), ElementsAre(Attached{root, true}));
  erase(original);
  EXPECT_FALSE(is_here(root));
}

TEST_F(AttachmentsTest, StayWhenTheActThatDropsThemIsRolledBack) {
  const auto root = file(1);
  const auto id = message(1, {root});
  const auto failed = store_->run<void>(0, [&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.detach(id));
    return fail(Errc::conflict, "after all not");
  });
  EXPECT_FALSE(failed);
  EXPECT_TRUE(is_here(root));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AttachmentsTest, OfADecidedDraftGoUnlessItsMessageHasThem) {
  const auto released = file(1), declined = file(2);
  std::uint64_t first = 0, second = 0;
  act([&](Transaction& tx) -> Result<void> {
    first = TRY(tx.record_draft({0, "li", {}, {}, Bytes(10), tx.now(), {}}, entry_of(core::Act::draft_recorded)));
    second = TRY(tx.record_draft({0, "li", {}, {}, Bytes(10), tx.now(), {}}, entry_of(core::Act::draft_recorded)));
    CHECK_OK(tx.attach_to_draft(first, {released}));
    return tx.attach_to_draft(second, {declined});
  });
  act([&](Transaction& tx) { return tx.drop_unused_uploads(tx.now() + hours(1)); });
  EXPECT_TRUE(is_here(released) && is_here(declined));
  const auto id = message(1, {released});
  act([&](Transaction& tx) -> Result<void> {
    CHECK_OK(tx.decide_draft(first, store::DraftState::released, id));
    return tx.decide_draft(second, store::DraftState::declined, std::nullopt);
  });
  EXPECT_TRUE(is_here(released));
  EXPECT_FALSE(is_here(declined));
}

TEST_F(AttachmentsTest, ThatTheLastProcessHadNoTimeToRemoveAreRemovedAtOpening) {
  const auto root = file(1);
  const auto id = message(1, {root});
  const auto file_of_it = world_.directory / "attachments" / to_hex(root.view());
  const auto kept = world_.directory / "kept";
  std::filesystem::create_hard_link(file_of_it, kept);
  erase(id);
  store_.reset();
  std::filesystem::create_hard_link(kept, file_of_it);
  store_ = world_.open().value();
  EXPECT_FALSE(std::filesystem::exists(file_of_it));
}

TEST_F(AttachmentsTest, AreNotAttachedWhereTheyAreNotRecorded) {
  const auto id = message(1, {});
  const auto failed = store_->run<void>(0, [&](Transaction& tx) {
    return tx.attach(id, {{crypto::sha256(as_bytes("nowhere")), false}});
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::conflict);
}

TEST_F(AttachmentsTest, FsckReadsEveryChunk) {
  const auto root = file(1);
  message(1, {root});
  const auto path = world_.directory / "attachments" / to_hex(root.view());
  std::fstream damaged(path, std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(static_cast<std::streamoff>(crypto::kSealedChunkSize + 5));
  damaged.put('x');
  damaged.close();
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("chunk 1 is not what was sealed")));
}

TEST_F(AttachmentsTest, FsckMissesWhatAStatementNames) {
  const auto root = file(1);
  message(1, {root});
  std::filesystem::remove(world_.directory / "attachments" / to_hex(root.view()));
  EXPECT_THAT(findings(), Contains(HasSubstr("its file is not there")));
  world_.tamper("DELETE FROM attached");
  EXPECT_THAT(findings(), Contains(HasSubstr("has not all attachments its statement names")));
}

}  // namespace
}  // namespace chancery::test

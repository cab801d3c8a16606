#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

TEST(OpenStore, KeepsWhatWasCommittedAcrossReopening) {
  StoreWorld world;
  Sent sent;
  {
    auto store = world.open();
    ASSERT_TRUE(store) << store.error().detail;
    ASSERT_TRUE(world.introduce(**store));
    sent = world.send(**store, 1).value();
  }
  auto store = world.open();
  ASSERT_TRUE(store) << store.error().detail;
  const auto message = (*store)->reader().message(sent.id);
  ASSERT_TRUE(message) << message.error().detail;
  EXPECT_EQ(message->number, "CN-2026-0001");
  EXPECT_EQ((*store)->reader().resolve("CN-2026-0001").value(), sent.id);
  EXPECT_EQ((*store)->reader().resolve(sent.id.short_text().substr(0, 5)).value(), sent.id);
  EXPECT_EQ((*store)->checkpoint().size.value, 4U);
  EXPECT_NE(
      (*store)->directory()->key("ru-example", core::KeyRole::sign, world.peer.certificate.id(), world.clock.now()),
      nullptr);
}

TEST(OpenStore, RefusesAnotherKey) {
  StoreWorld world;
  ASSERT_TRUE(world.open());
  world.database_key = world.random.secret(32);
  const auto store = world.open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::unauthenticated);
}

TEST(OpenStore, RefusesASecondOpening) {
  StoreWorld world;
  const auto first = world.open();
  ASSERT_TRUE(first);
  EXPECT_EQ(world.open().error().code, Errc::busy);
  EXPECT_EQ(world.fsck().error().code, Errc::busy);
}

TEST(OpenStore, RefusesADatabaseOfANewerProgram) {
  StoreWorld world;
  ASSERT_TRUE(world.open());
  world.tamper("PRAGMA user_version = 1000");
  EXPECT_EQ(world.open().error().code, Errc::conflict);
}

TEST(OpenStore, TakesOverADatabaseOfTheFirstSchema) {
  StoreWorld world;
  Sent sent;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
    sent = world.send(**store, 1).value();
  }
  world.tamper(std::string(kUndoFourthSchema) +
               "DROP TABLE reissue; DROP TABLE consent; DROP TABLE permit; DROP TABLE owed_report; DROP TABLE locked; "
               "PRAGMA user_version = 1");
  auto store = world.open();
  ASSERT_TRUE(store) << store.error().detail;
  EXPECT_TRUE((*store)->reader().message(sent.id));
  EXPECT_TRUE((*store)->reader().waiting_reissues()->empty());
  EXPECT_TRUE((*store)->reader().consents(0, 10)->empty());
  EXPECT_TRUE((*store)->reader().handlings(sent.id)->empty());
}

// A person registered before clearances had categories holds none, and is still who the journal says.
TEST(OpenStore, TakesOverThePeopleOfAnOlderSchema) {
  StoreWorld world;
  const store::UserRecord wang{{"wang", core::Role::officer, "open"}, world.self.certificate_der()};
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
    ASSERT_TRUE((*store)->run<bool>(0, [&](store::Transaction& tx) -> Result<bool> {
      auto entry = entry_of(core::Act::user_added);
      entry.subject = "wang";
      CHECK_OK(tx.record_user(wang, entry));
      return true;
    }));
  }
  world.tamper(std::string(kUndoFourthSchema) + "PRAGMA user_version = 3");
  {
    auto store = world.open();
    ASSERT_TRUE(store) << store.error().detail;
    EXPECT_EQ((*store)->reader().users()->front().user, wang.user);
  }
  EXPECT_EQ(world.fsck()->findings, std::vector<std::string>());
}

TEST(OpenStore, FindsAnOlderCopyAgainstItsCheckpoint) {
  StoreWorld world;
  const auto old = world.directory.string() + "-old";
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  copy_tree(world.directory, old);
  {
    auto store = world.open();
    ASSERT_TRUE(world.send(**store, 1));
  }
  std::filesystem::copy(old + "/chancery.db", world.file("chancery.db"),
                        std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove_all(old);
  const auto store = world.open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::corrupt);
  EXPECT_NE(store.error().detail.find("checkpoint of 4 entries, database of 3"), std::string::npos);
}

TEST(OpenStore, FindsAnEntryTakenOffTheEnd) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  world.tamper("DELETE FROM journal WHERE id = 2");
  EXPECT_EQ(world.open().error().code, Errc::corrupt);
}

TEST(OpenStore, NeedsItsCheckpointFile) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  std::filesystem::remove(world.file("checkpoint"));
  EXPECT_EQ(world.open().error().code, Errc::corrupt);
}

TEST(OpenStore, LeavesNoClearTextInItsFiles) {
  StoreWorld world;
  auto store = world.open();
  ASSERT_TRUE(world.send(**store, 1));
  for (const auto* name : {"chancery.db", "chancery.db-wal"}) {
    std::ifstream in(world.file(name), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    EXPECT_GT(bytes.size(), 0U) << name;
    EXPECT_EQ(bytes.find("ru-example"), std::string::npos) << name;
    EXPECT_EQ(bytes.find("SQLite format 3"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace chancery::test

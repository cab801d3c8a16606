#include <gtest/gtest.h>

#include <fstream>

#include "daemon/store/backup.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
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

TEST(OpenStore, ReadsNoMoreWhenManyMessagesAreThere) {
  FaultVfs vfs("counting");
  StoreWorld world;
  std::int64_t few = 0, many = 0;
  for (auto* read : {&few, &many}) {
    {
      auto store = world.open();
      ASSERT_TRUE(store) << store.error().detail;
      if (read == &few) {
        ASSERT_TRUE(world.introduce(**store));
      }
      for (std::uint64_t i = 0; i < (read == &few ? 20 : 400); ++i)
        ASSERT_TRUE(world.send(**store, (read == &few ? 0 : 1000) + i));
    }
    const auto before = vfs.read();
    ASSERT_TRUE(world.open(vfs.name()));
    *read = vfs.read() - before;
  }
  EXPECT_GT(few, 10 << 10);
  EXPECT_LT(many, 2 * few) << "of a journal more nodes are read, no more messages";
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
  std::filesystem::remove_all(world.directory);
  std::filesystem::rename(old, world.directory);
  const auto store = world.open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::corrupt);
  EXPECT_NE(store.error().detail.find("checkpoint of 4 entries, database of 3"), std::string::npos);
}

// What is missing may stand in its log behind a damaged frame: an upgrade must not write there.
TEST(OpenStore, WritesNothingToAnOlderSchemaThatLacksEntries) {
  StoreWorld world;
  const auto old = world.directory.string() + "-old";
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  world.tamper(std::string(kUndoNinthSchema) + "PRAGMA user_version = 8");
  copy_tree(world.directory, old);
  {
    auto store = world.open();
    ASSERT_TRUE(world.send(**store, 1));
  }
  std::filesystem::remove_all(world.directory);
  std::filesystem::rename(old, world.directory);
  const auto before = contents(world.file("chancery.db"));
  EXPECT_EQ(world.open().error().code, Errc::corrupt);
  EXPECT_FALSE(store::back_up(world.options(), world.database_key, world.log_key, world.file("backup")));
  EXPECT_EQ(contents(world.file("chancery.db")), before);
  EXPECT_EQ(contents(world.file("chancery.db-wal")), "");
}

// As after the loss of a log that held everything.
TEST(OpenStore, WritesNothingToAnEmptyDatabaseThatLacksEntries) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  for (const auto* name : {"chancery.db", "chancery.db-wal"}) std::filesystem::remove(world.file(name));
  const auto store = world.open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::corrupt);
  EXPECT_NE(store.error().detail.find("checkpoint of 3 entries, database of none"), std::string::npos);
  EXPECT_EQ(contents(world.file("chancery.db-wal")), "");
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
  std::filesystem::remove(world.checkpoint_file());
  EXPECT_EQ(world.open().error().code, Errc::corrupt);
}

// A program before this one kept it inside the folder.
TEST(OpenStore, MovesItsCheckpointOutOfTheFolder) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  std::filesystem::rename(world.checkpoint_file(), world.file("checkpoint"));
  ASSERT_TRUE(world.open());
  EXPECT_FALSE(std::filesystem::exists(world.file("checkpoint")));
  EXPECT_EQ(world.fsck()->findings, std::vector<std::string>());
}

TEST(OpenStore, RefusesASecondInstanceOverACopyOfItsFolder) {
  StoreWorld world;
  const auto copy = world.directory.string() + "-copy";
  const auto first = world.open();
  ASSERT_TRUE(first);
  copy_tree(world.directory, copy);
  const auto original = std::exchange(world.directory, copy);
  auto options = world.options();
  options.checkpoint_file = original.string() + ".checkpoint";
  const auto second = store::fsck(options, world.database_key, world.log_key.public_key());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::busy);
  world.directory = original;
  std::filesystem::remove_all(copy);
}

// A lock is not seen across every file system: whoever moved the file on is found by what stands there.
TEST(OpenStore, SignsNothingMoreOnceAnotherInstanceWentOn) {
  StoreWorld world;
  auto store = world.open();
  ASSERT_TRUE(world.introduce(**store));
  const crypto::Checkpoint theirs{"chancery/cn-example/1", {9}, crypto::sha256(as_bytes("theirs")), std::nullopt};
  std::fstream(world.checkpoint_file(), std::ios::in | std::ios::out | std::ios::binary)
      << crypto::sign_checkpoint(theirs, world.log_key).value();
  const auto after = world.send(**store, 1);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Errc::corrupt);
  ASSERT_TRUE((*store)->suspended());
  EXPECT_NE((*store)->suspended()->find("expected there 3 entries, the journal has 3"), std::string::npos)
      << *(*store)->suspended();
  EXPECT_EQ((*store)->reader().list(store::Box::outbox, 0, 10)->size(), 0U)
      << "nothing signed is kept; reading goes on";
  EXPECT_TRUE(world.failures.empty());
}

// It may go on in the very moment of a COMMIT: what was signed then is there, and leaves to nobody.
TEST(OpenStore, AnswersNothingThatWasSignedWhileAnotherInstanceWentOn) {
  FaultVfs vfs("going-on");
  StoreWorld world;
  auto store = world.open(vfs.name());
  ASSERT_TRUE(world.introduce(**store));
  const crypto::Checkpoint theirs{"chancery/cn-example/1", {9}, crypto::sha256(as_bytes("theirs")), std::nullopt};
  vfs.before_next(FaultVfs::Call::sync, [&] {
    std::fstream(world.checkpoint_file(), std::ios::in | std::ios::out | std::ios::binary)
        << crypto::sign_checkpoint(theirs, world.log_key).value();
  });
  const auto note = (*store)->checkpoint_note();
  const auto sent = world.send(**store, 1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::corrupt);
  EXPECT_TRUE((*store)->suspended());
  EXPECT_EQ((*store)->checkpoint_note(), note);
  EXPECT_TRUE(world.failures.empty());
}

// Nobody can tell then whether another instance goes on: nothing is signed, until it can be found again.
TEST(OpenStore, WaitsWhileItsCheckpointFileCannotBeFound) {
  StoreWorld world;
  auto store = world.open();
  ASSERT_TRUE(world.introduce(**store));
  const auto file = world.checkpoint_file();
  const auto away = file.string() + ".away";
  std::filesystem::rename(file, away);
  EXPECT_EQ(world.send(**store, 1).error().code, Errc::unavailable);
  EXPECT_FALSE((*store)->suspended());
  std::filesystem::rename(away, file);
  EXPECT_TRUE(world.send(**store, 2));
  EXPECT_TRUE(world.failures.empty());
  EXPECT_EQ((*store)->reader().list(store::Box::outbox, 0, 10)->size(), 1U);
  // Another file in its place is another matter.
  std::filesystem::rename(file, away);
  std::filesystem::copy_file(away, file);
  EXPECT_EQ(world.send(**store, 3).error().code, Errc::corrupt);
  EXPECT_TRUE((*store)->suspended());
  std::filesystem::remove(away);
}

TEST(OpenStore, RefusesACheckpointFileOfTwoHistories) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  for (const std::streamoff slot : {0, 2048}) {
    const crypto::Checkpoint one{"chancery/cn-example/1", {9}, crypto::sha256(u64be(slot)), std::nullopt};
    std::fstream file(world.checkpoint_file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(slot);
    file << crypto::sign_checkpoint(one, world.log_key).value() << '\0';
  }
  const auto store = world.open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::corrupt);
  EXPECT_NE(store.error().detail.find("two histories of 9 entries"), std::string::npos) << store.error().detail;
}

void leave_outside(StoreWorld& world, const crypto::Checkpoint& checkpoint) {
  std::ofstream(world.checkpoint_file(), std::ios::binary | std::ios::trunc)
      << crypto::sign_checkpoint(checkpoint, world.log_key).value();
}

// A restore that was cut off before its end left the file of the epoch before, which may be of more entries.
TEST(OpenStore, OfALaterEpochThanItsCheckpointFileOpensAndOfAnEarlierDoesNot) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  leave_outside(world, {"chancery/cn-example/2", {3}, crypto::sha256(as_bytes("later")), std::nullopt});
  EXPECT_EQ(world.open().error().code, Errc::corrupt);
  EXPECT_EQ(world.fsck()->findings.front(), "checkpoint: of epoch 2, the store of 1");
  world.tamper("INSERT INTO meta (name, value) VALUES ('epoch', '3')");
  EXPECT_EQ(world.fsck()->findings, std::vector<std::string>());
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.fsck()->findings, std::vector<std::string>());
  world.tamper("UPDATE meta SET value = '2' WHERE name = 'epoch'");
  EXPECT_EQ(world.open().error().code, Errc::corrupt);
}

// What a killed restore or rekey was working on holds what may be erased since.
TEST(OpenStore, RemovesWhatAKilledRestoreLeftBehind) {
  StoreWorld world;
  ASSERT_TRUE(world.open());
  for (const auto* name : {"restore.new", "rekey.new"}) {
    std::filesystem::create_directories(world.file(name) / "attachments");
    std::ofstream(world.file(name) / "chancery.db") << "of then";
  }
  ASSERT_TRUE(world.open());
  EXPECT_FALSE(std::filesystem::exists(world.file("restore.new")));
  EXPECT_FALSE(std::filesystem::exists(world.file("rekey.new")));
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(OpenStore, StaysSuspendedOverARestart) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
    (*store)->suspend("an older copy");
    EXPECT_EQ(world.send(**store, 1).error().code, Errc::corrupt);
    // What signs nothing is recorded all the same.
    const auto noted =
        (*store)->run<Digest>(0, [](store::Transaction& tx) { return tx.append(entry_of(core::Act::read)); });
    EXPECT_TRUE(noted);
  }
  const auto file = content_of(world.checkpoint_file());
  auto store = world.open();
  EXPECT_EQ(content_of(world.checkpoint_file()), file);
  EXPECT_EQ((*store)->suspended(), "an older copy");
  EXPECT_EQ(world.send(**store, 2).error().code, Errc::corrupt);
}

TEST(OpenStore, NeedsNoMoreThanOneOfTheTwoSlots) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
    ASSERT_TRUE(world.send(**store, 1));
  }
  const auto spoil = [&](std::streamoff at) {
    std::fstream file(world.checkpoint_file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.put('x');
  };
  spoil(30);
  EXPECT_TRUE(world.open());
  spoil(30);
  spoil(2048 + 30);
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

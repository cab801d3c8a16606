#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "daemon/store/backup.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

using Call = FaultVfs::Call;
using With = FaultVfs::With;

std::vector<std::string> findings(StoreWorld& world) {
  const auto report = world.fsck();
  EXPECT_TRUE(report) << report.error().detail;
  return report ? report->findings : std::vector<std::string>{"not opened"};
}

bool holds(StoreWorld& world, const std::vector<core::MessageId>& acked) {
  auto store = world.open();
  EXPECT_TRUE(store) << store.error().detail;
  if (!store) return false;
  for (const auto& id : acked)
    if (!(*store)->reader().message(id)) return false;
  return true;
}

// Sends until a send fails or 40 went well.
std::vector<core::MessageId> send_until_failure(StoreWorld& world, store::Store& store, std::uint64_t first) {
  std::vector<core::MessageId> acked;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto sent = world.send(store, first + i);
    if (!sent) break;
    acked.push_back(sent->id);
  }
  return acked;
}

struct Fault {
  Call call;
  With with;
  const char* name;
};

class StoreFaults : public ::testing::TestWithParam<Fault> {};

TEST_P(StoreFaults, NothingAckedIsLostAndReopeningWorks) {
  FaultVfs vfs("faulty");
  for (int nth = 1; nth <= 60; nth += GetParam().call == Call::sync ? 4 : 3) {
    StoreWorld world;
    std::vector<core::MessageId> acked;
    {
      auto store = world.open(vfs.name());
      ASSERT_TRUE(store) << store.error().detail;
      ASSERT_TRUE(world.introduce(**store));
      vfs.fail_at(GetParam().call, nth, GetParam().with, true);
      acked = send_until_failure(world, **store, 0);
      const bool latched = GetParam().with == With::io_error && vfs.hit();
      vfs.heal();
      // After "disk full" it goes on by itself; after an I/O error it stays shut.
      const auto again = world.send(**store, 1000);
      EXPECT_EQ(again.has_value(), !latched) << "call " << nth;
      if (again) acked.push_back(again->id);
      EXPECT_EQ(world.failures.size(), latched ? 1U : 0U) << "call " << nth;
    }
    EXPECT_TRUE(holds(world, acked)) << "call " << nth;
    EXPECT_EQ(findings(world), std::vector<std::string>()) << "call " << nth;
  }
}

INSTANTIATE_TEST_SUITE_P(Device, StoreFaults,
                         ::testing::Values(Fault{Call::write, With::full, "FullOnWrite"},
                                           Fault{Call::write, With::io_error, "ErrorOnWrite"},
                                           Fault{Call::sync, With::io_error, "ErrorOnSync"}),
                         [](const auto& fault) { return fault.param.name; });

// In the child: sends for ever and writes each acknowledged id to the pipe.
[[noreturn]] void send_for_ever(StoreWorld& world, int pipe, std::uint64_t first) {
  auto store = world.open();
  if (!store) _exit(1);
  for (std::uint64_t i = first;; ++i) {
    const auto sent = world.send(**store, i);
    if (!sent || write(pipe, sent->id.value.data(), 32) != 32) _exit(1);
  }
}

TEST(StoreKill, LosesNothingThatWasAcknowledged) {
  StoreWorld world;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
  }
  std::vector<core::MessageId> acked;
  for (int round = 0; round < 30; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      send_for_ever(world, ends[1], static_cast<std::uint64_t>(round) * 100000);
    }
    close(ends[1]);
    const auto before = acked.size();
    core::MessageId id;
    const std::size_t until = before + 1 + static_cast<std::size_t>(round * 7 % 23);
    while (acked.size() < until && read(ends[0], id.value.data(), 32) == 32) acked.push_back(id);
    kill(child, SIGKILL);
    while (read(ends[0], id.value.data(), 32) == 32) acked.push_back(id);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child gave up";
    EXPECT_GT(acked.size(), before);
    ASSERT_TRUE(holds(world, acked)) << "round " << round;
  }
  EXPECT_EQ(findings(world), std::vector<std::string>());
}

void flip(const std::filesystem::path& file, std::uint64_t bit) {
  std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
  f.seekg(static_cast<std::streamoff>(bit / 8));
  const int byte = f.get();
  f.seekp(static_cast<std::streamoff>(bit / 8));
  f.put(static_cast<char>(byte ^ (1 << (bit % 8))));
}

TEST(StoreBits, AFlippedBitIsNeverServedAsData) {
  StoreWorld world;
  std::vector<store::MessageRecord> kept;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
    for (std::uint64_t i = 0; i < 20; ++i) {
      const auto sent = world.send(**store, i).value();
      kept.push_back((*store)->reader().message(sent.id).value());
    }
  }
  const auto file = world.file("chancery.db");
  const auto size = std::filesystem::file_size(file);
  for (int n = 0; n < 60; ++n) {
    const auto drawn = read_be(world.random.bytes(8)) % (size * 8);
    flip(file, drawn);
    const auto report = world.fsck();
    EXPECT_TRUE(!report || !report->findings.empty()) << "bit " << drawn;
    if (auto store = world.open())
      for (const auto& message : kept) {
        const auto read = (*store)->reader().message(message.id);
        if (!read) continue;
        EXPECT_EQ(read->statement, message.statement) << "bit " << drawn;
        EXPECT_EQ(read->ciphertexts, message.ciphertexts) << "bit " << drawn;
      }
    flip(file, drawn);
  }
  EXPECT_EQ(findings(world), std::vector<std::string>());
}

// G12, of the file that stands outside: it decides whether the store opens, and changes nothing of what is read. A slot
// that does not hold leaves the other, which is true as well.
TEST(StoreBits, AFlippedBitOfTheCheckpointFileChangesNoAnswer) {
  StoreWorld world;
  store::MessageRecord kept;
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
    kept = (*store)->reader().message(world.send(**store, 1).value().id).value();
  }
  std::ifstream in(world.checkpoint_file(), std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  ASSERT_GT(whole.size(), 100U);
  const auto put_back = [&] { std::ofstream(world.checkpoint_file(), std::ios::binary) << whole; };
  int opened = 0;
  for (int n = 0; n < 60; ++n) {
    const auto drawn = read_be(world.random.bytes(8)) % (whole.size() * 8);
    flip(world.checkpoint_file(), drawn);
    auto store = world.open();
    if (store) {
      ++opened;
      const auto read = (*store)->reader().message(kept.id);
      ASSERT_TRUE(read) << "bit " << drawn;
      EXPECT_EQ(read->statement, kept.statement) << "bit " << drawn;
    } else {
      EXPECT_EQ(store.error().code, Errc::corrupt) << "bit " << drawn;
    }
    if (store) store->reset();
    put_back();
  }
  EXPECT_GT(opened, 10) << "too few for this to mean anything";
  for (const std::uint64_t slot : {0U, 2048U}) flip(world.checkpoint_file(), (slot + 30) * 8);
  EXPECT_EQ(world.open().error().code, Errc::corrupt);
  put_back();
  EXPECT_EQ(findings(world), std::vector<std::string>());
}

// Of a log that a killed process left, what stands behind a damaged frame counts no more. The checkpoint file says that
// it is missing, and whoever looks leaves the log, so that nothing is lost when the frame is whole again.
TEST(StoreBits, AFlippedBitOfTheLogHidesNothingAndLosesNothing) {
  StoreWorld world;
  std::vector<core::MessageId> kept;
  const std::vector<const char*> files = {"chancery.db", "chancery.db-wal"};
  const auto put_back = [&] {
    for (const auto* name : files)
      std::filesystem::copy_file(world.file(name).string() + ".kept", world.file(name),
                                 std::filesystem::copy_options::overwrite_existing);
  };
  {
    auto store = world.open();
    ASSERT_TRUE(world.introduce(**store));
    for (std::uint64_t i = 0; i < 10; ++i) kept.push_back(world.send(**store, i).value().id);
    for (const auto* name : files) std::filesystem::copy_file(world.file(name), world.file(name).string() + ".kept");
  }
  put_back();
  const auto size = std::filesystem::file_size(world.file("chancery.db-wal"));
  int refused = 0;
  for (int n = 0; n < 20; ++n) {
    const auto drawn = read_be(world.random.bytes(8)) % (size * 8);
    flip(world.file("chancery.db-wal"), drawn);
    const auto report = world.fsck();
    EXPECT_TRUE(!report || !report->findings.empty()) << "bit " << drawn;
    if (const auto store = world.open(); !store) {
      EXPECT_EQ(store.error().code, Errc::corrupt) << "bit " << drawn;
      const auto backup = store::back_up(world.options(), world.database_key, world.log_key, world.file("backup"));
      EXPECT_FALSE(backup) << "bit " << drawn;
      ++refused;
    }
    flip(world.file("chancery.db-wal"), drawn);
    EXPECT_TRUE(holds(world, kept)) << "bit " << drawn;
    put_back();
  }
  EXPECT_GT(refused, 15) << "too few for this to mean anything";
}

}  // namespace
}  // namespace chancery::test

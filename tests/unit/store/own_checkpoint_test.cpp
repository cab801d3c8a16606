// The file of the last own checkpoint alone: writes that fail.
#include "daemon/store/own_checkpoint.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>

#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

using store::OwnCheckpoint;

// No file of this process grows beyond so many bytes while it lives: writes past it fail, or do half.
class Room {
 public:
  explicit Room(rlim_t bytes) {
    before_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit less{bytes, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  ~Room() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    ::signal(SIGXFSZ, before_);
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int);
};

crypto::Checkpoint head(std::uint64_t size) {
  return {store::checkpoint_origin("cn-example", 1), {size}, crypto::sha256(u64be(size)), std::nullopt};
}

Result<void> advance(OwnCheckpoint& file, StoreWorld& world, std::uint64_t size) {
  return file.advance(head(size), crypto::sign_checkpoint(head(size), world.log_key).value());
}

Result<OwnCheckpoint> open(StoreWorld& world) {
  return OwnCheckpoint::open(world.checkpoint_file(), "cn-example", world.log_key.public_key(),
                             OwnCheckpoint::Missing::make);
}

// Half of a note stands there then, and it is ours.
TEST(OwnCheckpoint, GoesOnAfterAWriteThatFailed) {
  StoreWorld world;
  {
    auto file = open(world).value();
    for (const rlim_t room : {0, 100, 2048, 2100}) {
      {
        const Room little(room);
        const auto size = file.last() ? file.last()->size.value : 0;
        if (advance(file, world, size + 1)) {
          EXPECT_EQ(advance(file, world, size + 2).error().code, Errc::unavailable);
        }
      }
      const auto size = file.last() ? file.last()->size.value : 0;
      EXPECT_TRUE(advance(file, world, size + 1)) << room;
    }
  }
  EXPECT_EQ(open(world)->last(), head(6));
}

// The other slot still says what was last.
TEST(OwnCheckpoint, KeepsTheOneBeforeWhenAWriteFailed) {
  StoreWorld world;
  {
    auto file = open(world).value();
    ASSERT_TRUE(advance(file, world, 1));
    const Room little(2100);
    ASSERT_EQ(advance(file, world, 2).error().code, Errc::unavailable);
  }
  EXPECT_EQ(open(world)->last(), head(1));
}

}  // namespace
}  // namespace chancery::test

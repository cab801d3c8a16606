// The folder of lists, as the watch of a daemon takes it.
#include "daemon/revocation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "tests/support/revocation_lists.h"
#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

class RevocationWatchOf : public testing::Test {
 public:
  ~RevocationWatchOf() override {
    watch_.reset();
    std::filesystem::remove_all(folder_);
  }

 protected:
  RevocationWatchOf() : folder_(world_.directory.string() + ".lists"), store_(world_.open().value()) {
    EXPECT_TRUE(world_.introduce(*store_));
    std::filesystem::create_directory(folder_);
  }

  void put(const std::string& name, Instant from) {
    const auto bytes = lists_.file(from, {{world_.peer.certificate, from, "superseded"}});
    std::ofstream(folder_ / ".new", std::ios::binary) << as_text(bytes);
    std::filesystem::rename(folder_ / ".new", folder_ / name);
  }
  void watch() {
    service::Node node{identity_,
                       *store_,
                       [] { return nullptr; },
                       world_.clock,
                       world_.random,
                       world_.database_key,
                       [this](const service::LogLine& line) {
                         const std::lock_guard lock(mutex_);
                         lines_.push_back(to_string(line));
                       }};
    watch_.emplace(node, folder_, [] {});
  }
  [[nodiscard]] std::size_t told(const std::string& event) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        lines_.begin(), lines_.end(), [&](const std::string& line) { return line.find(event) != std::string::npos; }));
  }
  // It comes by itself; how soon depends on the machine.
  [[nodiscard]] bool comes_to(const std::function<bool()>& what) {
    for (int i = 0; i < 600 && !what(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return what();
  }
  [[nodiscard]] bool in_force() const {
    const auto entry = store_->directory()->find("ru-example");
    return entry->revocations && entry->revocations->keys.contains(world_.peer.certificate.id());
  }

  StoreWorld world_;
  RevocationLists lists_{world_.peer.anchor, world_.peer.anchor_key};
  const std::filesystem::path folder_;
  const service::Identity identity_{"cn-example", "CN", "CN", "cn-example", world_.self.certificate.id()};
  std::unique_ptr<store::Store> store_;
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
  std::optional<RevocationWatch> watch_;
};

TEST_F(RevocationWatchOf, TakesAListThatIsThereAndOneThatComes) {
  put("ru.crl", world_.clock.now());
  watch();
  EXPECT_TRUE(in_force());
  put("ru.crl", world_.clock.now() + seconds(60));
  EXPECT_TRUE(comes_to([&] { return told("revocation.recorded") == 2; }));
  EXPECT_EQ(told("revocation.fault"), 0U);
}

TEST_F(RevocationWatchOf, TakesAListThatIsDatedAheadWhenItsTimeComes) {
  put("ru.crl", world_.clock.now() + seconds(3600));
  watch();
  EXPECT_FALSE(in_force());
  EXPECT_EQ(told("revocation.fault"), 1U);
  world_.clock.advance(seconds(3600));
  EXPECT_TRUE(comes_to([&] { return in_force(); }));
  EXPECT_EQ(told("revocation.fault"), 1U) << "once";
}

TEST_F(RevocationWatchOf, TakesAListThatTheStoreCouldNotTakeBefore) {
  put("ru.crl", world_.clock.now());
  world_.while_locked([&] {
    watch();
    EXPECT_FALSE(in_force());
  });
  EXPECT_TRUE(comes_to([&] { return in_force(); }));
  EXPECT_EQ(told("revocation.fault"), 1U) << "once";
}

TEST_F(RevocationWatchOf, TellsAFileThatIsNoListOnce) {
  std::ofstream(folder_ / "ru.crl") << "no list";
  watch();
  put("another.crl", world_.clock.now());
  EXPECT_TRUE(comes_to([&] { return in_force(); }));
  EXPECT_EQ(told("revocation.fault"), 1U);
}

}  // namespace
}  // namespace chancery::test

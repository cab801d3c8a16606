#include "daemon/store/quote_index.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "tests/support/seeded_random.h"

namespace chancery::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QuoteIndexTest : public ::testing::Test {
 public:
  ~QuoteIndexTest() override { std::filesystem::remove_all(base_); }

 protected:
  QuoteIndexTest() {
    std::string name = (std::filesystem::temp_directory_path() / "chancery-quotes-XXXXXX").string();
    base_ = ::mkdtemp(name.data());
  }

  std::unique_ptr<QuoteIndex> open(QuoteIndexOptions options = {}) {
    return QuoteIndex::open(base_ / "quotes", key_.view(), random_, options).value();
  }
  static QuotePosition at(std::uint64_t ordinal) {
    QuotePosition position{ordinal, {}};
    position.id.value[0] = static_cast<std::uint8_t>(ordinal);
    return position;
  }
  static void add(QuoteIndex& index, std::uint64_t ordinal, const std::vector<std::uint64_t>& fingerprints) {
    index.add(ordinal, at(ordinal).id, fingerprints);
  }
  [[nodiscard]] std::string everything_on_disk() const {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(base_ / "quotes")) {
      std::ifstream in(entry.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  std::filesystem::path base_;
  test::SeededRandom random_{7};
  crypto::SecretBytes key_{Bytes(32, 9)};
};

TEST_F(QuoteIndexTest, FindsWhatIsInMemoryAndWhatIsOnDisk) {
  auto index = open();
  add(*index, 1, {10, 20, 30});
  ASSERT_TRUE(index->write());
  add(*index, 2, {20, 40});
  EXPECT_THAT(index->find({20}).value(), ElementsAre(1, 2));
  EXPECT_THAT(index->find({5, 30, 50}).value(), ElementsAre(1));
  EXPECT_THAT(index->find({11}).value(), IsEmpty());
}

TEST_F(QuoteIndexTest, IsAsItWasWrittenAfterOpeningAgain) {
  {
    auto index = open();
    add(*index, 1, {10});
    ASSERT_TRUE(index->write());
    add(*index, 2, {20});
  }
  auto index = open();
  EXPECT_EQ(index->position(), at(1));
  EXPECT_THAT(index->find({10, 20}).value(), ElementsAre(1));
}

// Random entries, written and merged at random, against a map; small runs, so that every block and merge is met.
TEST_F(QuoteIndexTest, AgreesWithAMapThroughWritingMergingChangingAndOpening) {
  const QuoteIndexOptions small{200, 50};
  std::mt19937_64 engine(20261126);
  std::map<std::uint64_t, std::set<std::uint64_t>> twin;
  auto index = open(small);
  std::uint64_t changes = 0;
  for (std::uint64_t ordinal = 1; ordinal <= 2'000; ++ordinal) {
    std::set<std::uint64_t> fingerprints;
    for (auto n = engine() % 12; n > 0; --n) fingerprints.insert(engine() % 3'000);
    for (const auto one : fingerprints) twin[one].insert(ordinal);
    add(*index, ordinal, {fingerprints.begin(), fingerprints.end()});
    if (engine() % 3 == 0) {
      ASSERT_TRUE(index->tend());
    }
    if (engine() % 50 == 0) {
      const auto one = 1 + engine() % ordinal;
      for (auto& [fingerprint, ordinals] : twin) ordinals.erase(one);
      std::set<std::uint64_t> others;
      for (auto n = engine() % 3 * 4; n > 0; --n) others.insert(engine() % 3'000);
      for (const auto fingerprint : others) twin[fingerprint].insert(one);
      index->change({++changes, one}, {others.begin(), others.end()});
    }
    if (engine() % 400 == 0) {
      ASSERT_TRUE(index->write());
      index.reset();
      index = open(small);
      auto position = at(ordinal);
      position.change = changes;
      ASSERT_EQ(index->position(), position);
    }
  }
  for (const auto& [fingerprint, ordinals] : twin)
    EXPECT_THAT(index->find({fingerprint}).value(), ::testing::ElementsAreArray(ordinals)) << fingerprint;
}

TEST_F(QuoteIndexTest, HoldsAFingerprintOfManyMessages) {
  auto index = open();
  for (std::uint64_t ordinal = 1; ordinal <= 3'000; ++ordinal) add(*index, ordinal, {7, 1'000 + ordinal});
  ASSERT_TRUE(index->write());
  EXPECT_EQ(index->find({7}).value().size(), 3'000U);
  EXPECT_THAT(index->find({1'500}).value(), ElementsAre(500));
}

TEST_F(QuoteIndexTest, IsEmptyUnderAnotherKeyAndWhenItsFilesAreDamaged) {
  const auto fill = [this] {
    auto index = open();
    ASSERT_TRUE(index->reset({}, 0));
    add(*index, 1, {10});
    ASSERT_TRUE(index->write());
  };
  fill();
  key_ = crypto::SecretBytes(Bytes(32, 8));
  EXPECT_EQ(open()->position().ordinal, 0U);
  for (const char* file : {"index", "1.run"}) {
    fill();
    for (const auto& entry : std::filesystem::directory_iterator(base_ / "quotes"))
      if ((entry.path().extension() == ".run") == (std::string(file) != "index"))
        std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 1);
    auto index = open();
    EXPECT_EQ(index->position().ordinal, 0U) << file;
    EXPECT_THAT(index->find({10}).value(), IsEmpty());
  }
}

TEST_F(QuoteIndexTest, SaysThatABlockIsDamaged) {
  auto index = open();
  add(*index, 1, {10});
  ASSERT_TRUE(index->write());
  for (const auto& entry : std::filesystem::directory_iterator(base_ / "quotes")) {
    if (entry.path().extension() != ".run") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file.put('\x55');
  }
  EXPECT_EQ(index->find({10}).error().code, Errc::corrupt);
}

TEST_F(QuoteIndexTest, ForgetsForGoodAndLeavesNoEntryOnTheDisk) {
  auto index = open();
  add(*index, 1, {0x1122334455667788, 10});
  add(*index, 2, {10});
  ASSERT_TRUE(index->write());
  const auto before = everything_on_disk().size();
  index->change({1, 1}, {});
  EXPECT_THAT(index->find({10}).value(), ElementsAre(2));
  ASSERT_TRUE(index->tend());
  EXPECT_LT(everything_on_disk().size(), before);
  index.reset();
  index = open();
  EXPECT_EQ(index->position().change, 1U);
  EXPECT_THAT(index->find({10}).value(), ElementsAre(2));
  EXPECT_THAT(index->find({0x1122334455667788}).value(), IsEmpty());
}

TEST_F(QuoteIndexTest, SaysThatItForgotOnlyOnceItHas) {
  auto index = open();
  add(*index, 1, {10});
  ASSERT_TRUE(index->write());
  index->change({1, 1}, {});
  index.reset();  // the process ended
  EXPECT_EQ(open()->position().change, 0U);
}

TEST_F(QuoteIndexTest, FindsAgainWhatCameAgainAfterItWasForgotten) {
  auto index = open();
  add(*index, 1, {10, 20});
  ASSERT_TRUE(index->write());
  index->change({1, 1}, {});
  index->change({2, 1}, {20, 30});
  const auto found = [&](std::uint64_t fingerprint) { return index->find({fingerprint}).value(); };
  for (const bool written : {false, true}) {
    if (written) {
      ASSERT_TRUE(index->tend());
    }
    EXPECT_THAT(found(10), IsEmpty()) << written;
    EXPECT_THAT(found(20), ElementsAre(1)) << written;
    EXPECT_THAT(found(30), ElementsAre(1)) << written;
  }
  index.reset();
  index = open();
  EXPECT_THAT(found(10), IsEmpty());
  EXPECT_THAT(found(20), ElementsAre(1));
}

TEST_F(QuoteIndexTest, PassesAChangeOfWhatItHasNotSeenYet) {
  auto index = open();
  index->change({1, 2}, {10});
  add(*index, 1, {10});
  add(*index, 2, {20});
  EXPECT_THAT(index->find({10}).value(), ElementsAre(1));
  EXPECT_THAT(index->find({20}).value(), ElementsAre(2));
}

TEST_F(QuoteIndexTest, ShowsNoFingerprintInItsFiles) {
  auto index = open();
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 0; i < 1'000; ++i) all.push_back(0x4141414141414100 + i);
  add(*index, 1, all);
  ASSERT_TRUE(index->write());
  EXPECT_EQ(everything_on_disk().find("AAAA"), std::string::npos);
}

TEST_F(QuoteIndexTest, IsEmptiedForAnotherGround) {
  auto index = open();
  add(*index, 1, {10});
  ASSERT_TRUE(index->write());
  Digest ground;
  ground.value[0] = 1;
  ASSERT_TRUE(index->reset(ground, 7));
  EXPECT_EQ(index->position().ordinal, 0U);
  EXPECT_THAT(index->find({10}).value(), IsEmpty());
  EXPECT_EQ(open()->made_under(), ground);
  EXPECT_EQ(open()->position().change, 7U);
}

// A number that a forked process counts up and its parent sees.
class SharedCount {
 public:
  SharedCount() : count_(new(memory()) std::atomic<std::uint64_t>(0)) {}
  ~SharedCount() { ::munmap(count_, sizeof(*count_)); }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;
  std::atomic<std::uint64_t>& operator*() const { return *count_; }

 private:
  static void* memory() {
    return ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                  0);
  }
  std::atomic<std::uint64_t>* count_;
};

// A process that only builds the index is killed at a moment of chance, after it has added a number of chance; what the
// next one finds is whole up to the position it states, and goes on from there.
TEST_F(QuoteIndexTest, IsWholeUpToItsPositionWhereverItsBuilderWasKilled) {
  const QuoteIndexOptions small{300, 40};
  std::mt19937_64 engine(1126);
  std::uint64_t reached = 0;
  const SharedCount added;
  for (int round = 0; round < 25; ++round) {
    *added = 0;
    const auto child = ::fork();
    if (child == 0) {
      auto index = QuoteIndex::open(base_ / "quotes", key_.view(), random_, small);
      for (auto ordinal = (*index)->position().ordinal + 1;; ++ordinal) {
        add(**index, ordinal, {ordinal, ordinal + 1});
        if (!(*index)->tend()) ::_exit(1);
        ++*added;
      }
    }
    const auto enough = engine() % 600;
    int status = 0;
    pid_t ended = 0;
    while (*added < enough && ended == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      ended = ::waitpid(child, &status, WNOHANG);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(engine() % 10'000));
    ASSERT_EQ(ended, 0) << "it ended by itself";
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto index = open(small);
    const auto position = index->position().ordinal;
    ASSERT_GE(position, reached);
    reached = position;
    for (std::uint64_t n = 0; n < 50 && position > 1; ++n) {
      const auto fingerprint = 2 + engine() % (position - 1);
      ASSERT_THAT(index->find({fingerprint}).value(), ElementsAre(fingerprint - 1, fingerprint)) << position;
    }
  }
  EXPECT_GT(reached, 300U);
}

// Those who look while others add, write and merge miss nothing that was added before.
TEST_F(QuoteIndexTest, MissesNothingWhileItIsWritten) {
  auto index = open({500, 100});
  std::set<std::uint64_t> changed;
  const auto one_of = [](std::uint64_t ordinal) { return 1 + ordinal * 7919 % 10'007 % ordinal; };
  std::atomic<bool> stop = false;
  std::thread tender([&] {
    while (!stop) (void)index->tend();
  });
  for (std::uint64_t ordinal = 1; ordinal <= 5'000; ++ordinal) {
    add(*index, ordinal, {ordinal, ordinal + 1});
    if (ordinal % 7 == 0) {
      const auto one = one_of(ordinal * 31);
      if (one > ordinal) continue;
      index->change({ordinal, one}, {one, 10'000 + ordinal});
      changed.insert(one);
      ASSERT_THAT(index->find({10'000 + ordinal}).value(), ElementsAre(one)) << ordinal;
    }
    const auto earlier = one_of(ordinal);
    const auto found = index->find({earlier}).value();
    ASSERT_TRUE(std::binary_search(found.begin(), found.end(), earlier)) << ordinal;
    const auto before = index->find({earlier + 1}).value();
    ASSERT_EQ(std::binary_search(before.begin(), before.end(), earlier), !changed.contains(earlier)) << ordinal;
  }
  stop = true;
  tender.join();
}

}  // namespace
}  // namespace chancery::store

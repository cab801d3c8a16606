// Random histories of three authorities against the laws of delivery (protocol section 5). The seed of a history that
// fails is printed; CHANCERY_MODEL_SEED=<seed> plays that one alone, CHANCERY_MODEL_HISTORIES=<n> plays more of them.
#include <gmock/gmock.h>

#include "tests/model/exchange_world.h"

namespace chancery::test {
namespace {

using ::testing::IsEmpty;

constexpr unsigned kActs = 80;

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const auto* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

void play(std::uint64_t seed, const Mix& mix) {
  SCOPED_TRACE("CHANCERY_MODEL_SEED=" + std::to_string(seed));
  ExchangeWorld world(seed, mix);
  world.play(kActs);
  EXPECT_TRUE(world.settle()) << "something is still under way";
  EXPECT_THAT(broken_laws(world), IsEmpty());
  EXPECT_GT(world.promised().size(), kActs / 4) << "too little happened";
  std::printf("seed %llu: %zu messages, %zu streams, %zu frames hurt, %zu things sent again\n",
              static_cast<unsigned long long>(seed), world.promised().size(), world.network().streams(),
              world.network().hurt(), world.tap().repeats());
}

void play_all(const Mix& mix, std::uint64_t first) {
  const auto only = number_of("CHANCERY_MODEL_SEED", 0);
  if (only != 0) return play(only, mix);
  const auto histories = number_of("CHANCERY_MODEL_HISTORIES", 2);
  for (std::uint64_t i = 0; i < histories && !::testing::Test::HasFailure(); ++i) play(first + i, mix);
}

TEST(ExchangeModel, KeepsTheLawsOnAGoodNetwork) { play_all({}, 100); }

TEST(ExchangeModel, KeepsTheLawsWhereFramesAreLostRepeatedAndOvertaken) {
  Mix mix;
  mix.network = {10, 10, 10, 5, 0, Duration{20}};
  play_all(mix, 200);
}

// Whoever closes a number does not send its message again: an answer that was lost is asked for by nobody.
TEST(ExchangeModel, KeepsTheLawsWhereWhatIsAnsweredIsClosedAndTheAnswerLost) {
  Mix mix;
  mix.close = 30;
  mix.network = {30, 5, 10, 5, 0, Duration{20}};
  play_all(mix, 250);
}

TEST(ExchangeModel, KeepsTheLawsWhereStreamsAreCutAndPairsAreParted) {
  Mix mix;
  mix.part = 8;
  mix.network = {0, 0, 0, 10, 15, Duration{30}};
  play_all(mix, 300);
}

TEST(ExchangeModel, KeepsTheLawsWhenAuthoritiesStopAndDisksFail) {
  Mix mix;
  mix.crash = 5;
  mix.restart = 4;
  mix.part = 4;
  mix.network = {3, 3, 3, 5, 5, Duration{20}};
  play_all(mix, 400);
}

}  // namespace
}  // namespace chancery::test

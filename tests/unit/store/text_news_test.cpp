#include "daemon/store/text_news.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/support/store_world.h"

namespace chancery::test {
namespace {

using store::TextNews;
using store::Transaction;

core::MessageId id_of(std::uint64_t ordinal) {
  core::MessageId id;
  id.value.back() = static_cast<std::uint8_t>(ordinal);
  return id;
}

Digest data(std::uint8_t number) {
  Digest digest;
  digest.value.front() = number;
  return digest;
}

// Whatever was recorded, under whichever data, and recorded anew: none of the stretch is restricted, and it ends with
// the newest.
TEST(TextNews, NameOnlyWhatIsOpenUnderTheirData) {
  std::mt19937 chance(7);
  std::size_t longest = 0;
  for (int round = 0; round < 200; ++round) {
    TextNews news;
    std::map<std::uint64_t, std::optional<Digest>> twin;
    std::uint64_t ordinal = chance() % 3;
    for (int i = 0; i < 40; ++i) {
      // Sometimes what was removed leaves its ordinal to the next.
      if (ordinal == 0 || chance() % 8 != 0) ++ordinal;
      const auto open_under =
          chance() % 4 == 0 ? std::nullopt : std::optional(data(static_cast<std::uint8_t>(chance() % 8 == 0)));
      news.recorded(ordinal, id_of(ordinal), open_under);
      twin[ordinal] = open_under;
      EXPECT_EQ(news.up_to, ordinal);
      EXPECT_EQ(news.id, id_of(ordinal));
      for (auto at = news.after + 1; at <= news.up_to; ++at) ASSERT_EQ(twin.at(at), std::optional(news.under));
      longest = std::max<std::size_t>(longest, news.up_to - news.after);
    }
  }
  EXPECT_GT(longest, 5U);
}

TEST(TextNews, SayNothingOfWhatWasRolledBack) {
  StoreWorld world;
  auto store = world.open().value();
  ASSERT_TRUE(world.send(*store, 1).has_value());
  EXPECT_EQ(store->text_news().up_to, 1U);
  const auto failed = store->run<Sent>(2, [&world](Transaction& tx) -> Result<Sent> {
    auto sent = TRY(world.release(tx, 2));
    return fail(Errc::conflict, "on purpose");
  });
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(store->text_news().up_to, 1U);
  ASSERT_TRUE(world.send(*store, 3).has_value());
  EXPECT_EQ(store->text_news().up_to, 2U);
}

}  // namespace
}  // namespace chancery::test

#include "client/sent_keys.h"

#include <gtest/gtest.h>

#include "tests/unit/client/folder.h"

namespace chancery::client {
namespace {

constexpr Instant kNow{1'795'000'000'000};

class SentKeysTest : public testing::Test {
 protected:
  std::string key(const std::string& content, bool again = false, Instant now = kNow) {
    return *SentKeys(folder_.path("sends")).key_for(content, again, now, random_);
  }
  test::Folder folder_;
  crypto::SystemRandom random_;
};

TEST_F(SentKeysTest, GiveTheSameDraftTheSameKey) {
  const auto first = key("draft");
  EXPECT_EQ(first.size(), 16u);
  EXPECT_EQ(key("draft"), first);
  EXPECT_EQ(key("draft", false, kNow + days(6)), first);
  EXPECT_NE(key("another draft"), first);
}

TEST_F(SentKeysTest, GiveANewKeyWhenAskedToOrAfterSevenDays) {
  const auto first = key("draft");
  const auto second = key("draft", true);
  EXPECT_NE(second, first);
  EXPECT_EQ(key("draft"), second);
  EXPECT_NE(key("draft", false, kNow + days(7)), second);
}

TEST_F(SentKeysTest, BeginWithTheTimeInMilliseconds) {
  EXPECT_EQ(read_be(as_bytes(key("draft")).first(6)), static_cast<std::uint64_t>(kNow.ms));
}

}  // namespace
}  // namespace chancery::client

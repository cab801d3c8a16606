#include "client/nearest.h"

#include <gtest/gtest.h>

namespace chancery::client {

TEST(Nearest, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("inbox", "inbox"), 0u);
  EXPECT_EQ(edit_distance("inbo", "inbox"), 1u);
  EXPECT_EQ(edit_distance("inboxx", "inbox"), 1u);
  EXPECT_EQ(edit_distance("imbox", "inbox"), 1u);
  EXPECT_EQ(edit_distance("ibnox", "inbox"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, OffersWhatWasProbablyMeant) {
  const std::vector<std::string> words = {"inbox", "outbox", "show", "send", "approve"};
  EXPECT_EQ(nearest("inbx", words), "inbox");
  EXPECT_EQ(nearest("shwo", words), "show");
  EXPECT_EQ(nearest("aprove", words), "approve");
}

TEST(Nearest, OffersNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("delete", {"inbox", "outbox"}), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace chancery::client

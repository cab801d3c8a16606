#include "client/peer_table.h"

#include <gtest/gtest.h>

namespace chancery::client {
namespace {

// A store may hold a reason from before such were refused.
TEST(PeerTable, ShowsAReasonThatCannotMoveTheCursor) {
  const auto catalogue = Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en").value();
  google::protobuf::RepeatedPtrField<v1::PeerView> peers;
  peers.Add()->set_reason("a\u009b2Jb\u202ec");
  const auto text = peer_table(peers, catalogue);
  EXPECT_EQ(text.find("\u009b"), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_NE(text.find("a\\u009b2Jb\\u202ec"), std::string::npos);
}

}  // namespace
}  // namespace chancery::client

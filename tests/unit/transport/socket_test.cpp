#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "daemon/transport/listener.h"

namespace chancery::transport {
namespace {

namespace fs = std::filesystem;

class UnixSocket : public ::testing::Test {
 public:
  ~UnixSocket() override { fs::remove_all(folder_); }

 protected:
  UnixSocket() {
    std::string name = (fs::temp_directory_path() / "chancery-socket-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = (folder_ / "desk.sock").string();
  }

  // A socket file whose daemon was killed.
  void leave_stale_socket() {
    auto live = Socket::unix(path_).value();
    fs::rename(path_, path_ + ".kept");  // so that closing does not remove it
    { const auto dead = std::move(live); }
    fs::rename(path_ + ".kept", path_);
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(UnixSocket, IsForItsOwnerAndGroup) {
  const auto socket = Socket::unix(path_);
  ASSERT_TRUE(socket.has_value()) << socket.error().detail;
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660U);
}

TEST_F(UnixSocket, IsRemovedWithItsOwner) {
  { const auto socket = Socket::unix(path_).value(); }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(UnixSocket, TakesThePlaceOfOneNobodyAnswersOn) {
  leave_stale_socket();
  ASSERT_TRUE(fs::exists(path_));
  EXPECT_TRUE(Socket::unix(path_).has_value());
}

TEST_F(UnixSocket, DoesNotTakeThePlaceOfALivingDaemon) {
  const auto first = Socket::unix(path_);
  ASSERT_TRUE(first.has_value());
  const auto second = Socket::unix(path_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(UnixSocket, DoesNotRemoveAFileThatIsNoSocket) {
  std::ofstream(path_) << "something";
  const auto socket = Socket::unix(path_);
  ASSERT_FALSE(socket.has_value());
  EXPECT_EQ(socket.error().code, Errc::forbidden);
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(UnixSocket, DoesNotStandWhereOthersCanWrite) {
  fs::permissions(folder_, fs::perms::all);
  const auto socket = Socket::unix(path_);
  ASSERT_FALSE(socket.has_value());
  EXPECT_EQ(socket.error().code, Errc::forbidden);
}

TEST(TcpSocket, TakesNumericAddressesOnly) {
  EXPECT_TRUE(Socket::tcp("127.0.0.1:0").has_value());
  for (const auto* wrong : {"localhost:0", "127.0.0.1", "127.0.0.1:", ":1", "127.0.0.1:http", "127.0.0.1:70000"}) {
    const auto socket = Socket::tcp(wrong);
    ASSERT_FALSE(socket.has_value()) << wrong;
    EXPECT_EQ(socket.error().code, Errc::malformed) << wrong;
  }
}

}  // namespace
}  // namespace chancery::transport

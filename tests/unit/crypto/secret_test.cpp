#include "crypto/secret.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "crypto/random.h"

namespace chancery::crypto {
namespace {

class KeyFile : public testing::Test {
 public:
  ~KeyFile() override { std::filesystem::remove_all(directory_); }

 protected:
  KeyFile() {
    auto pattern = (std::filesystem::temp_directory_path() / "chancery-secret-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  [[nodiscard]] std::string path(const char* name) const { return directory_ / name; }
  [[nodiscard]] std::string with_mode(mode_t mode) const {
    std::ofstream(path("key")) << "key";
    ::chmod(path("key").c_str(), mode);
    return path("key");
  }

 private:
  std::filesystem::path directory_;
};

TEST(SecretBytes, LeaveNothingBehindWhenMoved) {
  SecretBytes first(to_bytes("secret"));
  const auto* where = first.view().data();
  SecretBytes second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): this is what is tested
  EXPECT_EQ(second.view().data(), where) << "moving made a copy";
  SecretBytes third(to_bytes("other"));
  third = std::move(second);
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(as_text(third.view()), "secret");
}

TEST(SecretBytes, CloneOnlyOnPurpose) {
  static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
  const SecretBytes secret(to_bytes("secret"));
  const auto copy = secret.clone();
  EXPECT_EQ(as_text(copy.view()), "secret");
  EXPECT_NE(copy.view().data(), secret.view().data());
}

TEST_F(KeyFile, IsWrittenForItsOwnerAlone) {
  const auto old = ::umask(0);
  ASSERT_TRUE(write_secret_file(path("key"), as_bytes("secret")).has_value());
  ::umask(old);
  struct stat status {};
  ASSERT_EQ(::stat(path("key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(as_text(read_secret_file(path("key"), 6).value().view()), "secret");
}

TEST_F(KeyFile, IsNeverOverwritten) {
  ASSERT_TRUE(write_secret_file(path("key"), as_bytes("first")).has_value());
  EXPECT_EQ(write_secret_file(path("key"), as_bytes("second")).error().code, Errc::conflict);
  EXPECT_EQ(as_text(read_secret_file(path("key")).value().view()), "first");
}

TEST_F(KeyFile, IsReadWithMode0600Or0400Only) {
  for (const mode_t mode : {0600U, 0400U}) EXPECT_TRUE(read_secret_file(with_mode(mode)).has_value()) << mode;
  for (const mode_t mode : {0644U, 0640U, 0604U, 0660U, 0700U, 0601U, 04600U})
    EXPECT_EQ(read_secret_file(with_mode(mode)).error().code, Errc::forbidden) << mode;
}

TEST_F(KeyFile, IsNotReachedThroughASymbolicLink) {
  ASSERT_EQ(::symlink(with_mode(0600).c_str(), path("link").c_str()), 0);
  EXPECT_EQ(read_secret_file(path("link")).error().code, Errc::forbidden);
  EXPECT_EQ(write_secret_file(path("link"), as_bytes("x")).error().code, Errc::conflict);
}

TEST_F(KeyFile, IsARegularFile) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_secret_file(path("pipe")).error().code, Errc::forbidden);
  EXPECT_FALSE(read_secret_file(std::filesystem::path(path("pipe")).parent_path()).has_value());
}

TEST_F(KeyFile, HasTheSizeThatIsAskedFor) {
  EXPECT_EQ(read_secret_file(with_mode(0600), 32).error().code, Errc::malformed);
  EXPECT_EQ(read_secret_file(path("absent")).error().code, Errc::not_found);
  ASSERT_TRUE(write_secret_file(path("long"), Bytes(64 * 1024 + 1)).has_value());
  EXPECT_EQ(read_secret_file(path("long")).error().code, Errc::malformed);
}

TEST(SystemRandom, NeverRepeatsItself) {
  SystemRandom random;
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random.bytes(16)).second);
  EXPECT_NE(random.bytes(5000), random.bytes(5000));
}

TEST(SystemRandom, GivesAChildOtherBytesThanItsParent) {
  SystemRandom random;
  random.bytes(1);  // so that something is drawn ahead
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  if (::fork() == 0) {
    const auto bytes = random.bytes(16);
    ::_exit(::write(ends[1], bytes.data(), bytes.size()) == 16 ? 0 : 1);
  }
  Bytes of_child(16);
  ASSERT_EQ(::read(ends[0], of_child.data(), of_child.size()), 16);
  EXPECT_NE(of_child, random.bytes(16));
}

}  // namespace
}  // namespace chancery::crypto

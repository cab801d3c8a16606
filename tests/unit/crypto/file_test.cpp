#include "crypto/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace chancery::crypto {
namespace {

constexpr std::size_t kLimit = 100'000;

class WholeFile : public testing::Test {
 public:
  ~WholeFile() override { std::filesystem::remove_all(directory_); }

 protected:
  WholeFile() {
    auto pattern = (std::filesystem::temp_directory_path() / "chancery-file-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::string with(const std::string& content) const {
    std::ofstream(path("file"), std::ios::binary) << content;
    return path("file");
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(WholeFile, IsReadToItsLastByteAndNoFurtherThanTheLimit) {
  for (const std::size_t size : {0, 1, 16 << 10, 99'999, 100'000}) {
    const std::string content(size, '\0');
    EXPECT_EQ(read_file(with(content), kLimit), content) << size;
  }
  EXPECT_EQ(read_file(with(std::string(kLimit + 1, 'x')), kLimit).error().code, Errc::malformed);
  ASSERT_EQ(::truncate(path("file").c_str(), off_t{8} << 30), 0);
  EXPECT_EQ(read_file(path("file"), kLimit).error().code, Errc::malformed);
}

// Its size is said to be nothing.
TEST_F(WholeFile, IsWhatIsReadAndNotWhatItsSizeIsSaidToBe) {
  EXPECT_NE(read_file("/proc/self/status", kLimit)->find("VmRSS"), std::string::npos);
}

TEST_F(WholeFile, IsReadThroughASymbolicLink) {
  ASSERT_EQ(::symlink(with("text").c_str(), path("link").c_str()), 0);
  EXPECT_EQ(read_file(path("link"), kLimit), "text");
}

TEST_F(WholeFile, IsARegularFile) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::symlink(path("pipe").c_str(), path("link").c_str()), 0);
  for (const auto& other : {path("pipe"), path("link"), path("."), std::string("/dev/zero"), std::string("/dev/null")})
    EXPECT_EQ(read_file(other, kLimit).error().code, Errc::forbidden) << other;
  EXPECT_EQ(read_file(path("absent"), kLimit).error().code, Errc::not_found);
}

// Nothing is mapped at address 0: reading there is EIO.
TEST_F(WholeFile, ThatCannotBeReadIsAnError) {
  ASSERT_EQ(::symlink("/proc/self/mem", path("memory").c_str()), 0);
  const auto text = read_file(path("memory"), kLimit);
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, Errc::unavailable);
  EXPECT_EQ(text.error().detail, "Input/output error");
}

}  // namespace
}  // namespace chancery::crypto

#include "client/new_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/client/folder.h"

namespace chancery::client {
namespace {

class NewFileTest : public testing::Test {
 protected:
  std::string code() const {
    const auto begun = NewFile::begin(path_);
    return begun ? "" : begun.error().code;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  test::Folder folder_;
  const std::string path_ = folder_.path("file");
};

TEST_F(NewFileTest, IsThereWhenItIsFinished) {
  {
    auto file = NewFile::begin(path_).value();
    ASSERT_TRUE(file.write("whole"));
    EXPECT_FALSE(std::filesystem::exists(path_));
    ASSERT_EQ(files(), 1u);
    struct stat status {};
    const auto part = std::filesystem::directory_iterator(folder_.path())->path();
    EXPECT_EQ(part.filename().string().rfind(".chancery-", 0), 0u);
    ASSERT_EQ(::stat(part.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    ASSERT_TRUE(file.finish());
  }
  EXPECT_EQ(test::slurp(path_), "whole");
  EXPECT_EQ(files(), 1u);
}

TEST_F(NewFileTest, LeavesNothingWhenItIsNot) {
  { ASSERT_TRUE(NewFile::begin(path_).value().write("half")); }
  EXPECT_EQ(files(), 0u);
}

TEST_F(NewFileTest, NeverReplacesOneThatIsThere) {
  test::spit(path_, "mine");
  EXPECT_EQ(code(), "E-FILE-EXISTS");
  std::filesystem::remove(path_);
  auto file = NewFile::begin(path_).value();
  ASSERT_TRUE(file.write("theirs"));
  test::spit(path_, "mine");
  const auto finished = file.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, "E-FILE-EXISTS");
  EXPECT_EQ(test::slurp(path_), "mine");
}

TEST_F(NewFileTest, TouchesNothingElseWhateverItIsCalled) {
  for (const auto* name : {"file.part", "file.chancery-part", ".chancery-", ".chancery-XXXXXX"})
    test::spit(folder_.path(name), name);
  auto file = NewFile::begin(path_).value();
  ASSERT_TRUE(file.write("now"));
  ASSERT_TRUE(file.finish());
  EXPECT_EQ(test::slurp(path_), "now");
  for (const auto* name : {"file.part", "file.chancery-part", ".chancery-", ".chancery-XXXXXX"})
    EXPECT_EQ(test::slurp(folder_.path(name)), name);
  EXPECT_EQ(files(), 5u);
}

TEST_F(NewFileTest, OfTwoThatWriteItTheLaterIsToldThatItExists) {
  auto first = NewFile::begin(path_).value(), second = NewFile::begin(path_).value();
  ASSERT_TRUE(first.write("first"));
  ASSERT_TRUE(second.write("second"));
  ASSERT_TRUE(first.finish());
  const auto finished = second.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, "E-FILE-EXISTS");
  EXPECT_EQ(test::slurp(path_), "first");
}

TEST_F(NewFileTest, FollowsNoLink) {
  std::filesystem::create_symlink(folder_.path("other"), path_);
  EXPECT_EQ(code(), "E-FILE-EXISTS");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("other")));
}

TEST_F(NewFileTest, SaysWhatCannotBeWritten) {
  const auto begun = NewFile::begin(folder_.path(std::string(300, 'x')));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, "E-FILE");
}

}  // namespace
}  // namespace chancery::client

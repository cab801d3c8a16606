#include "tests/support/page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace chancery::test {

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

void expect_section(const std::string& page, const std::string& name, const std::string& written) {
  const auto path = std::string(CHANCERY_SOURCE_DIR) + "/" + page;
  auto text = read(path);
  const auto mark = text.find("<!-- " + name + ":");
  ASSERT_NE(mark, std::string::npos) << page << ", section " << name;
  const auto begin = text.find("-->\n", mark) + 4;
  const auto end = text.find("<!-- end of " + name + " -->", begin);
  ASSERT_NE(end, std::string::npos) << page << ", section " << name;
  if (std::getenv("CHANCERY_WRITE_PAGE") != nullptr) {
    text.replace(begin, end - begin, written);
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text.substr(begin, end - begin), written) << page << ", section " << name;
}

}  // namespace chancery::test

// proto/README.md says what the code does: its tables and its example are what the code writes. Run the program with
// CHANCERY_WRITE_PAGE=1 to write them again after a change on purpose.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "daemon/core/decision.h"
#include "daemon/core/kind.h"
#include "tests/unit/proto/example.h"

namespace chancery::test {
namespace {

const std::string kPage = std::string(CHANCERY_SOURCE_DIR) + "/proto/README.md";

std::string read_page() {
  std::ifstream in(kPage, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Where the section between `<!-- name: ... -->` and `<!-- end of name -->` begins and ends.
std::pair<std::size_t, std::size_t> section(const std::string& page, const std::string& name) {
  const auto mark = page.find("<!-- " + name + ":");
  const auto begin = page.find("-->\n", mark) + 4;
  const auto end = page.find("<!-- end of " + name + " -->", begin);
  return {begin, end};
}

void expect_section(const std::string& name, const std::string& written) {
  auto page = read_page();
  const auto [begin, end] = section(page, name);
  ASSERT_NE(end, std::string::npos) << name;
  if (std::getenv("CHANCERY_WRITE_PAGE") != nullptr) {
    page.replace(begin, end - begin, written);
    std::ofstream(kPage, std::ios::binary) << page;
    return;
  }
  EXPECT_EQ(page.substr(begin, end - begin), written) << "proto/README.md, section " << name;
}

std::string pattern_word(core::Pattern pattern) {
  switch (pattern) {
    case core::Pattern::notice:
      return "notice";
    case core::Pattern::consent:
      return "consent";
    case core::Pattern::joint_act:
      return "joint act";
  }
  return {};
}

std::string yes(bool value) { return value ? "yes" : "no"; }

TEST(ProtocolPage, NamesEveryKindAndItsFacts) {
  std::string table =
      "| kind | pattern | direction | threat | available | spillable | facts |\n|---|---|---|---|---|---|---|\n";
  for (const auto& kind : core::message_kinds())
    table += "| `" + std::string(kind.name) + "` | " + pattern_word(kind.pattern) + " | " + yes(kind.needs_direction) +
             " | " + yes(kind.needs_threat) + " | " + yes(kind.available) + " | " + yes(kind.spillable) + " | " +
             std::string(kind.facts) + " |\n";
  expect_section("kinds", table);
}

TEST(ProtocolPage, NamesEveryReason) {
  std::string table = "| code | outcome | exit |\n|---|---|---|\n";
  for (const auto reason : core::all_reasons())
    table += "| `" + std::string(core::to_string(reason)) + "` | " + core::to_string(core::outcome_of(reason)) + " | " +
             std::to_string(core::exit_code_of(reason)) + " |\n";
  expect_section("reasons", table);
}

TEST(ProtocolPage, ShowsAnExampleThatTheCodeRepeats) { expect_section("example", worked_example()); }

}  // namespace
}  // namespace chancery::test

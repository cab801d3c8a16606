// proto/README.md says what the code does: its tables and its example are what the code writes.
#include <gtest/gtest.h>

#include "daemon/core/decision.h"
#include "daemon/core/kind.h"
#include "tests/support/page.h"
#include "tests/unit/proto/example.h"

namespace chancery::test {
namespace {

const std::string kPage = "proto/README.md";

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
  expect_section(kPage, "kinds", table);
}

TEST(ProtocolPage, NamesEveryReason) {
  std::string table = "| code | outcome | exit |\n|---|---|---|\n";
  for (const auto reason : core::all_reasons())
    table += "| `" + std::string(core::to_string(reason)) + "` | " + core::to_string(core::outcome_of(reason)) + " | " +
             std::to_string(core::exit_code_of(reason)) + " |\n";
  expect_section(kPage, "reasons", table);
}

TEST(ProtocolPage, ShowsAnExampleThatTheCodeRepeats) { expect_section(kPage, "example", worked_example()); }

}  // namespace
}  // namespace chancery::test

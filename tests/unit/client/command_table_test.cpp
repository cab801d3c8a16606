#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "client/arguments.h"
#include "client/catalogue.h"
#include "client/explanation.h"
#include "client/help.h"
#include "tests/unit/client/folder.h"

namespace chancery::client {
namespace {

const Catalogue& english() {
  static const Catalogue kCatalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", "en");
  return kCatalogue;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

TEST(CommandTable, HasHelpForEveryCommandAndEveryOption) {
  for (const auto& command : command_table()) {
    EXPECT_TRUE(english().has(command.help_key())) << command.words();
    for (const auto& option : command.options) EXPECT_TRUE(english().has("option." + option.key)) << option.name;
  }
  for (const auto& option : global_options()) EXPECT_TRUE(english().has("option." + option.key)) << option.name;
}

TEST(CommandTable, HasExamplesThatParseAsTheirCommand) {
  for (const auto& command : command_table()) {
    ASSERT_FALSE(command.examples.empty()) << command.words();
    for (const auto& example : command.examples) {
      auto words = words_of(example);
      ASSERT_EQ(words.front(), "chancery");
      words.erase(words.begin());
      const auto parsed = parse(words);
      ASSERT_TRUE(parsed.has_value()) << example << ": " << parsed.error().code;
      EXPECT_EQ(parsed->command, &command) << example;
    }
  }
}

TEST(CommandTable, NamesEveryCommandOnceAndAKnownRole) {
  std::set<std::string> seen;
  for (const auto& command : command_table()) {
    EXPECT_TRUE(seen.insert(command.words()).second) << command.words();
    EXPECT_FALSE(command.roles.empty()) << command.words();
    EXPECT_EQ(command.roles.find_first_not_of("OPAU-"), std::string::npos) << command.words();
    EXPECT_NE(command.run, nullptr) << command.words();
  }
}

// Rules of core are in the answers of a daemon; the others stand in the table.
TEST(CommandTable, NamesRulesThatHaveWordsAndAReason) {
  for (const auto& command : command_table())
    for (const auto& rule : command.rules) {
      EXPECT_TRUE(english().has("rule." + rule)) << rule;
      EXPECT_TRUE(english().has("error." + reason_of_rule(rule) + ".what")) << rule;
      EXPECT_FALSE(is_judged(command)) << command.words() << ": its rules are the daemon's to name";
    }
}

TEST(CommandTable, IsWhatHelpShows) {
  const auto overview_text = overview(english());
  for (const auto& command : command_table()) {
    EXPECT_NE(overview_text.find("  " + command.words()), std::string::npos) << command.words();
    const auto text = command_help(command, english());
    for (const auto& option : command.options) EXPECT_NE(text.find(option.name), std::string::npos) << option.name;
  }
}

TEST(Run, ExitsWithTwoForAnUnknownWordAndNamesTheNearestOnStderr) {
  const test::Folder home;
  const auto answer = test::chancery(home, {"inbx"});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_EQ(answer.out, "");
  EXPECT_NE(answer.notes.find("inbox"), std::string::npos);
}

TEST(Run, ShowsEveryExitCodeAndEveryReason) {
  const test::Folder home;
  const auto codes = test::chancery(home, {"help", "exit-codes"});
  EXPECT_EQ(codes.exit_code, 0);
  for (const auto* code : {"  0 ", "  5 ", "  130 "}) EXPECT_NE(codes.out.find(code), std::string::npos) << code;
  EXPECT_THAT(test::chancery(home, {"help", "errors"}).out, testing::ContainsRegex("E-CONSENT-REQUIRED +5 "));
  EXPECT_THAT(test::chancery(home, {"help", "errors"}).out, testing::ContainsRegex("E-DRAFT +2 "));
}

TEST(Run, SaysThatNoContextIsChosen) {
  const test::Folder home;
  const auto answer = test::chancery(home, {"inbox"});
  EXPECT_EQ(answer.exit_code, 3);
  EXPECT_NE(answer.notes.find("E-CONTEXT-NONE"), std::string::npos);
}

TEST(Run, WrapsJsonWithSchemaTimeAndWarnings) {
  const test::Folder home;
  const auto answer = test::chancery(home, {"version", "-o", "json"});
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_EQ(answer.out.rfind(R"({"schema":"chancery.v1.Version","generated":")", 0), 0u) << answer.out;
  EXPECT_NE(answer.out.find(R"("warnings":[]})"), std::string::npos) << answer.out;
}

}  // namespace
}  // namespace chancery::client

#include "client/arguments.h"

#include <gtest/gtest.h>

namespace chancery::client {
namespace {

Fault fault_of(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  EXPECT_FALSE(parsed.has_value());
  return parsed ? Fault{} : parsed.error();
}

TEST(ParseArguments, FindsTheCommandBehindGlobalOptionsAndTheirValues) {
  const auto parsed = parse({"-c", "cn", "--lang=zh", "user", "-q", "add", "wang", "--role", "officer", "--certificate",
                             "wang.pem", "-o", "json"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().code;
  EXPECT_EQ(parsed->command->words(), "user add");
  EXPECT_EQ(parsed->arguments.value("--context"), "cn");
  EXPECT_EQ(parsed->arguments.value("--lang"), "zh");
  EXPECT_EQ(parsed->arguments.value("NAME"), "wang");
  EXPECT_EQ(parsed->arguments.value("--output"), "json");
  EXPECT_TRUE(parsed->arguments.has("--quiet"));
}

TEST(ParseArguments, TakesOfficersVerbsWithAndWithoutTheirNoun) {
  const auto alone = parse({"show", "IN-2026-0001"});
  const auto with_noun = parse({"message", "show", "IN-2026-0001"});
  ASSERT_TRUE(alone.has_value() && with_noun.has_value());
  EXPECT_EQ(alone->command, with_noun->command);
}

TEST(ParseArguments, TakesAWordThatIsACommandAsAnArgument) {
  const auto parsed = parse({"help", "user", "add"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->arguments.all("TOPIC"), (std::vector<std::string>{"user", "add"}));
}

TEST(ParseArguments, SplitsListsAndAddsUpRepeatedOptions) {
  const auto parsed = parse({"send", "n.md", "--to", "ru-example, kz-example", "--to", "tj-example"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().params.at("detail");
  EXPECT_EQ(parsed->arguments.list("--to"), (std::vector<std::string>{"ru-example", "kz-example", "tj-example"}));
}

TEST(ParseArguments, NamesTheNearestWordAndExitsWithTwo) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"inbx"}, {"user", "ad"}, {"send", "n.md", "--dry-rum"}, {"mesage", "send"}}) {
    const auto fault = fault_of(words);
    EXPECT_EQ(fault.exit_code(), 2);
    EXPECT_EQ(fault.code, "E-USAGE-NEAREST") << words.back();
  }
  EXPECT_EQ(fault_of({"inbx"}).params.at("nearest"), "inbox");
  EXPECT_EQ(fault_of({"send", "n.md", "--dry-rum"}).params.at("nearest"), "--dry-run");
}

TEST(ParseArguments, NamesWhatIsMissingAndWhatIsTooMuch) {
  EXPECT_EQ(fault_of({"show"}).code, "E-USAGE-MISSING");
  EXPECT_EQ(fault_of({"forward", "IN-2026-0001"}).params.at("name"), "--to");
  EXPECT_EQ(fault_of({"show", "a", "b"}).code, "E-USAGE-EXTRA");
  EXPECT_EQ(fault_of({"delete"}).code, "E-USAGE-WORD");
}

TEST(ParseArguments, GivesHelpWithoutAskingForWhatIsMissing) {
  const auto parsed = parse({"forward", "--help"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->help);
}

}  // namespace
}  // namespace chancery::client

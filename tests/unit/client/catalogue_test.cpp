#include "client/catalogue.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "daemon/core/decision.h"

namespace chancery::client {
namespace {

constexpr const char* kData = CHANCERY_SOURCE_DIR "/config";

Catalogue alone(const std::string& language) {
  auto catalogue = Catalogue::load_file(std::string(kData) + "/i18n/" + language + ".toml", language);
  EXPECT_TRUE(catalogue.has_value()) << language;
  return std::move(catalogue).value();
}

std::set<std::string> placeholders(const std::string& text) {
  static const std::regex kPlaceholder(R"(\{[^{}]*\})");
  return {std::sregex_token_iterator(text.begin(), text.end(), kPlaceholder), std::sregex_token_iterator()};
}

TEST(Catalogues, HaveTheSameKeysAndPlaceholdersInEveryLanguage) {
  const auto english = alone("en");
  for (const auto* language : {"zh", "ru"}) {
    const auto other = alone(language);
    for (const auto& [key, text] : english.texts()) {
      ASSERT_TRUE(other.has(key)) << language << ": " << key;
      EXPECT_EQ(placeholders(other.texts().at(key)), placeholders(text)) << language << ": " << key;
    }
    EXPECT_EQ(other.texts().size(), english.texts().size()) << language;
  }
}

TEST(Catalogues, TellEveryReasonInThreeLines) {
  const auto english = alone("en");
  for (const auto code : core::all_reasons())
    for (const auto* line : {"what", "why", "fix"})
      EXPECT_TRUE(english.has(std::string("error.") + to_string(code) + "." + line)) << to_string(code);
}

TEST(CatalogueText, FillsPlaceholdersOnceAndLeavesOtherBraces) {
  EXPECT_EQ(filled("{a} and {b}, {c} {", {{"a", "{b}"}, {"b", "2"}}), "{b} and 2, {c} {");
}

TEST(CatalogueText, FallsBackToEnglishAndThenToTheKey) {
  const auto catalogue = *Catalogue::load(kData, "zh");
  EXPECT_EQ(catalogue.language(), "zh");
  EXPECT_EQ(catalogue.text("no.such.key"), "no.such.key");
  EXPECT_EQ(catalogue.text("stage.delivered"), "已送达");
  EXPECT_EQ(catalogue.word("stage", "new-stage"), "new-stage");
}

TEST(ChooseLanguage, TakesTheFirstThatSpeaks) {
  EXPECT_EQ(choose_language({"ru", "zh", "en", {"zh_CN.UTF-8"}}), "ru");
  EXPECT_EQ(choose_language({"", "zh", "ru", {}}), "zh");
  EXPECT_EQ(choose_language({"", "", "ru", {"zh_CN.UTF-8"}}), "ru");
  EXPECT_EQ(choose_language({"", "", "", {"", "", "zh_CN.UTF-8"}}), "zh");
  EXPECT_EQ(choose_language({"", "", "", {"ru_RU@x", "", "zh_CN.UTF-8"}}), "ru");
  EXPECT_EQ(choose_language({"", "", "", {"C", "", "zh_CN"}}), "en");
  EXPECT_EQ(choose_language({"", "", "", {"", "", "fr_FR"}}), "en");
  EXPECT_EQ(choose_language({"", "", "", {}}), "en");
}

}  // namespace
}  // namespace chancery::client

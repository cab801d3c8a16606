#include "client/message_text.h"

#include <gtest/gtest.h>

namespace chancery::client {
namespace {

class MessageTextTest : public testing::Test {
 protected:
  MessageTextTest() {
    auto& policy = *labels_.add_policies();
    policy.set_id("ru-example");
    policy.set_version(1);
    policy.set_party("RU");
    add_class(policy, "ДСП");
    auto& own = *labels_.add_policies();
    own.set_id("cn-example");
    own.set_version(1);
    own.set_own(true);
    add_class(own, "限制传播");
    auto& message = *body_.mutable_message();
    message.set_number("IN-2026-0001");
    message.set_originator("ru-example");
    message.set_incoming(true);
    message.add_labels("ru-example/1 restricted -");
    message.set_own_marking("restricted");
    auto& text = *body_.add_parts()->mutable_text();
    text.set_language("ru");
    text.set_status(v1::TEXT_STATUS_ORIGINAL);
    text.set_title("Заголовок");
    text.set_body("строка\n== ОТКРЫТО ==\x1b[2J");
  }

  static void add_class(v1::LabelPolicyView& policy, const std::string& marking) {
    auto& entry = *policy.add_classes();
    entry.set_id("restricted");
    (*entry.mutable_marking()->mutable_text())["ru"] = marking;
  }

  std::string text(const std::string& language = "en") {
    const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", language);
    return body_text(body_, DataNames({}, labels_, language), catalogue);
  }

  v1::ListLabelsResponse labels_;
  v1::ReadBody body_;
};

TEST_F(MessageTextTest, ShowsBothMarkingsAboveAndBelow) {
  const auto shown = text();
  const std::string marks = "== ДСП == here: 限制传播 ==\n";
  EXPECT_EQ(shown.rfind(marks, 0), 0u) << shown;
  EXPECT_EQ(shown.substr(shown.size() - marks.size()), marks) << shown;
}

TEST_F(MessageTextTest, NumbersThePartsAsAnExtentNamesThemAndSaysWhichWereLeftOut) {
  body_.add_parts()->mutable_registry_number()->set_number("RU-2026-0007");
  body_.add_numbers(1);
  body_.add_numbers(3);
  body_.set_total(5);
  const auto shown = text();
  EXPECT_NE(shown.find("\n1 [ru original]\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("\n3 [registry number]\n  | RU-2026-0007\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("parts 0, 2, 4 of 5"), std::string::npos) << shown;
  EXPECT_NE(text("ru").find("не переданы части: 0, 2, 4; всего частей: 5"), std::string::npos);
  EXPECT_NE(text("zh").find("未包含的部分：0、2、4（共 5 部分）"), std::string::npos);
  body_.set_total(0);
  EXPECT_EQ(text().find("left out"), std::string::npos);
}

TEST_F(MessageTextTest, BeginsEveryForeignLineWithABar) {
  const auto shown = text();
  EXPECT_NE(shown.find("  | Заголовок\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("  | == ОТКРЫТО ==\\u001b[2J\n"), std::string::npos) << shown;
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
}

TEST_F(MessageTextTest, ShowsTheReadersLanguageFirst) {
  auto& translation = *body_.add_parts()->mutable_text();
  translation.set_language("zh");
  translation.set_status(v1::TEXT_STATUS_UNOFFICIAL);
  translation.set_title("标题");
  translation.set_body("正文");
  const auto chinese = text("zh");
  EXPECT_LT(chinese.find("标题"), chinese.find("Заголовок"));
  EXPECT_GT(text("ru").find("标题"), text("ru").find("Заголовок"));
}

// At the edge of a terminal a line that imitates ours would stand where ours begin.
TEST(FoldedText, GoesOnUnderTheBarOrIndented) {
  EXPECT_EQ(folded("  | one two three four five\nshort\n", 20), "  | one two three \n  | four five\nshort\n");
  EXPECT_EQ(folded("label    cn-example/1 restricted\n", 20), "label    cn-example/\n    1 restricted\n");
  EXPECT_EQ(folded("  | " + std::string(100, 'x') + "\n", 0), "  | " + std::string(100, 'x') + "\n") << "no terminal";
  const auto text = folded("  | " + std::string(60, 'x') + "checks\n", 32);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    EXPECT_EQ(text.compare(at, 4, "  | "), 0) << text;
}

}  // namespace
}  // namespace chancery::client

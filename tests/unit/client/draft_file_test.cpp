#include "client/draft_file.h"

#include <gtest/gtest.h>

#include "client/draft_template.h"
#include "tests/unit/client/folder.h"

namespace chancery::client {
namespace {

const char* const kNotice =
    "---\n"
    "agreement: sco-2009\n"
    "# a comment\n"
    "threats: sco-2009/2/3\n"
    "directions: sco-2009/3/5, sco-2009/3/16\n"
    "label: restricted\n"
    "to: ru-example, kz-example\n"
    "precedence: immediate\n"
    "exercise: yes\n"
    "---\n"
    "\n"
    "## zh\n"
    "<!-- a comment\n of two lines -->\n"
    "# 通报\n"
    "第一行\n"
    "\n"
    "\\## 不是章节\n"
    "\n"
    "## ru checked\n"
    "# Уведомление\n"
    "Текст\n"
    "## indicators\n"
    "- ipv4 192.0.2.7 control server\n"
    "- domain example.net\n";

v1::Draft parsed(const std::string& text) {
  auto draft = parse_draft(text);
  EXPECT_TRUE(draft.has_value()) << draft.error().front().key << " in line " << draft.error().front().line;
  return draft ? *draft : v1::Draft();
}

std::vector<std::string> faults_of(const std::string& text) {
  std::vector<std::string> out;
  const auto draft = parse_draft(text);
  if (!draft)
    for (const auto& fault : draft.error()) out.push_back(std::to_string(fault.line) + " " + fault.key);
  return out;
}

std::string with(const std::string& field, const std::string& body = "## ru\n# T\nB\n") {
  return "---\nagreement: sco-2009\ndirections: sco-2009/3/5\nlabel: open\n" + field + "\n---\n" + body;
}

using Faults = std::vector<std::string>;

TEST(DraftFile, ReadsFieldsTextsAndIndicators) {
  const auto draft = parsed(kNotice);
  EXPECT_EQ(draft.agreement(), "sco-2009");
  EXPECT_EQ(draft.kind(), "threat-notice");
  EXPECT_EQ(draft.threats(0), "sco-2009/2/3");
  ASSERT_EQ(draft.directions_size(), 2);
  EXPECT_EQ(draft.directions(0), "sco-2009/3/16");
  EXPECT_EQ(draft.recipients(0), "kz-example");
  EXPECT_EQ(draft.precedence(), "immediate");
  EXPECT_TRUE(draft.exercise());
  ASSERT_EQ(draft.texts_size(), 2);
  EXPECT_EQ(draft.texts(0).title(), "通报");
  EXPECT_EQ(draft.texts(0).body(), "第一行\n\n## 不是章节");
  EXPECT_EQ(draft.texts(0).status(), v1::TEXT_STATUS_ORIGINAL);
  EXPECT_EQ(draft.texts(1).status(), v1::TEXT_STATUS_CHECKED);
  ASSERT_EQ(draft.indicators_size(), 2);
  EXPECT_EQ(draft.indicators(0).value(), "192.0.2.7");
  EXPECT_EQ(draft.indicators(0).comment(), "control server");
  EXPECT_EQ(draft.indicators(1).comment(), "");
}

TEST(DraftFile, ReadsWindowsLineEndsAlike) {
  std::string windows;
  for (const char c : std::string(kNotice)) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(parsed(windows).SerializeAsString(), parsed(kNotice).SerializeAsString());
}

TEST(DraftFile, TellsEveryFaultWithItsLine) {
  EXPECT_EQ(faults_of(with("labell: open")), (Faults{"5 field-nearest"}));
  EXPECT_EQ(faults_of(with("label: open")), (Faults{"5 field-twice"}));
  EXPECT_EQ(faults_of(with("to: RU")), (Faults{"5 value"}));
  EXPECT_EQ(faults_of(with("precedence: urgent\nexercise: maybe\nexpires: tomorrow")),
            (Faults{"5 value", "6 value", "7 value"}));
  EXPECT_EQ(faults_of(with("nonsense")), (Faults{"5 no-colon"}));
  EXPECT_EQ(faults_of(with("", "words\n## ru\n# T\nB\n")), (Faults{"7 outside"}));
  EXPECT_EQ(faults_of(with("", "## Russian\n# T\nB\n## ru\n# T\nB\n")), (Faults{"7 section"}));
  EXPECT_EQ(faults_of(with("", "## ru\n# T\nB\n## ru\n# T\nB\n")), (Faults{"10 language-twice"}));
  EXPECT_EQ(faults_of(with("", "## ru\nB\n")), (Faults{"8 no-title"}));
  EXPECT_EQ(faults_of(with("", "## ru\n# \nB\n")), (Faults{"8 no-title"}));
  EXPECT_EQ(faults_of(with("", "## ru\n# T\n")), (Faults{"7 no-body"}));
  EXPECT_EQ(faults_of(with("", "## ru\n# T\nB\n## indicators\nipv4 192.0.2.7\n")), (Faults{"11 indicator"}));
  EXPECT_EQ(faults_of(with("", "")), (Faults{"6 no-text"}));
  EXPECT_EQ(faults_of("agreement: x\n"),
            (Faults{"1 no-front", "1 outside", "1 field-missing", "1 field-missing", "1 field-missing"}));
  EXPECT_EQ(faults_of("---\nagreement: sco-2009\nlabel: open\ndirections: sco-2009/3/5\n"), (Faults{"4 front-open"}));
  EXPECT_EQ(faults_of("---\n---\n## ru\n# T\nB\n"), (Faults{"1 field-missing", "1 field-missing", "1 field-missing"}));
}

TEST(DraftFile, NamesSourcesAndThoseItIsIndependentOf) {
  const auto draft = parsed(std::string(kNotice) + "\n## sources\n- IN-2026-0012 quotes\n- 01234567 extracts 0,2\n" +
                            "## independent\n- IN-2026-0013 из открытого бюллетеня\n");
  ASSERT_EQ(draft.sources_size(), 2);
  EXPECT_EQ(draft.sources(0).message(), "IN-2026-0012");
  EXPECT_EQ(draft.sources(0).relation(), "quotes");
  EXPECT_EQ(draft.sources(0).extent(), "all");
  EXPECT_EQ(draft.sources(1).extent(), "0,2");
  ASSERT_EQ(draft.independent_size(), 1);
  EXPECT_EQ(draft.independent(0).message(), "IN-2026-0013");
  EXPECT_EQ(draft.independent(0).reason(), "из открытого бюллетеня");
}

TEST(DraftFile, TellsWhatIsNoSource) {
  const auto faulty = [](const std::string& lines) { return faults_of(with("", "## ru\n# T\nB\n" + lines)); };
  EXPECT_EQ(faulty("## sources\n- IN-2026-0012\n"), (Faults{"11 source"}));
  EXPECT_EQ(faulty("## sources\n- IN-2026-0012 forwards\n"), (Faults{"11 source"}));
  EXPECT_EQ(faulty("## sources\n- IN-2026-0012 quotes 2,0\n"), (Faults{"11 source"}));
  EXPECT_EQ(faulty("## independent\n- IN-2026-0012\n"), (Faults{"11 independent"}));
}

TEST(DraftFile, IsUtf8) { EXPECT_EQ(faults_of(with("", "## ru\n# T\n\xcf\xf0\xe8\n")), (Faults{"9 not-utf8"})); }

TEST(DraftFile, ReadsAnythingWithoutHarm) {
  for (std::size_t length = 0; length < std::string(kNotice).size(); ++length)
    (void)parse_draft(std::string(kNotice).substr(0, length));
  (void)parse_draft(std::string("---\n\0\x1b\n---\n## \n## \n", 19));
}

// A template with its blanks filled in parses: it shows every field under its own name.
TEST(DraftTemplate, ParsesOnceItIsFilledIn) {
  const auto outline = outline_agreement(CHANCERY_SOURCE_DIR "/config", "sco-2009");
  ASSERT_TRUE(outline.has_value());
  for (const auto* language : {"en", "zh", "ru"}) {
    const auto catalogue = *Catalogue::load(CHANCERY_SOURCE_DIR "/config", language);
    auto text = draft_template(*outline, {"zh", "ru"}, catalogue);
    const auto fill = [&](const std::string& blank, const std::string& filled_in) {
      const auto at = text.find(blank);
      ASSERT_NE(at, std::string::npos) << blank;
      text.replace(at, blank.size(), filled_in);
    };
    fill("\nthreats:\n", "\nthreats: sco-2009/2/3\n");
    fill("\ndirections:\n", "\ndirections: sco-2009/3/5\n");
    fill("\nlabel:\n", "\nlabel: open\n");
    fill("\nto:\n", "\nto: ru-example\n");
    fill("\n# \n", "\n# 标题\n正文\n");
    fill("\n# \n", "\n# Заголовок\nТекст\n");
    EXPECT_EQ(parsed(text).texts_size(), 2);
  }
}

}  // namespace
}  // namespace chancery::client

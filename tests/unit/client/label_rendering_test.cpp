// What the example policies put on a text, for every pair of Parties and every language of the client, against marks
// written down here.
#include <gtest/gtest.h>

#include "client/message_text.h"
#include "daemon/config/load.h"
#include "daemon/wire/desk.h"

namespace chancery::client {
namespace {

const std::string kConfig = CHANCERY_SOURCE_DIR "/config";

struct Mark {
  const char* policy;
  const char* restricted;
  const char* judicial;
};
constexpr Mark kMarks[] = {
    {"cn-example", "限制传播 · ОГРАНИЧЕННОЕ РАСПРОСТРАНЕНИЕ · RESTRICTED DISTRIBUTION",
     "司法 · СУДЕБНЫЕ СВЕДЕНИЯ · JUDICIAL"},
    {"kz-example", "内部使用 · ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ · FOR OFFICIAL USE", "司法 · СУДЕБНЫЕ СВЕДЕНИЯ · JUDICIAL"},
    {"ru-example", "内部使用 · ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ · FOR OFFICIAL USE", "司法 · СУДЕБНЫЕ СВЕДЕНИЯ · JUDICIAL"},
};
constexpr std::pair<const char*, const char*> kHere[] = {
    {"en", " == here: "}, {"ru", " == у нас: "}, {"zh", " == 本机构："}};

const core::AgreementBook& book() {
  static const auto kBook = *config::load_agreements(kConfig, kConfig + "/demo/party_status.toml");
  return kBook;
}

// As the daemon of one Party shows all policies.
DataNames names_at(const std::string& own, const std::string& language) {
  v1::ListLabelsResponse labels;
  for (const auto& policy : book().labels().policies())
    wire::to_proto(policy, policy.id == own, *labels.add_policies());
  return {{}, labels, language};
}

core::Label label(const std::string& policy) { return {policy, 1, "restricted", "2027-01-31", {"judicial"}}; }

v1::ReadBody body_of(const std::string& from, const std::string& at) {
  v1::ReadBody body;
  auto& message = *body.mutable_message();
  message.set_incoming(true);
  message.set_number("IN-2026-0001");
  message.add_labels(label(from).text());
  message.set_own_label(book().labels().regard(*book().labels().find(at, 1), label(from))->text());
  auto& text = *body.add_parts()->mutable_text();
  text.set_language("ru");
  text.set_title("Заголовок");
  text.set_body("Текст");
  return body;
}

std::string expected(const Mark& from, const Mark& at, const char* here) {
  const auto whole = [](const Mark& mark) {
    return std::string(mark.restricted) + " // " + mark.judicial + " // 2027-01-31";
  };
  return "== " + whole(from) + here + whole(at) + " ==\n";
}

TEST(LabelRendering, ShowsBothMarksAboveAndBelowForEveryPairOfParties) {
  for (const auto& from : kMarks)
    for (const auto& at : kMarks)
      for (const auto& [language, here] : kHere) {
        const auto catalogue = *Catalogue::load(kConfig, language);
        const auto shown = body_text(body_of(from.policy, at.policy), names_at(at.policy, language), catalogue);
        const auto marks = expected(from, at, here);
        ASSERT_GT(shown.size(), 2 * marks.size());
        EXPECT_EQ(shown.substr(0, marks.size()), marks) << language;
        EXPECT_EQ(shown.substr(shown.size() - marks.size()), marks) << language;
      }
}

TEST(LabelRendering, ShowsTheMarksOfACarriedOriginalToo) {
  auto body = body_of("ru-example", "kz-example");
  *body.mutable_original() = body_of("cn-example", "kz-example");
  const auto shown = body_text(body, names_at("kz-example", "en"), *Catalogue::load(kConfig, "en"));
  EXPECT_NE(shown.find(expected(kMarks[0], kMarks[1], " == here: ")), std::string::npos) << shown;
  EXPECT_EQ(shown.rfind(expected(kMarks[2], kMarks[1], " == here: "), 0), 0U) << shown;
}

TEST(LabelRendering, MarksWhatIsExportedAsWhatIsShown) {
  const auto body = body_of("cn-example", "ru-example");
  v1::Evidence evidence;
  *evidence.mutable_labels() = body.message().labels();
  evidence.set_own_label(body.message().own_label());
  for (const auto& [language, here] : kHere)
    EXPECT_EQ(banner(evidence, names_at("ru-example", language), *Catalogue::load(kConfig, language)),
              expected(kMarks[0], kMarks[2], here));
}

// What the sender sees before he signs: his own mark, and what each recipient will keep it as.
TEST(LabelRendering, ShowsInAPreviewHowEachRecipientWillKeepIt) {
  v1::PreviewResponse preview;
  preview.add_labels(label("cn-example").text());
  for (const auto* to : {"kz-example", "ru-example"}) {
    auto& recipient = *preview.add_recipients();
    recipient.set_authority(to);
    recipient.set_label(book().labels().regard(*book().labels().find(to, 1), label("cn-example"))->text());
  }
  const auto shown = preview_text({}, preview, names_at("cn-example", "ru"), *Catalogue::load(kConfig, "ru"));
  EXPECT_NE(shown.find(std::string(kMarks[0].restricted) + " // " + kMarks[0].judicial + " // 2027-01-31"),
            std::string::npos)
      << shown;
  EXPECT_NE(shown.find("Для служебного пользования // Судебные сведения"), std::string::npos) << shown;
}

TEST(LabelRendering, NamesWhatItDoesNotKnowByItsCode) {
  const auto names = names_at("cn-example", "en");
  EXPECT_EQ(names.marking("uz-example/3 closed 2027-01-31 garden"), "closed // garden // 2027-01-31");
  EXPECT_EQ(names.marking("cn-example/1 closed -"), "closed");
  EXPECT_EQ(names.marking("\x1b[2J"), "\\u001b[2J");
}

}  // namespace
}  // namespace chancery::client

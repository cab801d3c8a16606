#include "client/consent_text.h"

#include <gtest/gtest.h>

#include "client/lookup.h"

namespace chancery::client {
namespace {

const std::string kAbout = "0123456789ab3f0c1d2e4b" + std::string(42, '0');
const std::string kAnswered = "0123456789ab77aa88bb99" + std::string(42, '0');

Catalogue words_in(const std::string& language) { return *Catalogue::load(CHANCERY_SOURCE_DIR "/config", language); }

v1::Draft drafted(const std::string& kind, const std::vector<std::pair<std::string, std::string>>& facts) {
  v1::Draft draft;
  draft.set_kind(kind);
  for (const auto& [name, value] : facts) {
    auto& fact = *draft.add_facts();
    fact.set_name(name);
    fact.set_value(value);
  }
  return draft;
}

v1::ConsentView granted() {
  auto draft = drafted("consent-grant", {{"extent", "0,2"},
                                         {"from", "2026-11-22T00:00:00.000Z"},
                                         {"holder", "ru-example"},
                                         {"mode", "online"},
                                         {"onward", "never"},
                                         {"original", kAbout},
                                         {"to", "kz-example tj-example"},
                                         {"until", "2026-12-22T23:59:59.999Z"},
                                         {"uses", "2"},
                                         {"verb", "transfer"}});
  draft.set_in_reply_to(kAnswered);
  draft.add_recipients("kz-example");
  draft.add_recipients("ru-example");
  draft.add_recipients("tj-example");
  auto view = consent_of(draft, "cn-example");
  view.set_original_number("CN-2026-0001");
  return view;
}

TEST(ConsentSentence, SaysAllTermsOfAGrantInEnglish) {
  EXPECT_EQ(
      consent_sentence(granted(), "IN-2026-0002", words_in("en")),
      "cn-example, the original provider, permits ru-example in writing to transfer CN-2026-0001 (3f0c1d2e4b) (of "
      "its parts only 0,2) to kz-example, tj-example, from 2026-11-22 00:00 UTC until 2026-12-22 23:59:59.999 "
      "UTC; number of uses: 2, each one receiver of one message. Manner of use: at each use the provider's system "
      "gives a permit of its own. Further transfer by the receivers: will not be permitted. Form: signed "
      "electronically.");
}

TEST(ConsentSentence, SaysAllTermsOfAGrantInChinese) {
  EXPECT_EQ(consent_sentence(granted(), "IN-2026-0002", words_in("zh")),
            "原始提供方 cn-example 书面许可 ru-example 自 2026-11-22 00:00 UTC 起至 2026-12-22 23:59:59.999 UTC 止向 "
            "kz-example、tj-example 转让 CN-2026-0001 (3f0c1d2e4b)（仅第 0,2 部分），共 2 "
            "次，每次限一份电文、一个接收方。使用方式：每次使用时由提供方系统另行给予一次性许可。接收方再行转让：不予许"
            "可。形式：电子签署。");
}

TEST(ConsentSentence, SaysAllTermsOfAGrantInRussian) {
  EXPECT_EQ(consent_sentence(granted(), "IN-2026-0002", words_in("ru")),
            "Первоначальный источник cn-example письменно разрешает органу ru-example с 2026-11-22 00:00 UTC до "
            "2026-12-22 23:59:59.999 UTC передать CN-2026-0001 (3f0c1d2e4b) (только части 0,2) следующим получателям: "
            "kz-example, tj-example; число использований: 2, каждое — один получатель одного сообщения. Порядок "
            "использования: при каждом использовании система источника даёт разовое разрешение. Дальнейшая передача "
            "получателями: не разрешается. Форма: подписано электронно.");
}

// In each language who signs reads until when nobody is asked, and that a revocation comes late.
TEST(ConsentSentence, SaysOfADetachedGrantThatItIsUsedUnaskedAndRevokedWithLag) {
  auto view = granted();
  view.set_mode("detached");
  const auto said = [&](const std::string& language, const std::string& words) {
    const auto sentence = consent_sentence(view, {}, words_in(language));
    EXPECT_NE(sentence.find(words), std::string::npos) << sentence;
    EXPECT_EQ(sentence.find_first_of("{}"), std::string::npos) << sentence;
  };
  said("en",
       "It is used without asking the provider again at any use, until 2026-12-22 23:59:59.999 UTC; a revocation "
       "reaches it only with lag");
  said("zh", "本许可在 2026-12-22 23:59:59.999 UTC 之前使用时不再向提供方询问；撤销只能迟延到达");
  said("ru",
       "Оно используется без нового запроса к источнику до 2026-12-22 23:59:59.999 UTC; отзыв доходит до него "
       "только с задержкой");
  view.set_state("in-force");
  view.set_incoming(true);
  view.set_used(1);
  const auto page = consent_page(view, {}, words_in("en"));
  EXPECT_NE(page.find("lag               a revocation reaches it with lag, until 2026-12-22 23:59:59.999 UTC at the "
                      "latest\n"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("uses              1/2\n"), std::string::npos) << "its holder counts: " << page;
  v1::ListConsentsResponse response;
  *response.add_consents() = view;
  EXPECT_NE(consent_table(response, words_in("en")).find("in force; used without asking"), std::string::npos);
}

TEST(ConsentSentence, SaysWhoAsksWhom) {
  auto draft = drafted("consent-request", {{"extent", "all"},
                                           {"from", "2026-11-22T06:00:03.125Z"},
                                           {"mode", "online"},
                                           {"original", kAbout},
                                           {"to", "kz-example"},
                                           {"until", "2026-12-22T06:00:03.000Z"},
                                           {"uses", "1"},
                                           {"verb", "transfer"}});
  draft.add_recipients("cn-example");
  EXPECT_EQ(
      consent_sentence(consent_of(draft, "ru-example"), {}, words_in("en")),
      "ru-example asks cn-example for written permission to transfer 3f0c1d2e4b (the whole of it) to kz-example, "
      "from 2026-11-22 06:00:03.125 UTC until 2026-12-22 06:00:03 UTC; number of uses: 1, each one receiver of one "
      "message. Manner of use: at each use the provider's system gives a permit of its own.");
}

TEST(ConsentSentence, SaysWhatIsRevokedAndWhoIsTold) {
  auto draft = drafted("consent-revocation", {{"effective", "2026-12-01T06:00:00.000Z"}, {"grant", kAnswered}});
  draft.add_recipients("kz-example");
  draft.add_recipients("ru-example");
  EXPECT_EQ(consent_sentence(consent_of(draft, "cn-example"), "CN-2026-0005", words_in("en")),
            "cn-example, the original provider, revokes the written permission CN-2026-0005 (77aa88bb99) with effect "
            "from 2026-12-01 06:00 UTC. Nothing more is passed on under it, and the copies made under it are to be "
            "locked. Told to: kz-example, ru-example.");
}

TEST(ConsentSentence, SaysWhatIsRefused) {
  auto draft = drafted("consent-refusal", {{"original", kAbout}, {"request", kAnswered}});
  draft.add_recipients("ru-example");
  EXPECT_EQ(consent_sentence(consent_of(draft, "cn-example"), "IN-2026-0002", words_in("en")),
            "cn-example, the original provider, does not give ru-example the written permission for 3f0c1d2e4b asked "
            "for in IN-2026-0002 (77aa88bb99).");
}

// Nothing but the pattern may stand around the terms, in any language and for any kind.
TEST(ConsentSentence, LeavesNoPlaceholderAndHidesNoControl) {
  for (const auto* language : {"en", "zh", "ru"})
    for (const auto* kind : {"consent-request", "consent-grant", "consent-refusal", "consent-revocation"}) {
      const auto catalogue = words_in(language);
      ASSERT_TRUE(catalogue.has(std::string(kind) + ".title")) << language << kind;
      auto view = granted();
      view.set_kind(kind);
      view.set_holder("ru\x1b[2J");
      const auto sentence = consent_sentence(view, {}, catalogue);
      EXPECT_EQ(sentence.find_first_of("{}\x1b"), std::string::npos) << sentence;
    }
}

TEST(ConsentSentence, HidesNoFactThatADraftStatesTwice) {
  const auto draft = drafted("consent-grant", {{"holder", "ru-example"}, {"to", "kz-example"}, {"to", "xx-example"}});
  const auto sentence = consent_sentence(consent_of(draft, "cn-example"), {}, words_in("en"));
  EXPECT_NE(sentence.find("to kz-example, xx-example,"), std::string::npos) << sentence;
}

TEST(SignedWords, NameEachLanguageAndTheWholeIds) {
  const auto text = signed_words(granted(), "IN-2026-0002", {words_in("en"), words_in("zh"), words_in("ru")});
  const auto english = text.find("what is signed [en]:\n  cn-example, the original provider, permits");
  const auto chinese = text.find("签署内容 [zh]：\n  原始提供方 cn-example 书面许可");
  const auto russian = text.find("что подписывается [ru]:\n  Первоначальный источник cn-example");
  EXPECT_LT(english, chinese) << text;
  EXPECT_LT(chinese, russian) << text;
  EXPECT_NE(russian, std::string::npos) << text;
  EXPECT_NE(text.find(kAbout), std::string::npos) << text;
  EXPECT_NE(text.find(kAnswered), std::string::npos) << text;
}

TEST(ConsentPage, HasEveryTermInALineAndUsesAsTheProviderCountsThem) {
  auto view = granted();
  view.set_number("CN-2026-0005");
  view.set_state("in-force");
  view.set_used(1);
  const auto text = consent_page(view, "IN-2026-0002", words_in("en"));
  for (const auto* line :
       {"number            CN-2026-0005\n", "stage             in force\n", "may pass on       ru-example\n",
        "receivers         kz-example, tj-example\n", "uses              1/2\n",
        "in force until    2026-12-22 23:59:59.999 UTC\n", "further transfer  will not be permitted\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  view.set_incoming(true);
  EXPECT_NE(consent_page(view, {}, words_in("en")).find("uses              2\n"), std::string::npos);
}

TEST(ConsentTable, HasALineForEach) {
  v1::ListConsentsResponse response;
  auto& grant = *response.add_consents();
  grant = granted();
  grant.set_number("CN-2026-0005");
  grant.set_state("revoked");
  grant.set_used(1);
  grant.set_until("later");
  auto& refusal = *response.add_consents();
  refusal.set_number("CN-2026-0006");
  refusal.set_kind("consent-refusal");
  refusal.set_original(kAbout);
  refusal.add_recipients("ru-example");
  EXPECT_EQ(
      consent_table(response, words_in("en")),
      "NO            KIND                   WHO         TO                      MESSAGE       STATE    UNTIL  USES\n"
      "CN-2026-0005  written permission     ru-example  kz-example, tj-example  CN-2026-0001  revoked  later  1/2\n"
      "CN-2026-0006  refusal of permission  ru-example  -                       3f0c1d2e4b    -        -      -\n");
}

TEST(IsCalled, TakesNumbersAndIdsOfTheConsentItselfOnly) {
  auto view = granted();
  view.set_id(kAnswered);
  view.set_number("CN-2026-0005");
  for (const auto& name : {std::string("CN-2026-0005"), kAnswered, std::string("77aa"), std::string("77aa88bb99")})
    EXPECT_TRUE(is_called(view, name)) << name;
  for (const auto& name : {std::string("CN-2026-0001"), kAbout, std::string("3f0c"), std::string("77a"), std::string()})
    EXPECT_FALSE(is_called(view, name)) << name;
}

}  // namespace
}  // namespace chancery::client

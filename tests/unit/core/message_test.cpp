#include "daemon/core/message.h"

#include <gtest/gtest.h>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

const std::vector<std::string> kRepeated = {"label", "source", "fact", "attachment"};

std::string message_text() { return sample_message().to_text(); }
std::string notice() { return sample_notice().to_text(); }

TEST(MessageParse, GivesBackWhatWasWritten) {
  for (const auto& message : {sample_message(), sample_notice()}) {
    const auto parsed = Message::parse(message.to_text());
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    EXPECT_EQ(*parsed, message);
  }
}

TEST(MessageParse, RefusesEveryCommonMutation) {
  expect_all_malformed<Message>(common_mutations(message_text(), kRepeated));
  expect_all_malformed<Message>(common_mutations(notice(), kRepeated));
}

TEST(MessageParse, RefusesValuesOutOfTheirGrammar) {
  expect_malformed<Message>(message_text(),
                            {
                                {"originator cn-example", "originator CN-example"},
                                {"originator cn-example", "originator -"},
                                {"originator cn-example", "originator cn-example kz-example"},
                                {"agreement sco-2009 1", "agreement sco-2009"},
                                {"agreement sco-2009 1", "agreement sco-2009 0"},
                                {"agreement sco-2009 1", "agreement sco-2009 01"},
                                {"agreement sco-2009 1", "agreement sco-2009 4294967296"},
                                {"agreement sco-2009 1", "agreement SCO-2009 1"},
                                {"agreement sco-2009 1", "agreement - 1"},
                                {"agreement sco-2009 1", "agreement sco-2009 1 1"},
                                {"kind threat-notice", "kind Threat-notice"},
                                {"kind threat-notice", "kind threat_notice"},
                                {"kind threat-notice", "kind 1"},
                                {"kind threat-notice", "kind -"},
                                {"kind threat-notice", "kind threat-notice forward"},
                                {"sco-2009/2/3", "SCO-2009/2/3"},
                                {"sco-2009/2/3", "sco-2009:2:3"},
                                {"sco-2009/2/3", "/2/3"},
                                {"label-policy sha256:", "label-policy sha512:"},
                                {"label-policy sha256:", "label-policy "},
                                {"releasable-to kz-example", "releasable-to KZ"},
                                {"precedence immediate", "precedence Immediate"},
                                {"precedence immediate", "precedence urgent"},
                                {"precedence immediate", "precedence -"},
                                {"exercise no", "exercise No"},
                                {"exercise no", "exercise false"},
                                {"exercise no", "exercise -"},
                                {"created 2026-11-22T06:00:03.125Z", "created -"},
                                {"created 2026-11-22T06:00:03.125Z", "created 2026-11-22T06:00:03Z"},
                                {"created 2026-11-22T06:00:03.125Z", "created 2026-11-22T09:00:03.125+03:00"},
                                {"created 2026-11-22T06:00:03.125Z", "created 1926-11-22T06:00:03.125Z"},
                                {"created 2026-11-22T06:00:03.125Z", "created 2026-11-31T06:00:03.125Z"},
                                {"expires 2026-12-22T06:00:03.125Z", "expires never"},
                                {"providers cn-example", "providers CN"},
                                {"languages ru zh", "languages RU zh"},
                                {"languages ru zh", "languages ru zh-cn"},
                                {"languages ru zh", "languages r zh"},
                                {"parts 4", "parts 0"},
                                {"parts 4", "parts 04"},
                                {"parts 4", "parts 1025"},
                                {"parts 4", "parts -"},
                                {"parts 4", "parts 4.0"},
                                {" 262144\n", " 0262144\n"},
                                {" 262144\n", " -1\n"},
                                {" 262144\n", " -\n"},
                                {" 262144\n", "\n"},
                            });
}

TEST(MessageParse, RefusesLabelsSourcesAndFactsOutOfTheirGrammar) {
  expect_malformed<Message>(message_text(), {
                                                {"label cn-example/1 restricted", "label cn-example restricted"},
                                                {"label cn-example/1 restricted", "label cn-example/0 restricted"},
                                                {"label cn-example/1 restricted", "label cn-example/01 restricted"},
                                                {"label cn-example/1 restricted", "label cn-example/ restricted"},
                                                {"label cn-example/1 restricted", "label /1 restricted"},
                                                {"label cn-example/1 restricted", "label cn-example/1/1 restricted"},
                                                {"label cn-example/1 restricted", "label cn-example/1 Restricted"},
                                                {"label cn-example/1 restricted", "label cn-example/1 -"},
                                                {"restricted 2027-11-22", "restricted"},
                                                {"restricted 2027-11-22", "restricted 2027-02-30"},
                                                {"restricted 2027-11-22", "restricted 2027-11-22T00:00:00.000Z"},
                                                {"early-warning network", "network early-warning"},
                                                {"early-warning network", "network network"},
                                                {"early-warning network", "early-warning - network"},
                                                {"early-warning network", "Early-warning network"},
                                                {"label ru-example/1 restricted -", "label ru-example/1 restricted"},
                                                {" quotes ", " Quotes "},
                                                {" quotes ", " mentions "},
                                                {" quotes ", " - "},
                                                {" 0,2 ", " 2,0 "},
                                                {" 0,2 ", " 0,0 "},
                                                {" 0,2 ", " 0,,2 "},
                                                {" 0,2 ", " 0,2, "},
                                                {" 0,2 ", " ,0,2 "},
                                                {" 0,2 ", " 00,2 "},
                                                {" 0,2 ", " 0,1024 "},
                                                {" 0,2 ", " 0-2 "},
                                                {" 0,2 ", " - "},
                                                {" 0,2 ", " All "},
                                                {" 0,2 ", " "},
                                                {"fact reissue-of", "fact Reissue-of"},
                                                {"fact reissue-of", "fact 1"},
                                                {"fact reissue-of", "fact -"},
                                                {"fact reissue-of", "fact reissue-of "},
                                            });
  expect_malformed<Message>(
      replaced(message_text(), {"reissue-of " + to_string(id_of(sample_notice())), "mode online"}),
      {{"mode online", "mode -"},
       {"mode online", "mode"},
       {"mode online", "mode a  b"},
       {"mode online", "mode online "},
       {"mode online", "mode  online"}});
}

TEST(MessageParse, RefusesWhatIsNotSortedOrStandsTwice) {
  expect_malformed<Message>(message_text(),
                            {
                                {"recipients kz-example ru-example", "recipients ru-example kz-example"},
                                {"recipients kz-example ru-example", "recipients kz-example kz-example"},
                                {"sco-2009/3/16 sco-2009/3/5", "sco-2009/3/5 sco-2009/3/16"},
                                {"releasable-to kz-example ru-example", "releasable-to ru-example kz-example"},
                                {"providers cn-example ru-example", "providers ru-example cn-example"},
                                {"languages ru zh", "languages zh ru"},
                                {"languages ru zh", "languages ru ru zh"},
                            });
}

TEST(MessageParse, RefusesAMessageToItsOriginatorOrToNobody) {
  expect_malformed<Message>(message_text(), {{"recipients kz-example ru-example", "recipients -"},
                                             {"recipients kz-example ru-example", "recipients cn-example kz-example"},
                                             {"recipients kz-example ru-example", "recipients cn-example"}});
}

TEST(MessageParse, RefusesExpiryThatIsNotAfterCreation) {
  expect_malformed<Message>(message_text(), {{"expires 2026-12-22T06:00:03.125Z", "expires 2026-11-22T06:00:03.125Z"},
                                             {"expires 2026-12-22T06:00:03.125Z", "expires 2026-11-22T06:00:03.124Z"}});
  expect_parses<Message>(message_text(), {{"expires 2026-12-22T06:00:03.125Z", "expires 2026-11-22T06:00:03.126Z"},
                                          {"expires 2026-12-22T06:00:03.125Z", "expires -"}});
}

TEST(MessageParse, TakesWhateverTheGrammarAllows) {
  expect_parses<Message>(message_text(), {
                                             {"kind threat-notice", "kind never-heard-of"},
                                             {"fact reissue-of", "fact a-fact-nobody-knows"},
                                             {"directions sco-2009/3/16 sco-2009/3/5", "directions -"},
                                             {"threats sco-2009/2/3", "threats -"},
                                             {"releasable-to kz-example ru-example", "releasable-to -"},
                                             {"providers cn-example ru-example", "providers -"},
                                             {"languages ru zh", "languages -"},
                                             {"languages ru zh", "languages kaz"},
                                             {"exercise no", "exercise yes"},
                                             {"precedence immediate", "precedence flash"},
                                             {"precedence immediate", "precedence priority"},
                                             {"parts 4", "parts 1"},
                                             {"parts 4", "parts 1024"},
                                             {" 0,2 ", " all "},
                                             {" 0,2 ", " 9,10,1023 "},
                                             {" quotes ", " forwards "},
                                             {" 2027-11-22 early-warning network", " -"},
                                             {" 262144\n", " 0\n"},
                                         });
}

TEST(MessageParse, TakesNoLabelAtAll) {  // decisions refuse it as E-LABEL-MISSING
  auto message = sample_message();
  message.labels.clear();
  EXPECT_EQ(Message::parse(message.to_text()).value(), message);
}

TEST(MessageParse, KeepsTheOriginatorsLabelFirstAndTheInheritedSorted) {
  const Label cn{"cn-example", 1, "restricted", "", {}}, kz{"kz-example", 1, "open", "", {}};
  const Label ru{"ru-example", 1, "restricted", "", {}};
  const std::pair<std::vector<Label>, bool> table[] = {
      {{cn, kz, ru}, true},  {{ru, cn, kz}, true},      {{kz, cn, ru}, true},  {{cn, ru, kz}, false},
      {{ru, kz, cn}, false}, {{cn, cn}, false},         {{cn, kz, kz}, false}, {{ru, cn, ru}, false},
      {{ru, kz, ru}, false}, {{kz, cn, kz, ru}, false},
  };
  for (const auto& [labels, accepted] : table) {
    auto message = sample_message();
    message.labels = labels;
    EXPECT_EQ(Message::parse(message.to_text()).has_value(), accepted) << message.to_text();
  }
}

// "10" sorts before "9", and "cn-b/1" before "cn/1": by the bytes of the line, not field by field.
TEST(Label, IsOrderedByItsText) {
  const auto label = [](const char* text) { return Label::parse(text).value(); };
  EXPECT_LT(label("cn-example/10 open -"), label("cn-example/9 open -"));
  EXPECT_LT(label("cn-b/1 open -"), label("cn/1 open -"));
  EXPECT_LT(label("cn/1 open -"), label("cn/1 open - a"));
}

TEST(SourceLine, IsOrderedByItsText) {
  const SourceLine quotes{{}, Relation::quotes, {}, {}}, compiles{{}, Relation::compiles, {}, {}};
  EXPECT_LT(compiles, quotes);  // the other way round in the list of relations
}

TEST(MessageParse, KeepsSourcesAndFactsSortedWithoutDuplicates) {
  auto message = sample_message();
  const auto line = message.sources[0];
  auto other = line;
  other.relation = Relation::compiles;
  message.sources = {other, line};
  EXPECT_TRUE(Message::parse(message.to_text()).has_value());
  for (const auto& sources : {std::vector{line, other}, std::vector{line, line}}) {
    message.sources = sources;
    EXPECT_TRUE(malformed(Message::parse(message.to_text())));
  }
  message = sample_message();
  message.facts = {{"a", "1"}, {"a", "2"}, {"a-b", "0"}, {"b", "x y"}};
  EXPECT_TRUE(Message::parse(message.to_text()).has_value());
  for (const auto& facts : {std::vector<Fact>{{"a", "2"}, {"a", "1"}}, std::vector<Fact>{{"a", "1"}, {"a", "1"}},
                            std::vector<Fact>{{"b", "1"}, {"a", "1"}}}) {
    message.facts = facts;
    EXPECT_TRUE(malformed(Message::parse(message.to_text())));
  }
}

TEST(MessageParse, KeepsAttachmentsInManifestOrderEachOnce) {
  auto message = sample_message();
  const AttachmentLine a{digest_of("a"), 1}, b{digest_of("b"), 2};
  for (const auto& attachments : {std::vector{a, b}, std::vector{b, a}}) {
    message.attachments = attachments;
    EXPECT_EQ(Message::parse(message.to_text()).value(), message);
  }
  message.attachments = {a, b, a};
  EXPECT_TRUE(malformed(Message::parse(message.to_text())));
}

// Limits of protocol section 6, at the limit and one beyond.
TEST(MessageParse, HoldsTheLimits) {
  const auto with_recipients = [](std::size_t count) {
    auto message = sample_message();
    message.recipients.clear();
    for (std::size_t i = 0; i < count; ++i) message.recipients.push_back("zz-" + std::to_string(1000 + i));
    return message.to_text();
  };
  EXPECT_TRUE(Message::parse(with_recipients(64)).has_value());
  EXPECT_TRUE(malformed(Message::parse(with_recipients(65))));
  const auto with_attachments = [](std::size_t count) {
    auto message = sample_message();
    message.attachments.clear();
    for (std::size_t i = 0; i < count; ++i) message.attachments.push_back({digest_of(std::to_string(i)), i});
    return message.to_text();
  };
  EXPECT_TRUE(Message::parse(with_attachments(100)).has_value());
  EXPECT_TRUE(malformed(Message::parse(with_attachments(101))));
  expect_parses<Message>(message_text(), {{" 262144\n", " 17179869184\n"}});  // 16 GiB
  expect_malformed<Message>(message_text(), {{" 262144\n", " 17180917761\n"}});
  auto message = sample_message();
  message.facts = {{"a", std::string(62 * 1024, 'x')}};
  EXPECT_TRUE(Message::parse(message.to_text()).has_value());
  message.facts = {{"a", std::string(64 * 1024, 'x')}};
  EXPECT_TRUE(malformed(Message::parse(message.to_text())));
}

TEST(MessageId, IsTheTimeThenTheLeaf) {
  const auto text = message_text();
  const auto id = message_id(text, sample_message().created);
  const auto leaf = statement_digest(text);
  // 2026-11-22T06:00:03.125Z is 1795327203125 ms, by date -d ... +%s%3N; as hex by printf %012x.
  EXPECT_EQ(to_string(id), "01a201d71735" + to_hex(leaf.view().first(26)));
  EXPECT_EQ(id.short_text(), to_hex(leaf.view().first(5)));
}

TEST(MessageId, SortsByTime) {
  auto earlier = sample_message();
  auto later = earlier;
  later.created = earlier.created + Duration{1};
  EXPECT_LT(id_of(earlier), id_of(later));
  EXPECT_LT(to_string(id_of(earlier)), to_string(id_of(later)));
}

TEST(ParseMessageId, Takes64LowerCaseHexDigits) {
  const std::string text(64, 'a');
  EXPECT_EQ(to_string(parse_message_id(text).value()), text);
  for (const auto& wrong : {std::string(63, 'a'), std::string(66, 'a'), std::string(64, 'A'), std::string(64, 'g'),
                            std::string(), "sha256:" + text})
    EXPECT_TRUE(malformed(parse_message_id(wrong))) << wrong;
}

// The header digest covers everything that is known before sealing, and nothing that sealing makes.
TEST(HeaderDigest, DependsOnEveryLineAboveBodyRootAndOnNoneBelow) {
  const auto digest = header_digest(message_text());
  for (const Replacement& row : std::initializer_list<Replacement>{{"originator cn", "originator kg"},
                                                                   {"parts 4", "parts 5"},
                                                                   {"created 2026", "created 2025"},
                                                                   {"/v1\n", "/v2\n"}})
    EXPECT_NE(header_digest(replaced(message_text(), row)), digest) << row.first;
  auto message = sample_message();
  message.body_root = message.cek_commit = message.cipher_root = message.wraps = digest_of("other");
  EXPECT_EQ(header_digest(message.to_text()), digest);
}

TEST(PlanDigest, IgnoresWhatSealingMakesAndNothingElse) {
  const auto parts = sample_part_digests();
  const auto plan = plan_digest(sample_message(), parts);
  auto sealed = sample_message();
  sealed.created = sealed.created + seconds(30);
  sealed.parts = 5;
  sealed.body_root = sealed.cek_commit = sealed.cipher_root = sealed.wraps = digest_of("other");
  sealed.facts.push_back({"wrap", to_string(digest_of("a wrap"))});
  EXPECT_EQ(plan_digest(sealed, parts), plan);
  sealed.facts.push_back({"wrapped", "1"});
  EXPECT_NE(plan_digest(sealed, parts), plan);
}

TEST(PlanDigest, ChangesWithEveryLineTheOfficerSaw) {
  const auto parts = sample_part_digests();
  const auto plan = plan_digest(sample_message(), parts);
  const Replacement table[] = {
      {"originator cn", "originator kg"},
      {"recipients kz-example ru-example", "recipients kz-example"},
      {"agreement sco-2009 1", "agreement sco-2009 2"},
      {"kind threat-notice", "kind information"},
      {"directions sco-2009/3/16", "directions sco-2009/3/15"},
      {"threats sco-2009/2/3", "threats -"},
      {"label cn-example/1 restricted", "label cn-example/1 open"},
      {"releasable-to kz-example ru-example", "releasable-to -"},
      {"precedence immediate", "precedence flash"},
      {"exercise no", "exercise yes"},
      {"expires 2026-12-22", "expires 2026-12-23"},
      {"providers cn-example ru-example", "providers cn-example"},
      {" quotes ", " extracts "},
      {"fact reissue-of", "fact reissue-as"},
      {"languages ru zh", "languages ru"},
      {" 262144\n", " 262145\n"},
  };
  for (const auto& row : table)
    EXPECT_NE(plan_digest(Message::parse(replaced(message_text(), row)).value(), parts), plan) << row.first;
  for (const auto field : {&Message::thread, &Message::in_reply_to, &Message::supersedes}) {
    auto message = sample_message();
    message.*field = id_of(message);
    EXPECT_NE(plan_digest(message, parts), plan);
  }
  auto message = sample_message();
  message.label_policy = digest_of("other");
  EXPECT_NE(plan_digest(message, parts), plan);
}

TEST(PlanDigest, ChangesWithEveryPart) {
  const auto message = sample_message();
  const auto parts = sample_part_digests();
  const auto plan = plan_digest(message, parts);
  EXPECT_NE(plan_digest(message, {}), plan);
  EXPECT_NE(plan_digest(message, std::span(parts).first(2)), plan);
  const std::vector<Digest> swapped = {parts[1], parts[0], parts[2]};
  EXPECT_NE(plan_digest(message, swapped), plan);
}

}  // namespace
}  // namespace chancery::core

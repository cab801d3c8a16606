// The agreements and label policies that are shipped, against a table made from the treaty texts, against sha256sum,
// and under renaming of the Parties.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/unit/config/small_data.h"

namespace chancery::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kConfig = std::string(CHANCERY_SOURCE_DIR) + "/config";
const std::string kPartyStatus = kConfig + "/demo/party_status.toml";

core::AgreementBook shipped() {
  auto book = load_agreements(kConfig, kPartyStatus);
  if (book) return *book;
  for (const auto& fault : book.error()) ADD_FAILURE() << to_string(fault);
  return {};
}

core::Agreement agreement(const std::string& id) {
  const auto book = shipped();
  const auto* found = book.find(id);
  if (found != nullptr) return *found;
  ADD_FAILURE() << "no agreement " << id;
  return {};
}

std::ptrdiff_t count(const core::Agreement& agreement, core::ItemKind kind) {
  return std::count_if(agreement.items.begin(), agreement.items.end(),
                       [kind](const core::AgreementItem& item) { return item.kind == kind; });
}

Instant day(const std::string& date) { return parse_instant(date + "T00:00:00.000Z").value(); }

// A folder of its own that is gone at the end.
struct Copy {
  Copy() : folder(std::filesystem::temp_directory_path() / ("chancery-flags-" + std::to_string(::getpid()))) {
    copy_tree(kConfig, folder);
  }
  ~Copy() { std::filesystem::remove_all(folder); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  std::filesystem::path folder;
};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The same file with one of its flags the other way, for each.
std::vector<std::string> with_each_flag_turned(const std::string& text) {
  std::vector<std::string> all;
  for (const auto& [from, to] : {std::pair<std::string, std::string>{" = true\n", " = false\n"},
                                 std::pair<std::string, std::string>{" = false\n", " = true\n"}})
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + 1))
      all.push_back(std::string(text).replace(at, from.size(), to));
  return all;
}

bool lets_a_state_secret_pass(const core::AgreementBook& book) {
  for (const auto& policy : book.labels().policies()) {
    const core::Label label{policy.id, policy.version, "state-secret", "", {}};
    if (!book.labels().state_secret(label, {"CN", "KZ", "RU"})) return true;
  }
  return std::any_of(book.agreements().begin(), book.agreements().end(),
                     [](const core::Agreement& agreement) { return !agreement.bars_state_secrets; });
}

struct Row {
  std::string kind;
  core::Localized text;
  core::Localized short_text;
  std::string confidence;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line + "\t");
  for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
  return cells;
}

// tests/vectors/agreement_items.tsv, by code.
std::map<std::string, Row> table() {
  std::map<std::string, Row> rows;
  std::ifstream in(std::string(CHANCERY_SOURCE_DIR) + "/tests/vectors/agreement_items.tsv");
  for (std::string line; std::getline(in, line);) {
    const auto c = cells_of(line);
    if (c.size() < 6 || c[0] == "id") continue;
    Row row{c[1], {{"zh", c[2]}, {"ru", c[3]}, {"en", c[4]}}, {}, c[5]};
    if (c.size() > 8 && !c[6].empty()) row.short_text = {{"zh", c[6]}, {"ru", c[7]}, {"en", c[8]}};
    rows[c[0]] = row;
  }
  return rows;
}

std::string word_of(core::ItemKind kind) {
  switch (kind) {
    case core::ItemKind::threat:
      return "threat";
    case core::ItemKind::direction:
      return "direction";
    case core::ItemKind::concept_term:
      return "term";
    case core::ItemKind::definition:
      return "definition";
  }
  return {};
}

// Articles 6(2) of 2009 and 6(3) of 2015: a procedure is an agreement of all concerned, so no single switch of
// anybody's data may do instead.
TEST(ShippedData, HaveNoFlagThatLetsAStateSecretPass) {
  const Copy copy;
  std::size_t turned = 0;
  for (const auto* folder : {"agreements", "labels"})
    for (const auto& file : std::filesystem::directory_iterator(copy.folder / folder)) {
      const auto text = bytes_of(file.path());
      for (const auto& other : with_each_flag_turned(text)) {
        std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << other;
        const auto book = load_agreements(copy.folder.string(), (copy.folder / "demo/party_status.toml").string());
        if (book) {
          EXPECT_FALSE(lets_a_state_secret_pass(*book)) << file.path();
        }
        ++turned;
      }
      std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << text;
    }
  EXPECT_GE(turned, 25U);
}

TEST(ShippedData, LoadWithoutFault) { EXPECT_EQ(shipped().agreements().size(), 2U); }

TEST(ShippedData, HaveAsManyItemsAsTheAgreementOf2009) {
  const auto sco = agreement("sco-2009");
  EXPECT_EQ(count(sco, core::ItemKind::threat), 6);         // Article 2
  EXPECT_EQ(count(sco, core::ItemKind::direction), 17);     // Article 3: sixteen numbered, and its closing sentence
  EXPECT_EQ(count(sco, core::ItemKind::concept_term), 13);  // Annex 1
  EXPECT_EQ(count(sco, core::ItemKind::definition), 13);
}

TEST(ShippedData, HaveAsManyItemsAsTheAgreementOf2015) {
  const auto bilateral = agreement("cn-ru-2015");
  EXPECT_EQ(count(bilateral, core::ItemKind::threat), 6);
  EXPECT_EQ(count(bilateral, core::ItemKind::direction), 17);    // fifteen numbered, 3(7) as two, the closing sentence
  EXPECT_EQ(count(bilateral, core::ItemKind::concept_term), 0);  // its annex is not published with the text
  EXPECT_EQ(count(bilateral, core::ItemKind::definition), 0);
}

TEST(ShippedData, HaveTheWordingOfTheTable) {
  const auto rows = table();
  ASSERT_EQ(rows.size(), 69U);
  const auto book = shipped();
  for (const auto& [code, row] : rows) {
    if (code == "cn-ru-2015/3/7") continue;
    const auto* agreement = book.find(code.substr(0, code.find('/')));
    ASSERT_NE(agreement, nullptr);
    const auto* item = agreement->find(code);
    ASSERT_NE(item, nullptr) << code;
    EXPECT_EQ(item->text, row.text) << code;
    EXPECT_EQ(item->short_text, row.short_text) << code;
    EXPECT_EQ(item->confidence, row.confidence) << code;
    EXPECT_EQ(word_of(item->kind), row.kind) << code;
  }
}

TEST(ShippedData, HaveNoItemBesideTheTableButThoseNamedHere) {
  const auto rows = table();
  std::vector<std::string> beside;
  const auto book = shipped();
  for (const auto& agreement : book.agreements())
    for (const auto& item : agreement.items)
      if (!rows.contains(item.code)) beside.push_back(item.code);
  EXPECT_THAT(beside, ElementsAre("cn-ru-2015/3/7a", "cn-ru-2015/3/7b", "cn-ru-2015/3/16", "sco-2009/3/17"));
}

TEST(ShippedData, DivideDirectionSevenOf2015WithoutLosingAWord) {
  const auto bilateral = agreement("cn-ru-2015");
  const auto* a = bilateral.find("cn-ru-2015/3/7a");
  const auto* b = bilateral.find("cn-ru-2015/3/7b");
  ASSERT_TRUE(a != nullptr && b != nullptr);
  const auto whole = table().at("cn-ru-2015/3/7");
  EXPECT_EQ(a->text.at("zh") + "；" + b->text.at("zh"), whole.text.at("zh"));
  EXPECT_EQ(a->text.at("ru") + ", " + b->text.at("ru"), whole.text.at("ru"));
  EXPECT_EQ(a->text.at("en") + "; " + b->text.at("en"), whole.text.at("en"));
}

TEST(ShippedData, SayOfEachAgreementWhatItsArticlesSay) {
  const auto sco = agreement("sco-2009");
  EXPECT_EQ(sco.signed_on + " " + sco.signed_at, "2009-06-16 Yekaterinburg");
  EXPECT_THAT(sco.parties, ElementsAre("CN", "KG", "KZ", "RU", "TJ", "UZ"));
  EXPECT_THAT(sco.languages_any, ElementsAre("ru", "zh"));  // Article 10
  EXPECT_TRUE(sco.bars_state_secrets);                      // 6(2)
  EXPECT_TRUE(sco.protects_restricted);                     // 6(3)
  EXPECT_TRUE(sco.consent_needs_crypto_policy);             // 3(10)
  EXPECT_THAT(sco.profile_directions, IsEmpty());
  EXPECT_EQ(sco.designation_channel, "depositary");  // 5(1)
  const auto bilateral = agreement("cn-ru-2015");
  EXPECT_EQ(bilateral.signed_on + " " + bilateral.signed_at, "2015-05-08 Moscow");
  EXPECT_THAT(bilateral.parties, ElementsAre("CN", "RU"));
  EXPECT_THAT(bilateral.languages_any, IsEmpty());
  EXPECT_TRUE(bilateral.bars_state_secrets);  // until a procedure under the agreement of 24 May 2000 is in force
  EXPECT_TRUE(bilateral.protects_restricted);
  EXPECT_FALSE(bilateral.consent_needs_crypto_policy);
  EXPECT_THAT(bilateral.profile_directions, ElementsAre("cn-ru-2015/3/15"));  // 5(3)
  EXPECT_EQ(bilateral.designation_channel, "diplomatic");
}

TEST(ShippedData, SayOfEachClauseOneArticle) {
  for (const auto& id : {"sco-2009", "cn-ru-2015"}) {
    std::map<std::string, std::string> articles;
    for (const auto& ground : agreement(id).grounds)
      EXPECT_EQ(articles.emplace(ground.clause, ground.article).first->second, ground.article)
          << core::to_string(ground.reason) << " " << ground.clause;
  }
}

// SCO Article 4(2): information is kept back on a ground of law only. What else is refused by exit code 5 is no message
// of this exchange at all: of an unknown form, to ourselves, to a peer that is not connected, or over.
TEST(ShippedData, GroundWhateverKeepsInformationBackOnAnArticle) {
  using core::ReasonCode;
  const std::set<ReasonCode> no_message = {ReasonCode::agreement_unknown, ReasonCode::recipient_self,
                                           ReasonCode::not_addressed,     ReasonCode::kind_unknown,
                                           ReasonCode::fact_unknown,      ReasonCode::language_mismatch,
                                           ReasonCode::part_not_held,     ReasonCode::attachment_not_allowed,
                                           ReasonCode::expired,           ReasonCode::peer_inactive};
  const auto sco = agreement("sco-2009");
  const auto bilateral = agreement("cn-ru-2015");
  for (const auto code : core::all_reasons()) {
    if (core::exit_code_of(code) != 5) continue;
    const bool grounded = !sco.reason(code).article.empty() || !bilateral.reason(code).article.empty();
    EXPECT_EQ(grounded, !no_message.contains(code)) << core::to_string(code);
  }
}

TEST(ShippedData, GroundRefusalsOnTheArticlesThatDemandThem) {
  const auto sco = agreement("sco-2009");
  const auto bilateral = agreement("cn-ru-2015");
  using core::ReasonCode;
  EXPECT_EQ(sco.reason(ReasonCode::state_secret), (core::Reason{ReasonCode::state_secret, "S6.3", "6(2)", {}}));
  EXPECT_EQ(sco.reason(ReasonCode::consent_required), (core::Reason{ReasonCode::consent_required, "S6.9", "6(3)", {}}));
  EXPECT_EQ(sco.reason(ReasonCode::language_required),
            (core::Reason{ReasonCode::language_required, "S10.1", "10", {}}));
  EXPECT_EQ(bilateral.reason(ReasonCode::state_secret), (core::Reason{ReasonCode::state_secret, "B6.5", "6(3)", {}}));
  EXPECT_EQ(bilateral.reason(ReasonCode::profile_missing),
            (core::Reason{ReasonCode::profile_missing, "B5.4", "5(3)", {}}));
  EXPECT_EQ(bilateral.reason(ReasonCode::language_required).clause, "");
}

TEST(ShippedData, CountTheDaysOfTheArticles) {
  std::map<std::string, std::uint32_t> days;
  const auto book = shipped();
  for (const auto& agreement : book.agreements())
    for (const auto& deadline : agreement.deadlines) days[deadline.clause] = deadline.limit_days;
  const std::map<std::string, std::uint32_t> expected = {{"S11.3", 15}, {"S5.1", 60},  {"S12.1", 30}, {"S12.2", 30},
                                                         {"S12.5", 30}, {"S12.6", 90}, {"S12.7", 30}, {"B5.2", 60},
                                                         {"B10.1", 30}, {"B10.3", 90}};
  EXPECT_EQ(days, expected);
}

TEST(ShippedData, MarkEveryArticleTextThatIsOurTranslation) {
  const auto book = shipped();
  for (const auto& agreement : book.agreements()) {
    EXPECT_FALSE(agreement.articles.empty());
    for (const auto& [article, text] : agreement.articles) {
      EXPECT_THAT(text.at("ru"), StartsWith("[Неофициальный перевод] ")) << article;
      EXPECT_THAT(text.at("en"), StartsWith("[Unofficial translation] ")) << article;
    }
  }
}

TEST(ShippedData, BindThreePartiesAsAnExampleOnly) {
  const auto sco = agreement("sco-2009");
  EXPECT_THAT(sco.parties_at(day("2011-06-01")), IsEmpty());
  EXPECT_THAT(sco.parties_at(day("2011-06-02")), ElementsAre("CN", "KZ", "RU"));
  for (const auto& status : sco.status) EXPECT_TRUE(status.example);
}

TEST(ShippedData, KnowAStateSecretInEveryExamplePolicyAndRegardAllClassesOfTheOthers) {
  const auto book = shipped();
  ASSERT_EQ(book.labels().policies().size(), 3U);
  for (const auto& policy : book.labels().policies()) {
    EXPECT_TRUE(policy.example);
    ASSERT_EQ(policy.classes.size(), 3U);
    EXPECT_TRUE(policy.find("state-secret")->state_secret);
    EXPECT_TRUE(policy.find("restricted")->restricted);
    EXPECT_FALSE(policy.find("open")->restricted);
    EXPECT_EQ(policy.regards.size(), 6U);
    EXPECT_EQ(policy.category_regards.size(), 10U);
  }
}

// Every label a policy can write, without review dates.
std::vector<core::Label> every_label(const core::LabelPolicy& policy) {
  std::vector<core::Label> all;
  for (const auto& of : policy.classes)
    for (unsigned set = 0; set < 1U << policy.categories.size(); ++set) {
      core::Label label{policy.id, policy.version, of.id, {}, {}};
      for (std::size_t i = 0; i < policy.categories.size(); ++i)
        if ((set >> i & 1U) != 0) label.categories.push_back(policy.categories[i].id);
      std::sort(label.categories.begin(), label.categories.end());
      all.push_back(std::move(label));
    }
  return all;
}

// There and back no label has grown: what the other Party's mark means at home is dominated by what was sent.
TEST(ShippedData, RaiseNoLabelOnARoundTripBetweenAnyTwoExamplePolicies) {
  const auto book = shipped();
  const auto& labels = book.labels();
  for (const auto& from : labels.policies())
    for (const auto& by : labels.policies())
      for (const auto& label : every_label(from)) {
        const auto there = labels.regard(by, label);
        ASSERT_TRUE(there.has_value()) << label.text() << " in " << by.id;
        const auto back = labels.regard(from, *there);
        ASSERT_TRUE(back.has_value()) << there->text();
        EXPECT_TRUE(core::dominates(labels, label, *back)) << label.text() << " came back as " << back->text();
        EXPECT_EQ(labels.restricted(label, {by.party}),
                  by.find(there->classification)->restricted || from.find(label.classification)->restricted);
      }
}

TEST(ShippedData, LeaveALaterVersionOfAnotherPolicyUndecided) {
  const auto book = shipped();
  for (const auto& policy : book.labels().policies())
    for (const auto& other : book.labels().policies())
      EXPECT_EQ(policy.meaning({other.id, 2, "open", {}, {}}) != nullptr, other.id == policy.id);
}

std::string output_of(const std::string& command) {
  std::string out;
  std::array<char, 256> chunk{};
  auto* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  for (std::size_t got = 0; (got = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) out.append(chunk.data(), got);
  return pclose(pipe) == 0 ? out : std::string();
}

TEST(ShippedData, HaveTheDigestThatSha256sumComputes) {
  const auto command = "cd '" + kConfig +
                       "' && { sha256sum agreements/clauses.tsv labels/*.toml; "
                       "ls agreements/*.toml | grep -v coverage | xargs sha256sum; "
                       "sha256sum demo/party_status.toml | sed 's/  .*/  party_status/'; } "
                       "| LC_ALL=C sort -k2 | sha256sum";
  EXPECT_EQ(to_string(shipped().digest()), "sha256:" + output_of(command).substr(0, 64));
}

TEST(ShippedData, GiveEachPolicyTheDigestOfItsFile) {
  const auto digest = output_of("sha256sum '" + kConfig + "/labels/kz-example.toml'").substr(0, 64);
  EXPECT_EQ(to_string(shipped().labels().find("kz-example", 1)->digest), "sha256:" + digest);
}

// Clause S4.3: no Party has a privilege in code. With the codes exchanged in the data the book is the same with the
// codes exchanged.
class Renamed : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Renamed, PartiesAreBoundLikeThoseWhoseNamesTheyTook) {
  const SmallData data;
  const auto& names = GetParam();
  const std::vector<std::string> before = {"CN", "KZ", "RU"};
  std::ifstream in(kPartyStatus);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.erase(text.find("[[status]]\nagreement = \"cn-ru-2015\""));
  // Through digits, so that no name is replaced twice; and only one Party bound later than the others.
  for (std::size_t i = 0; i < 3; ++i)
    text.replace(text.find("\"" + before[i] + "\""), 4, "\"" + std::to_string(i) + "\"");
  for (std::size_t i = 0; i < 3; ++i)
    text.replace(text.find("\"" + std::to_string(i) + "\""), 3, "\"" + names[i] + "\"");
  text += "in_force_to = 2020-01-01\n";  // of the last row
  data.write("status.toml", text);
  const auto book = load_agreements(kConfig, data.path("status.toml"));
  ASSERT_TRUE(book.has_value()) << to_string(book.error().front());
  auto rest = std::vector<std::string>{names[0], names[1]};
  std::sort(rest.begin(), rest.end());
  EXPECT_EQ(book->find("sco-2009")->parties_at(day("2020-01-01")), rest);
  EXPECT_THAT(book->find("sco-2009")->parties_at(day("2019-12-31")), ::testing::UnorderedElementsAreArray(names));
}

INSTANTIATE_TEST_SUITE_P(
    Every, Renamed,
    ::testing::Values(std::vector<std::string>{"CN", "KZ", "RU"}, std::vector<std::string>{"CN", "RU", "KZ"},
                      std::vector<std::string>{"KZ", "CN", "RU"}, std::vector<std::string>{"KZ", "RU", "CN"},
                      std::vector<std::string>{"RU", "CN", "KZ"}, std::vector<std::string>{"RU", "KZ", "CN"}),
    [](const auto& each) { return each.param[0] + each.param[1] + each.param[2]; });

// Clause S12.4: the agreement is open to accession. A seventh Party is a change of data.
TEST(ShippedData, TakeASeventhPartyWithoutAChangeOfCode) {
  const SmallData data;
  copy_tree(kConfig + "/agreements", data.path("agreements"));
  copy_tree(kConfig + "/labels", data.path("labels"));
  data.remove("labels/cn-one.toml");
  data.remove("labels/ru-one.toml");
  data.remove("agreements/one.toml");
  std::ifstream in(kPartyStatus);
  data.write("status.toml", std::string{std::istreambuf_iterator<char>(in), {}} +
                                "[[status]]\nagreement = \"sco-2009\"\nparty = \"XA\"\nin_force_from = 2026-01-01\n");
  EXPECT_THAT(data.faults(), ElementsAre(::testing::HasSubstr("'XA' is no Party to 'sco-2009'")));
  data.replace("agreements/sco-2009.toml", "\"UZ\"]", "\"UZ\", \"XA\"]");
  const auto book = data.load();
  ASSERT_TRUE(book.has_value());
  const auto parties = book->find("sco-2009")->parties_at(day("2026-01-01"));
  EXPECT_THAT(parties, ElementsAre("CN", "KZ", "RU", "XA"));
  // As long as its law says nothing, nobody can judge a label; with its policy everybody can.
  const core::Label label{"cn-example", 1, "restricted", "", {}};
  EXPECT_THAT(book->labels().silent(label, parties), ElementsAre("XA"));
  std::ifstream kz(kConfig + "/labels/kz-example.toml");
  std::string policy{std::istreambuf_iterator<char>(kz), {}};
  policy.replace(policy.find("\"kz-example\""), 12, "\"xa-example\"");
  policy.replace(policy.find("\"KZ\""), 4, "\"XA\"");
  data.write("labels/xa-example.toml", policy);
  const auto complete = data.load();
  ASSERT_TRUE(complete.has_value());
  EXPECT_THAT(complete->labels().silent(label, parties), ElementsAre());
}

}  // namespace
}  // namespace chancery::config

// Every class of fault, provoked alone: exactly one fault, at the place where it stands. The line is counted in the
// bytes of the file by the test, not by the parser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/small_data.h"

namespace chancery::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Spoilt {
  std::string name;  // of the test
  std::string file;
  std::string from;  // replaced
  std::string to;
  std::string marker;  // text on the line of the fault
  std::string key;
  std::string what;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for it
void PrintTo(const Spoilt& spoilt, std::ostream* out) { *out << spoilt.name; }

const std::string kOne = "agreements/one.toml";
const std::string kChina = "labels/cn-one.toml";
const std::string kRussia = "labels/ru-one.toml";
const std::string kStatusFile = "status.toml";

std::vector<Spoilt> spoilt_data() {  // NOLINT(readability-function-size): a table
  return {
      {"UnknownKey", kOne, "version = 1", "version = 1\nversoin = 2", "versoin", "versoin",
       "unknown key; known here: article, bars_state_secrets, consent_needs_crypto_policy, deadline, "
       "designation_channel, ground, id, item, languages_any, parties, profile_directions, protects_restricted, "
       "signed_at, signed_on, title, version"},
      {"UnknownKeyInRow", kOne, "limit_days = 60", "limit_days = 60\nhours = 1", "hours", "deadline[1].hours",
       "unknown key; known here: clause, from, id, limit_days"},
      {"MissingKey", kOne, "bars_state_secrets = true\n", "", "id =", "bars_state_secrets", "is missing"},
      {"WrongType", kOne, "bars_state_secrets = true", "bars_state_secrets = \"yes\"", "bars_state",
       "bars_state_secrets", "must be true or false"},
      {"StateSecretsAllowedByData", kOne, "bars_state_secrets = true", "bars_state_secrets = false", "bars_state",
       "bars_state_secrets", "must be true: a procedure for State secrets is signed by all concerned, never data"},
      {"BadParty", kOne, "[\"CN\", \"RU\"]", "[\"CN\", \"RU\", \"Kz\"]", "parties", "parties",
       "'Kz' must be a Party: two capital letters"},
      {"PartyTwice", kOne, "[\"CN\", \"RU\"]", "[\"CN\", \"RU\", \"CN\"]", "parties", "parties", "'CN' is named twice"},
      {"BadLanguage", kOne, "[\"zh\", \"ru\"]", "[\"zh\", \"russian\"]", "languages_any", "languages_any",
       "'russian' must be a language code"},
      {"DateAsText", kOne, "2001-02-03", "\"2001-02-03\"", "signed_on", "signed_on",
       "must be a date, written 2009-06-16 without quotes"},
      {"DateWithTime", kOne, "2001-02-03", "2001-02-03T00:00:00Z", "signed_on", "signed_on",
       "must be a date, written 2009-06-16 without quotes"},
      {"UnknownChannel", kOne, "\"depositary\"", "\"pigeon\"", "designation_channel", "designation_channel",
       "'pigeon' must be one of depositary, diplomatic"},
      {"NoTitleInRussian", kOne, "ru = \"Соглашение\"\n", "", "[title]", "title.ru", "the translation is missing"},
      {"EmptyTitle", kOne, "en = \"Agreement\"", "en = \"\"", "en = \"\"", "title.en", "is empty"},
      {"ControlCharacter", kOne, "\"Somewhere\"", "\"Some\\u001bwhere\"", "signed_at", "signed_at",
       "contains a control character"},
      {"UnknownClauseOfDeadline", kOne, "clause = \"X1\"", "clause = \"X9\"", "X9", "deadline[1].clause",
       "'X9' is no clause of clauses.tsv"},
      {"UnknownClauseOfGround", kOne, "clause = \"X2\"", "clause = \"S6.9\"", "S6.9", "ground[1].clause",
       "'S6.9' is no clause of clauses.tsv"},
      {"UnknownReason", kOne, "E-CONSENT-REQUIRED", "E-CONSENT", "E-CONSENT", "ground[1].reason",
       "'E-CONSENT' is no reason code"},
      {"GroundTwice", kOne, "[[item]]\ncode = \"one/2/1\"",
       "[[ground]]\nreason = \"E-CONSENT-REQUIRED\" #2\nclause = \"X1\"\narticle = \"1\"\n[[item]]\ncode = \"one/2/1\"",
       "#2", "ground[2].reason", "the ground of 'E-CONSENT-REQUIRED' stands here twice"},
      {"DeadlineTwice", kOne, "[[ground]]",
       "[[deadline]]\nid = \"exchange\" #2\nfrom = \"x\"\nlimit_days = 1\nclause = \"X1\"\n[[ground]]", "#2",
       "deadline[2].id", "deadline 'exchange' stands here twice"},
      {"NoDays", kOne, "limit_days = 60", "limit_days = 0", "limit_days", "deadline[1].limit_days",
       "must be from 1 to 3660"},
      {"UnknownItemKind", kOne, "kind = \"threat\"", "kind = \"menace\"", "menace", "item[1].kind",
       "'menace' must be one of threat, direction, term, definition"},
      {"UnknownConfidence", kOne, "confidence = \"B\"", "confidence = \"C\"", "confidence = \"C\"",
       "item[2].confidence", "'C' must be one of A, B"},
      {"NoTranslationOfItem", kOne, "ru = \"угроза\", ", "", "zh = \"威胁\"", "item[1].text.ru",
       "the translation is missing"},
      {"NoShortText", kOne, "short = { zh = \"威\", ru = \"угр.\", en = \"thr.\" }\n", "", "[[item]]", "item[1].short",
       "is missing"},
      {"DefinitionWithoutTerm", kOne, "one/a1/1/def", "one/a1/2/def", "one/a1/2/def", "item[4].code",
       "'one/a1/2/def' must be the code of a term and /def"},
      {"ProfileForNoDirection", kOne, "[\"one/3/1\"]", "[\"one/2/1\"]", "profile_directions", "profile_directions",
       "'one/2/1' is no direction of this agreement"},
      {"NoArticleInEnglish", kOne, "en = \"wording\"\n", "", "[article", "article.6(3).en",
       "the translation is missing"},
      {"RanksEqual", kChina, "rank = 5", "rank = 0 #2", "#2", "class[2].rank", "ranks must ascend: 0 after 0"},
      {"RanksDescend", kRussia, "rank = 1\nrestricted = false\nstate_secret = false\n",
       "rank = 7\nrestricted = false\nstate_secret = false\nname = { zh = \"a\", ru = \"b\", en = \"c\" }\nmarking = { "
       "zh = "
       "\"a\", ru = \"b\", en = \"c\" }\n[[class]]\nid = \"more\"\nrank = 6\nrestricted = false\nstate_secret = "
       "false\n",
       "rank = 6", "class[2].rank", "ranks must ascend: 6 after 7"},
      {"NegativeRank", kRussia, "rank = 1", "rank = -1", "rank", "class[1].rank", "must be from 0 to 4294967295"},
      {"NoMarkingInChinese", kRussia, "marking = { zh = \"公开\", ", "marking = { ", "marking", "class[1].marking.zh",
       "the translation is missing"},
      {"NameInNoLanguage", kRussia, "name = { zh = \"公开\"", "name = { Latin = \"apertum\", zh = \"公开\"", "name",
       "class[1].name.Latin", "'Latin' is no language code"},
      {"CategoryTwice", kChina, "[[category]]\nid = \"note\"", "[[category]]\nid = \"judicial\" #2", "#2",
       "category[2].id", "category 'judicial' stands here twice"},
      {"UnknownCategoryKind", kChina, "kind = \"informative\"", "kind = \"decorative\"", "decorative",
       "category[2].kind", "'decorative' must be one of restrictive, permissive, informative"},
      {"NoNameOfCategoryInRussian", kRussia, "ru = \"суд\", ", "", "name = { zh = \"法院\"", "category[1].name.ru",
       "the translation is missing"},
      {"EndlessReview", kChina, "review_within_days = 100", "review_within_days = 0", "review_within_days",
       "class[2].review_within_days", "must be from 1 to 36525"},
      {"RegardOfNoVersions", kChina, "versions = \"1\"\nclass", "class", "[[regard]]", "regard[1].versions",
       "is missing"},
      {"RegardOfVersionsBackwards", kChina, "versions = \"1\"\nclass", "versions = \"3-1\"\nclass", "3-1",
       "regard[1].versions", "'3-1' must be a version or a range of versions, written 1 or 1-3"},
      {"RegardOfAllVersions", kChina, "versions = \"1\"\nclass", "versions = \"1-\"\nclass", "\"1-\"",
       "regard[1].versions", "'1-' must be a version or a range of versions, written 1 or 1-3"},
      {"RegardOfAVersionThatIsNotHere", kChina, "versions = \"1\"\nclass", "versions = \"2\"\nclass", "[[regard]]",
       "regard[1].versions", "no such version of policy 'ru-one' in this data"},
      {"RegardOfAClassAndACategory", kChina, "class = \"open\"", "class = \"open\"\ncategory = \"note\" #2", "#2",
       "regard[1].category", "a row is about a class or about a category"},
      {"RegardsUnknownCategory", kChina, "category = \"court\"", "category = \"garden\"",
       "[[regard]]\npolicy = \"ru-one\"\nversions = \"1\"\ncategory", "regard[2].category",
       "'garden' is no category of policy 'ru-one'"},
      {"RegardsAsUnknownCategory", kChina, "as = \"judicial\"", "as = \"closed\"", "as = \"closed\"", "regard[2].as",
       "'closed' is no category of this policy"},
      {"RegardsACategoryAsLess", kChina, "as = \"judicial\"", "as = \"note\"",
       "[[regard]]\npolicy = \"ru-one\"\nversions = \"1\"\ncategory", "regard[2].as",
       "'note' restricts less than 'court' does"},
      {"RegardsACategoryTwice", kChina, "as = \"judicial\"",
       "as = \"judicial\"\n[[regard]]\npolicy = \"ru-one\"\nversions = \"1\"\ncategory = \"court\" #2\nas = "
       "\"judicial\"",
       "#2", "regard[3].category", "'ru-one' 'court' is regarded twice"},
      {"PolicyOfUnknownParty", kRussia, "\"RU\"", "\"KZ\"", "party", "party",
       "'KZ' is a Party to no agreement of this data"},
      {"RegardsUnknownPolicy", kChina, "policy = \"ru-one\"\nversions = \"1\"\nclass",
       "policy = \"ru-two\"\nversions = \"1\"\nclass", "[[regard]]", "regard[1].policy",
       "'ru-two' is no policy of this data"},
      {"RegardsUnknownClass", kChina, "class = \"open\"", "class = \"closed\"", "[[regard]]", "regard[1].class",
       "'closed' is no class of policy 'ru-one'"},
      {"RegardsAsUnknownClass", kChina, "as = \"secret\"", "as = \"closed\"", "as = \"closed\"", "regard[1].as",
       "'closed' is no class of this policy"},
      {"RegardsItself", kChina, "policy = \"ru-one\"\nversions = \"1\"\nclass",
       "policy = \"cn-one\"\nversions = \"1\"\nclass", "policy = \"cn-one\"", "regard[1].policy",
       "a policy does not regard its own classes"},
      {"RegardsTwice", kChina, "as = \"secret\"",
       "as = \"secret\"\n[[regard]]\npolicy = \"ru-one\"\nversions = \"1-2\"\nclass = \"open\" #2\nas = \"open\"", "#2",
       "regard[2].class", "'ru-one' 'open' is regarded twice"},
      {"ExcludesUnknownCategory", kChina, "as = \"secret\"",
       "as = \"secret\"\n[[excluded]]\npolicy = \"cn-one\"\ncategory = \"judical\"", "[[excluded]]",
       "excluded[1].category", "'judical' is no category of policy 'cn-one'"},
      {"ExcludesUnderUnknownAgreement", kChina, "as = \"secret\"",
       "as = \"secret\"\n[[excluded]]\npolicy = \"cn-one\"\ncategory = \"judicial\"\nagreement = \"two\"",
       "[[excluded]]", "excluded[1].agreement", "'two' is no agreement of this data"},
      {"StatusOfUnknownAgreement", kStatusFile, "agreement = \"one\"\nparty = \"RU\"",
       "agreement = \"two\"\nparty = \"RU\"", "\"two\"", "status[2].agreement", "'two' is no agreement of this data"},
      {"StatusOfUnknownParty", kStatusFile, "\"RU\"", "\"KZ\"", "\"KZ\"", "status[2].party",
       "'KZ' is no Party to 'one'"},
      {"StatusEndsBeforeItBegins", kStatusFile, "2003-01-01", "2001-12-31", "in_force_to", "status[1].in_force_to",
       "must be after in_force_from"},
      {"StatusBeforeSignature", kStatusFile, "in_force_from = 2002-01-01\nin_force_to",
       "in_force_from = 2001-02-02\nin_force_to", "2001-02-02", "status[1].in_force_from",
       "is before the agreement was signed, 2001-02-03"},
      {"StatusTwice", kStatusFile, "party = \"RU\"", "party = \"CN\" #2", "#2", "status[2].party",
       "the time 'CN' is bound overlaps that of an earlier row"},
      {"StatusWithoutSource", kStatusFile, "source = \"note 1\"\n", "", "[[status]]", "source", "is missing"},
      {"ClauseTwice", "agreements/clauses.tsv", "X2\tsecond\n", "X2\tsecond\nX1\tagain\n", "X1\tagain", "id",
       "clause 'X1' stands here twice"},
      {"NoColumns", "agreements/clauses.tsv", "id\ttext\n", "# clauses\n", "#", "id",
       "the first line must name the columns, beginning with id"},
  };
}

// What other data rely on; their faults follow from it.
std::vector<Spoilt> spoilt_with_consequences() {
  return {
      {"BadId", kOne, "id = \"one\"", "id = \"One\"", "id =", "id",
       "'One' must be lower-case words and numbers joined by hyphens"},
      {"CodeTwice", kOne, "one/3/1\"\nkind", "one/2/1\" #2\nkind = \"direction\"\n#", "#2", "item[2].code",
       "'one/2/1' stands here twice"},
      {"CodeOfAnother", kOne, "code = \"one/a1/1\"\nkind = \"term\"", "code = \"two/a1/1\"\nkind = \"term\"",
       "two/a1/1", "item[3].code", "'two/a1/1' does not begin with 'one/'"},
      {"ClassTwice", kChina, "id = \"secret\"", "id = \"open\" #2", "#2", "class[2].id",
       "class 'open' stands here twice"},
  };
}

class DataFault : public ::testing::TestWithParam<Spoilt> {};

TEST_P(DataFault, IsReportedAloneAndAtItsPlace) {
  const auto& spoilt = GetParam();
  const SmallData data;
  data.replace(spoilt.file, spoilt.from, spoilt.to);
  const auto line = std::to_string(data.line_of(spoilt.file, spoilt.marker));
  EXPECT_THAT(data.faults(), ElementsAre(spoilt.file + ":" + line + ": " + spoilt.key + ": " + spoilt.what));
}

class DataFaultWithConsequences : public ::testing::TestWithParam<Spoilt> {};

TEST_P(DataFaultWithConsequences, IsReportedAtItsPlace) {
  const auto& spoilt = GetParam();
  const SmallData data;
  data.replace(spoilt.file, spoilt.from, spoilt.to);
  const auto line = std::to_string(data.line_of(spoilt.file, spoilt.marker));
  EXPECT_THAT(data.faults(), Contains(spoilt.file + ":" + line + ": " + spoilt.key + ": " + spoilt.what));
}

INSTANTIATE_TEST_SUITE_P(Each, DataFaultWithConsequences, ::testing::ValuesIn(spoilt_with_consequences()),
                         [](const auto& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Each, DataFault, ::testing::ValuesIn(spoilt_data()),
                         [](const auto& each) { return each.param.name; });

TEST(LoadAgreements, LoadsSmallDataWithoutFault) { EXPECT_THAT(SmallData().faults(), IsEmpty()); }

TEST(LoadAgreements, ReportsWhereAFileDoesNotParse) {
  const SmallData data;
  data.replace("agreements/one.toml", "version = 1", "version = = 1");
  const auto faults = data.faults();
  ASSERT_THAT(faults, SizeIs(::testing::Ge(1U)));
  EXPECT_THAT(faults.front(), HasSubstr("agreements/one.toml:2: column "));
}

TEST(LoadAgreements, TakesADayThatIsNotInTheCalendarAsNotParsing) {
  const SmallData data;
  data.replace("agreements/one.toml", "2001-02-03", "2001-02-30");
  EXPECT_THAT(data.faults().front(), HasSubstr("agreements/one.toml:3: column "));
}

TEST(LoadAgreements, RefusesARawControlCharacterAnywhere) {
  const SmallData data;
  data.replace("status.toml", "[[status]]\nagreement = \"one\"\nparty = \"RU\"", std::string("[[\0status]]", 11));
  EXPECT_THAT(data.faults(), ElementsAre("status.toml:7: contains a control character"));
}

// Both once made toml++ 3.3.0 leave what its authors thought possible.
TEST(LoadAgreements, SurvivesALetterOutsideOfTextAndAHeaderWithoutAKey) {
  const SmallData data;
  data.write("status.toml", "\u00e9 = 1\n");
  EXPECT_THAT(data.faults(), ElementsAre(HasSubstr("status.toml:1: column ")));
  data.write("status.toml", "[\\status]\n");
  EXPECT_THAT(data.faults(), ElementsAre(HasSubstr("status.toml:1: column ")));
}

TEST(LoadAgreements, NeverStopsAtTheFirstFault) {
  const SmallData data;
  data.replace("agreements/one.toml", "limit_days = 60", "limit_days = 0");
  data.replace("agreements/one.toml", "E-CONSENT-REQUIRED", "E-NOTHING");
  data.replace("labels/cn-one.toml", "rank = 5", "rank = 0");
  data.replace("labels/ru-one.toml", "party = \"RU\"", "party = ");
  data.replace("status.toml", "party = \"RU\"", "party = \"KZ\"");
  const auto faults = data.faults();
  const auto files = ::testing::UnorderedElementsAre(
      HasSubstr("deadline[1].limit_days"), HasSubstr("ground[1].reason"),
      HasSubstr("labels/cn-one.toml:14: class[2].rank"), HasSubstr("labels/ru-one.toml:3: column"),
      HasSubstr("regard[1].policy"), HasSubstr("regard[2].policy"), HasSubstr("status[2].party"));
  EXPECT_THAT(faults, files);
}

TEST(LoadAgreements, RefusesTheSameVersionOfAnAgreementTwice) {
  const SmallData data;
  data.write("agreements/two.toml", data.text("agreements/one.toml"));
  EXPECT_THAT(data.faults(), ElementsAre(HasSubstr("agreements/two.toml:1: id: version 1 of 'one' stands in ")));
}

TEST(LoadAgreements, KeepsSeveralVersionsOfAnAgreementWithTheSameParties) {
  const SmallData data;
  data.write("agreements/two.toml", data.text("agreements/one.toml"));
  data.replace("agreements/two.toml", "version = 1", "version = 2");
  const auto book = data.load();
  ASSERT_TRUE(book.has_value());
  ASSERT_THAT(book->agreements(), SizeIs(2));
  EXPECT_EQ(book->find("one")->version, 2U);
  EXPECT_EQ(book->agreements()[0].status, book->agreements()[1].status);
}

TEST(LoadAgreements, RefusesTheSameVersionOfAPolicyTwice) {
  const SmallData data;
  data.write("labels/zz.toml", data.text("labels/ru-one.toml"));
  EXPECT_THAT(data.faults(), ElementsAre(HasSubstr("labels/zz.toml:1: id: version 1 of 'ru-one' stands in ")));
}

TEST(LoadAgreements, RefusesAPolicyThatChangesItsParty) {
  const SmallData data;
  data.write("labels/zz.toml", data.text("labels/ru-one.toml"));
  data.replace("labels/zz.toml", "version = 1", "version = 2");
  data.replace("labels/zz.toml", "\"RU\"", "\"CN\"");
  EXPECT_THAT(data.faults(), ::testing::Contains(HasSubstr("labels/zz.toml:3: party: 'ru-one' belongs to RU in ")));
}

TEST(LoadAgreements, RefusesASecondPolicyOfAParty) {
  const SmallData data;
  data.write("labels/zz.toml", data.text("labels/ru-one.toml"));
  data.replace("labels/zz.toml", "\"ru-one\"", "\"ru-two\"");
  EXPECT_THAT(data.faults(), ElementsAre(HasSubstr("labels/zz.toml:1: id: 'RU' has policy 'ru-one' already, in ")));
}

TEST(LoadAgreements, ReportsWhatIsNotThere) {
  const SmallData data;
  data.remove("agreements/one.toml");
  data.remove("labels");
  data.remove("status.toml");
  EXPECT_THAT(data.faults(), ElementsAre("agreements: holds no .toml file", "labels: is no folder that can be read",
                                         "status.toml: is no file that can be read"));
}

TEST(LoadAgreements, RefusesAFileThatIsTooLarge) {
  const SmallData data;
  data.write("labels/ru-one.toml", data.text("labels/ru-one.toml") + "#" + std::string(1U << 20U, ' '));
  EXPECT_THAT(data.faults(), Contains("labels/ru-one.toml: is larger than 1 MiB"));
}

TEST(Fault, ShowsControlCharactersInsteadOfSendingThemToTheTerminal) {
  const SmallData data;
  data.replace("labels/ru-one.toml", "version = 1", "version = 1\n\"a\\u001b[2J\" = 1");
  EXPECT_THAT(data.faults(), ElementsAre(HasSubstr("labels/ru-one.toml:3: a\\x1b[2J: unknown key")));
}

}  // namespace
}  // namespace chancery::config

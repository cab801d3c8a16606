#include "daemon/core/joint_act.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Subject kSubject = {"sco-2009", "crypto-policy/sco-2009", false};
const std::vector<std::string> kParties = {"CN", "KZ", "RU"};
constexpr Instant kMorning{1'800'000'000'000};
constexpr Instant kLapse = kMorning + hours(10);

// What happened, in words: `CN proposes a 1; KZ counters a with b 2; RU accepts b naming 2`. Sentences are numbered
// from 1 and follow one another by minutes; `late` puts one after the lapse, `unseen` keeps it out of the set, `for
// CN,KZ` gives the required Parties, `as 7` another number than the version has, `naming 9` of no such sentence an
// unknown id.
class Story {
 public:
  explicit Story(std::string_view text) {
    for (auto sentence : split(text, ';')) tell(split(sentence.substr(sentence.starts_with(' ') ? 1 : 0), ' '));
  }

  [[nodiscard]] const std::vector<JointStatement>& set() const { return set_; }
  [[nodiscard]] Digest version(const std::string& name) const { return digests_.at(name); }
  [[nodiscard]] MessageId id(std::size_t sentence) const { return all_.at(sentence - 1).id; }

  // `a dead by 2, b open without RU; second-version RU 1 3; awaits 4`
  [[nodiscard]] std::string outcome() const {
    const auto state = subject_state(kSubject, set_);
    std::string text;
    for (const auto& [name, digest] : digests_)
      if (const auto* v = state.find(digest)) text += (text.empty() ? "" : ", ") + name + " " + standing(*v);
    for (const auto& e : state.evidence)
      text += std::string("; ") + to_string(e.kind) + " " + e.party + number(e.first) + number(e.second);
    for (const auto& d : state.awaited_versions) text += "; awaits " + name_of(d);
    for (const auto& id : state.awaited_statements) text += "; awaits" + number(id);
    return text;
  }

 private:
  using Words = std::vector<std::string_view>;

  void tell(Words words) {
    const bool unseen = words.front() == "unseen";
    if (unseen) words.erase(words.begin());
    JointStatement s;
    s.party = words[0];
    s.subject = kSubject;
    s.created = kMorning + minutes(static_cast<std::int64_t>(all_.size()));
    s.digest = digest_of("sentence " + std::to_string(all_.size()));
    say(s, words);
    for (std::size_t i = 2; i < words.size(); ++i) qualify(s, words[i], i + 1 < words.size() ? words[i + 1] : "");
    s.id = id_at(s.created, s.digest);
    all_.push_back(s);
    if (!unseen) set_.push_back(s);
  }

  void say(JointStatement& s, const Words& words) {
    if (words[1] == "proposes") return open(s, JointKind::proposal, words[2], words[3]);
    s.answers = digests_.at(std::string(words[1] == "objects" ? words[3] : words[2]));
    if (words[1] == "counters") return open(s, JointKind::counter, words[4], words[5]);
    s.kind = words[1] == "accepts" ? JointKind::acceptance : JointKind::objection;
    for (const auto& earlier : all_)
      if (earlier.digest == *s.answers) s.number = earlier.number;
  }

  void open(JointStatement& s, JointKind kind, std::string_view name, std::string_view number) {
    s.kind = kind;
    s.number = parse_version(number).value();
    s.required = kParties;
    s.lapse = kLapse;
    digests_[std::string(name)] = s.digest;
  }

  void qualify(JointStatement& s, std::string_view word, std::string_view next) {
    if (word == "late") s.created = kLapse + minutes(static_cast<std::int64_t>(1 + all_.size()));
    if (word == "just-in-time") s.created = kLapse;
    if (word == "as") s.number = parse_version(next).value();
    if (word == "naming") s.killed_by = named(parse_ordinal(next).value());
    if (word != "for") return;
    s.required.clear();
    for (const auto party : split(next, ',')) s.required.emplace_back(party);
  }

  [[nodiscard]] MessageId named(std::size_t sentence) const {
    return sentence <= all_.size() ? id(sentence) : id_at(kMorning, digest_of("unknown"));
  }

  static MessageId id_at(Instant created, const Digest& digest) {
    MessageId id;
    for (std::size_t i = 0; i < 6; ++i) id.value[i] = static_cast<std::uint8_t>(created.ms >> (40 - 8 * i));
    std::copy_n(digest.value.begin(), 26, id.value.begin() + 6);
    return id;
  }

  [[nodiscard]] std::string standing(const Version& v) const {
    std::string text = to_string(v.state);
    if (v.state == VersionState::open && !v.missing.empty()) text += " without";
    if (v.state == VersionState::open)
      for (const auto& party : v.missing) text += " " + party;
    for (const auto& id : v.killed_by) text += (id == v.killed_by.front() ? " by" : "") + number(id);
    return text;
  }
  [[nodiscard]] std::string number(const MessageId& id) const {
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (all_[i].id == id) return " " + std::to_string(i + 1);
    return " something unknown";
  }
  [[nodiscard]] std::string name_of(const Digest& digest) const {
    for (const auto& [name, known] : digests_)
      if (known == digest) return name;
    return "an unknown version";
  }

  std::vector<JointStatement> all_, set_;
  std::map<std::string, Digest> digests_;
};

struct Row {
  const char* story;
  const char* outcome;
};

// CN, KZ and RU are required unless said otherwise. To be read by who knows the agreements, not the code.
const Row kRows[] = {
    // Coming into force.
    {"CN proposes a 1", "a open without KZ RU"},
    {"CN proposes a 1; KZ accepts a", "a open without RU"},
    {"CN proposes a 1; KZ accepts a; RU accepts a", "a in-force"},
    {"CN proposes a 1; KZ accepts a; RU accepts a just-in-time", "a in-force"},
    {"CN proposes a 1; KZ accepts a; KZ accepts a", "a open without RU"},
    {"CN proposes a 1 for CN,KZ; KZ accepts a", "a in-force"},
    {"TJ proposes a 1; KZ accepts a; RU accepts a", "a open without CN"},
    {"unseen CN proposes a 1; KZ accepts a; RU accepts a", "; awaits a"},
    // Objection, counter, lateness: the version dies; silence does not kill.
    {"CN proposes a 1; KZ accepts a; RU objects to a", "a dead by 3"},
    {"CN proposes a 1; KZ accepts a; RU objects to a late", "a dead by 3"},
    {"CN proposes a 1; KZ accepts a; RU accepts a late", "a dead by 3"},
    {"CN proposes a 1; KZ objects to a; RU objects to a", "a dead by 2 3"},
    {"CN proposes a 1; KZ counters a with b 2", "a dead by 2, b open without CN RU"},
    {"CN proposes a 1; KZ counters a with b 2; CN accepts b naming 2; RU accepts b", "a dead by 2, b in-force"},
    {"CN proposes a 1; KZ accepts a; RU accepts a; TJ objects to a", "a in-force"},
    {"CN proposes a 1; KZ accepts a; RU accepts a; TJ accepts a late", "a in-force"},
    // There is no withdrawal: who says two things contradicts himself, and his acceptance is void.
    {"CN proposes a 1; KZ accepts a; RU accepts a; KZ objects to a", "a dead by 4; contradiction KZ 2 4"},
    {"CN proposes a 1; CN objects to a", "a dead by 2; contradiction CN 1 2"},
    {"CN proposes a 1; CN counters a with b 2", "a dead by 2, b open without KZ RU; contradiction CN 1 2"},
    {"CN proposes a 1; KZ accepts a; KZ accepts a late", "a dead by 3; contradiction KZ 2 3"},
    {"CN proposes a 1; KZ objects to a; KZ accepts a late", "a dead by 2 3; contradiction KZ 3 2"},
    {"CN proposes a 1; TJ accepts a; TJ objects to a", "a open without KZ RU; contradiction TJ 2 3"},
    {"CN proposes a 1; KZ objects to a; KZ objects to a", "a dead by 2 3"},
    // Another version only when the former is dead, naming what killed it.
    {"CN proposes a 1; KZ proposes b 2; CN accepts b",
     "a open without KZ RU, b open without CN RU; second-version CN 1 3"},
    {"CN proposes a 1; KZ proposes b 2; RU objects to a; CN accepts b",
     "a dead by 3, b open without CN RU; second-version CN 1 4"},
    {"CN proposes a 1; KZ proposes b 2; RU objects to a; CN accepts b naming 3", "a dead by 3, b open without RU"},
    {"CN proposes a 1; KZ proposes b 2; RU objects to a; CN accepts b; CN accepts b naming 3",
     "a dead by 3, b open without RU; second-version CN 1 4"},
    {"CN proposes a 1; KZ proposes b 2; unseen RU objects to a; CN accepts b naming 3",
     "a open without KZ RU, b open without CN RU; awaits 3"},
    {"CN proposes a 1; KZ proposes b 1; unseen RU objects to a; CN accepts b naming 3",
     "a open without KZ RU, b open without CN RU; awaits 3"},
    {"unseen CN proposes a 1; KZ proposes b 2; RU objects to a; CN accepts b naming 3",
     "b open without CN RU; awaits a"},
    {"CN proposes a 1; KZ proposes b 2; CN accepts b naming 9",
     "a open without KZ RU, b open without CN RU; awaits something unknown"},
    {"KZ proposes a 2; CN accepts a; unseen RU objects to a; TJ proposes b 1; CN accepts b naming 3",
     "a open without RU, b open without CN KZ RU; awaits 3"},
    {"CN proposes a 1; RU objects to a; CN proposes b 2", "a dead by 2, b open without KZ RU"},
    {"CN proposes a 1; CN proposes b 2", "a open without KZ RU, b open without CN KZ RU; second-version CN 1 2"},
    {"CN proposes a 1; KZ proposes b 1; CN accepts b",
     "a open without KZ RU, b open without CN RU; second-version CN 1 3"},
    {"CN proposes a 2; KZ proposes b 1; RU objects to a; CN accepts b naming 3", "a dead by 3, b open without RU"},
    {"CN proposes a 1; KZ proposes b 2; RU objects to b; RU accepts a", "a open without KZ, b dead by 3"},
    {"CN proposes a 1; RU objects to a; KZ proposes b 2; CN accepts b naming 2; RU objects to b; CN proposes c 3; "
     "KZ accepts c naming 5; RU accepts c",
     "a dead by 2, b dead by 5, c in-force"},
    // Naming what kills nothing.
    {"CN proposes a 1; KZ proposes b 2; CN accepts b naming 1",
     "a open without KZ RU, b open without CN RU; kills-nothing CN 1 3"},
    {"CN proposes a 1; KZ proposes b 2; TJ objects to a; CN accepts b naming 3",
     "a open without KZ RU, b open without CN RU; kills-nothing CN 3 4"},
    {"CN proposes a 1; KZ objects to a; RU accepts a naming 2", "a dead by 2; kills-nothing RU 2 3"},
    {"CN proposes a 1; RU accepts a; KZ proposes b 2; RU accepts b naming 2",
     "a open without KZ, b open without CN RU; kills-nothing RU 2 4"},
    // A digest and a number that do not go together.
    {"CN proposes a 1; KZ accepts a as 2", "a open without KZ RU; misnumbered KZ 1 2"},
    {"CN proposes a 1; KZ objects to a as 2", "a open without KZ RU; misnumbered KZ 1 2"},
    // A later version supersedes the one in force; until it is agreed, that one stays.
    {"CN proposes a 1; KZ accepts a; RU accepts a; CN proposes b 2; KZ accepts b", "a in-force, b open without RU"},
    {"CN proposes a 1; KZ accepts a; RU accepts a; CN proposes b 2; KZ accepts b; RU accepts b",
     "a superseded, b in-force"},
    {"CN proposes a 1; KZ accepts a; RU accepts a; CN proposes b 2; RU objects to b", "a in-force, b dead by 5"},
    {"CN proposes a 1; KZ accepts a; RU accepts a; RU proposes b 1", "a in-force, b superseded; second-version RU 3 4"},
    {"CN proposes a 1; KZ proposes b 2; RU accepts b; CN accepts b; KZ accepts a",
     "a open without RU, b open without CN KZ; second-version CN 1 4; second-version KZ 5 2"},
    {"CN proposes a 1; KZ accepts a; RU accepts a; TJ proposes b 1", "a in-force, b superseded"},
    {"TJ proposes a 1; CN proposes b 2; KZ accepts b; RU accepts b", "a superseded, b in-force"},
    // RU left: the version before needs it, the next does not. What RU says to the old one then harms the old one only.
    {"CN proposes a 1; KZ accepts a; RU accepts a; CN proposes b 2 for CN,KZ; KZ accepts b; RU objects to a",
     "a dead by 6, b in-force; contradiction RU 3 6"},
    // Required lists without a common Party: neither holds.
    {"CN proposes a 1 for CN; KZ proposes b 1 for KZ", "a open, b open"},
};

TEST(JointActTable, HoldsInEveryRow) {
  for (const auto& row : kRows) EXPECT_EQ(Story(row.story).outcome(), row.outcome) << row.story;
}

TEST(SubjectState, NamesTheConflictingVersions) {
  const Story story("CN proposes a 1; KZ proposes b 1; RU proposes c 2");
  EXPECT_EQ(subject_state(kSubject, story.set()).conflicting.size(), 3u);
  const Story one("CN proposes a 1; KZ counters a with b 2");
  EXPECT_THAT(subject_state(kSubject, one.set()).conflicting, IsEmpty()) << "a single open version has no rival";
}

TEST(SubjectState, KeepsSubjectsAgreementsAndExercisesApart) {
  const Story story("CN proposes a 1; KZ accepts a; RU accepts a");
  for (const auto& other : {Subject{"sco-2009", "agenda/2027-1", false}, Subject{"cn-ru-2015", kSubject.code, false},
                            Subject{"sco-2009", kSubject.code, true}}) {
    EXPECT_EQ(subject_state(other, story.set()), SubjectState{});
    auto set = story.set();
    set.back().subject = other;
    EXPECT_EQ(subject_state(kSubject, set).versions.front().missing, std::vector<std::string>{"RU"});
  }
}

TEST(SubjectState, ListsAcceptedAndMissingPartiesOfARequiredList) {
  const Story story("CN proposes a 1; TJ accepts a; RU accepts a");
  const auto state = subject_state(kSubject, story.set());
  const auto& version = state.versions.front();
  EXPECT_THAT(version.accepted, ElementsAre("CN", "RU"));
  EXPECT_THAT(version.missing, ElementsAre("KZ"));
  EXPECT_EQ(version.required, kParties);
  EXPECT_EQ(version.lapse, kLapse);
  EXPECT_EQ(state.find(version.digest), &version);
  EXPECT_EQ(state.find(digest_of("no version")), nullptr);
}

TEST(Lapsed, IsShownOfAnOpenVersionOnlyAndAfterTheLapse) {
  const auto first = [](std::string_view text) { return subject_state(kSubject, Story(text).set()).versions.front(); };
  const auto open = first("CN proposes a 1");
  EXPECT_FALSE(lapsed(open, kLapse));
  EXPECT_TRUE(lapsed(open, kLapse + Duration{1}));
  EXPECT_FALSE(lapsed(first("CN proposes a 1; KZ accepts a; RU accepts a"), kLapse + Duration{1}));
  EXPECT_FALSE(lapsed(first("CN proposes a 1; KZ objects to a"), kLapse + Duration{1}));
  EXPECT_FALSE(lapsed(first("CN proposes a 1 for CN; KZ proposes b 1 for KZ"), kLapse + Duration{1})) << "none missing";
}

TEST(Conclusive, IsAllEvidenceButThatOfASecondVersion) {
  EXPECT_TRUE(conclusive(EvidenceKind::contradiction));
  EXPECT_TRUE(conclusive(EvidenceKind::kills_nothing));
  EXPECT_TRUE(conclusive(EvidenceKind::misnumbered));
  EXPECT_FALSE(conclusive(EvidenceKind::second_version));
}

// Who keeps the rule.
Licence accept(const Story& story, const std::string& party, const std::string& version, Instant created = kMorning) {
  return may_accept(kSubject, story.set(), party, story.version(version), created);
}

TEST(MayAccept, IsGivenForAnOpenVersionUntilItsLapse) {
  const Story story("CN proposes a 1");
  EXPECT_TRUE(accept(story, "KZ", "a", kLapse).given);
  EXPECT_FALSE(accept(story, "KZ", "a", kLapse).killed_by.has_value());
  EXPECT_FALSE(accept(story, "KZ", "a", kLapse + Duration{1}).given);
  EXPECT_FALSE(accept(Story("unseen CN proposes a 1; KZ proposes b 1"), "KZ", "a").given);
  EXPECT_FALSE(accept(Story("CN proposes a 1; RU objects to a"), "KZ", "a").given) << "dead";
  EXPECT_FALSE(accept(Story("CN proposes a 1; TJ objects to a"), "TJ", "a").given) << "it turned it down";
  EXPECT_FALSE(accept(Story("TJ proposes a 1; CN proposes b 2; KZ accepts b; RU accepts b"), "TJ", "a").given);
}

TEST(MayAccept, NamesWhatKilledTheVersionBefore) {
  const Story story(
      "CN proposes a 1; KZ proposes b 2; RU objects to a; RU proposes c 3; CN accepts b naming 3; "
      "KZ counters c with d 4; RU objects to b");
  const auto licence = accept(story, "CN", "d");
  EXPECT_TRUE(licence.given);
  EXPECT_EQ(licence.killed_by, story.id(7)) << "the last it accepted, not the first";
}

TEST(MayAccept, IsNotGivenWhileAnotherVersionHoldsTheParty) {
  const Story story("CN proposes a 1; KZ proposes b 2; KZ accepts a");
  const auto licence = accept(story, "CN", "b");
  EXPECT_FALSE(licence.given);
  EXPECT_THAT(licence.bound_to, ElementsAre(story.version("a")));
  EXPECT_TRUE(accept(story, "RU", "b").given);
}

TEST(MayAccept, GoesOnFromACompleteVersionToAHigherNumberOnly) {
  const Story story("CN proposes a 2; KZ accepts a; RU accepts a; TJ proposes b 3; TJ proposes c 2");
  EXPECT_TRUE(accept(story, "CN", "b").given);
  EXPECT_FALSE(accept(story, "CN", "b").killed_by.has_value());
  EXPECT_FALSE(accept(story, "CN", "c").given);
}

TEST(MayPropose, FollowsTheSameRule) {
  const auto propose = [](std::string_view story, const char* party, std::uint32_t number) {
    return may_propose(kSubject, Story(story).set(), party, number).given;
  };
  EXPECT_FALSE(propose("CN proposes a 1", "CN", 2));
  EXPECT_TRUE(propose("CN proposes a 1", "KZ", 1));
  EXPECT_TRUE(propose("CN proposes a 1; KZ objects to a", "CN", 2));
  EXPECT_TRUE(propose("CN proposes a 1; KZ accepts a; RU accepts a", "CN", 2));
  EXPECT_FALSE(propose("CN proposes a 1; KZ accepts a; RU accepts a", "TJ", 1)) << "it could never come into force";
}

TEST(MayPropose, NothingAfterTheLastNumberOnceItIsInForce) {
  const auto may = [](std::string_view told, std::uint32_t number) {
    return may_propose(kSubject, Story(told).set(), "CN", number).given;
  };
  const std::string in_force = "CN proposes a 4294967295; KZ accepts a; RU accepts a";
  for (const auto number : {0u, 1u, 4294967295u}) EXPECT_FALSE(may(in_force, number)) << number;
  EXPECT_EQ(Story(in_force).outcome(), "a in-force");
  EXPECT_TRUE(may("RU proposes a 4294967295", 1u)) << "who proposes the last number alone bars nobody";
}

TEST(MayTurnDown, IsForWhoHasNotAcceptedIt) {
  const Story story("CN proposes a 1; KZ accepts a; RU accepts a late; TJ objects to a");
  const auto may = [&](const char* party) { return may_turn_down(kSubject, story.set(), party, story.version("a")); };
  EXPECT_FALSE(may("CN"));
  EXPECT_FALSE(may("KZ"));
  EXPECT_FALSE(may("RU"));
  EXPECT_TRUE(may("TJ"));
  EXPECT_TRUE(may("KG"));
  EXPECT_FALSE(may_turn_down(kSubject, story.set(), "KG", digest_of("no version")));
}

TEST(RequiredDifference, SaysWhoIsLeftOutAndWhoIsAdded) {
  JointStatement proposal;
  proposal.required = kParties;
  EXPECT_TRUE(required_difference(proposal, {"RU", "CN", "KZ"}).none()) << "in whatever order the data have them";
  const auto difference = required_difference(proposal, {"TJ", "RU", "CN"});
  EXPECT_THAT(difference.left_out, ElementsAre("TJ"));
  EXPECT_THAT(difference.added, ElementsAre("KZ"));
  EXPECT_FALSE(required_difference(proposal, {"CN", "KZ", "RU", "TJ"}).none());
  EXPECT_FALSE(required_difference(proposal, {"CN", "KZ"}).none());
}

// Statements of messages.
const std::string kVersionDigest = to_string(digest_of("version 1"));
const std::string kKilling = to_string(id_of(sample_notice()));

Message joint_message(const char* kind) {
  auto m = sample_notice();
  m.kind = kind;
  m.directions.clear();
  m.threats.clear();
  m.facts = {{"subject", "crypto-policy/sco-2009"}, {"version", "2"}};
  const std::string name = kind;
  if (name != "proposal") m.facts.push_back({"digest", kVersionDigest});
  if (name == "acceptance") m.facts.push_back({"killed-by", kKilling});
  if (name == "proposal" || name == "counter") {
    m.facts.push_back({"lapse", "2026-12-01T00:00:00.000Z"});
    m.facts.push_back({"required", "CN KZ RU"});
  }
  std::sort(m.facts.begin(), m.facts.end());
  return m;
}

std::optional<std::string> party_of(const std::string& authority, Instant at) {
  if (authority == "ru-example" && at == sample_notice().created) return "RU";
  return std::nullopt;
}

Result<JointStatement> read(const Message& m) {
  EXPECT_TRUE(Message::parse(m.to_text()).has_value()) << "a message that cannot arrive proves nothing";
  return joint_statement({id_of(m), statement_digest(m.to_text()), m}, party_of);
}

Message with(Message m, const std::string& name, const std::string& value) {
  for (auto& fact : m.facts)
    if (fact.name == name) fact.value = value;
  return m;
}

Message without(Message m, const std::string& name) {
  std::erase_if(m.facts, [&](const Fact& f) { return f.name == name; });
  return m;
}

void expect_unreadable(const Message& m) {
  const auto read_back = read(m);
  ASSERT_FALSE(read_back.has_value()) << m.to_text();
  EXPECT_EQ(read_back.error().code, Errc::malformed) << m.to_text();
}

TEST(JointStatement, ReadsAProposal) {
  auto m = joint_message("proposal");
  m.exercise = true;
  const auto s = read(m).value();
  JointStatement expected;
  expected.id = id_of(m);
  expected.digest = statement_digest(m.to_text());
  expected.author = "ru-example";
  expected.party = "RU";
  expected.created = m.created;
  expected.kind = JointKind::proposal;
  expected.subject = {"sco-2009", "crypto-policy/sco-2009", true};
  expected.number = 2;
  expected.required = kParties;
  expected.lapse = parse_instant("2026-12-01T00:00:00.000Z").value();
  EXPECT_EQ(s, expected);
}

TEST(JointStatement, ReadsWhatTheOtherKindsAnswer) {
  const auto counter = read(joint_message("counter")).value();
  EXPECT_EQ(counter.kind, JointKind::counter);
  EXPECT_EQ(counter.required, kParties);
  EXPECT_EQ(counter.answers, digest_of("version 1"));
  const auto acceptance = read(joint_message("acceptance")).value();
  EXPECT_EQ(acceptance.kind, JointKind::acceptance);
  EXPECT_EQ(acceptance.answers, digest_of("version 1"));
  EXPECT_EQ(acceptance.killed_by, id_of(sample_notice()));
  const auto objection = read(joint_message("objection")).value();
  EXPECT_EQ(objection.kind, JointKind::objection);
  EXPECT_EQ(objection.answers, digest_of("version 1"));
}

TEST(JointStatement, WantsEveryFactOnceAndNoOther) {
  for (const auto* kind : {"proposal", "counter", "acceptance", "objection"}) {
    const auto whole = joint_message(kind);
    EXPECT_TRUE(read(whole).has_value()) << kind;
    for (const auto& fact : whole.facts) {
      const bool optional = fact.name == "killed-by";
      EXPECT_EQ(read(without(whole, fact.name)).has_value(), optional) << kind << " without " << fact.name;
      auto twice = whole;
      twice.facts.push_back({fact.name, "z"});
      std::sort(twice.facts.begin(), twice.facts.end());
      expect_unreadable(twice);
    }
    auto more = whole;
    more.facts.insert(more.facts.begin(), {"a", "1"});
    expect_unreadable(more);
  }
  auto proposal = joint_message("proposal");
  proposal.facts.insert(proposal.facts.begin(), {"killed-by", kKilling});
  expect_unreadable(proposal);
}

TEST(JointStatement, RefusesValuesOutOfTheirGrammar) {
  const auto proposal = joint_message("proposal");
  for (const auto* subject : {"crypto-policy", "crypto-policy/", "/sco-2009", "crypto-policy//a", "Crypto/a", "2/a",
                              "crypto policy/a", "crypto-policy/-a"})
    expect_unreadable(with(proposal, "subject", subject));
  for (const auto* version : {"0", "01", "4294967296", "two", "1.0"})
    expect_unreadable(with(proposal, "version", version));
  for (const auto* required : {"KZ CN", "CN CN", "cn", "CN,KZ", "CHN"})
    expect_unreadable(with(proposal, "required", required));
  for (const auto* lapse : {"2026-12-01", "2026-12-01T00:00:00Z", "2026-11-21T18:30:00.000Z"})
    expect_unreadable(with(proposal, "lapse", lapse));
  EXPECT_TRUE(read(with(proposal, "lapse", "2026-11-21T18:30:00.001Z")).has_value()) << "just after created";
  const auto acceptance = joint_message("acceptance");
  for (const auto& digest : {kKilling, kVersionDigest + "0", std::string("sha512:") + kKilling})
    expect_unreadable(with(acceptance, "digest", digest));
  for (const auto& id : {kVersionDigest, kKilling.substr(1), std::string("1")})
    expect_unreadable(with(acceptance, "killed-by", id));
}

TEST(JointStatement, RefusesOtherKindsAndDefersAnUnknownParty) {
  expect_unreadable(sample_notice());
  auto other = joint_message("objection");
  other.originator = "kz-example";
  other.recipients = {"ru-example"};
  const auto unknown = read(other);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, Errc::not_found);
}

TEST(IsSubjectCode, HasAKindAndWhatItIsOf) {
  for (const auto* good : {"crypto-policy/sco-2009", "annex/sco-2009/2", "measure/2027-1"})
    EXPECT_TRUE(is_subject_code(good)) << good;
  EXPECT_FALSE(is_subject_code(""));
}

TEST(JointWords, AreTheWireAndTheReadersOwn) {
  for (const auto kind : {JointKind::proposal, JointKind::counter, JointKind::acceptance, JointKind::objection})
    EXPECT_EQ(parse_joint_kind(to_string(kind)).value(), kind);
  EXPECT_FALSE(parse_joint_kind("notice").has_value());
}

}  // namespace
}  // namespace chancery::core

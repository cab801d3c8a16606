// Joint acts against a naive twin, and the laws that make them safe: a function of the set, at most one version in
// force, and no blame on who keeps the rule.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "tests/property/core/joint_act_draw.h"

namespace chancery::core {
namespace {

template <class Range, class Test>
bool any(const Range& range, Test test) {
  return std::any_of(range.begin(), range.end(), test);
}

// Protocol section 9 and the page of joint_act.h as sentences about a set, each read anew every time it is asked:
// nothing is sorted, counted or remembered.
class Twin {
 public:
  using S = JointStatement;
  explicit Twin(const Statements& all) {
    for (const auto& s : all)
      if (s.subject == kJointSubject && !any(set_, [&](const S& o) { return o.digest == s.digest; })) set_.push_back(s);
  }

  [[nodiscard]] bool is_version(const S& s) const { return !s.required.empty(); }
  [[nodiscard]] bool answers(const S& s, const S& v) const {
    return is_version(v) && s.answers == v.digest && (is_version(s) || s.number == v.number);
  }
  [[nodiscard]] bool accepts(const S& s, const S& v) const {
    return (is_version(v) && s == v) || (s.kind == JointKind::acceptance && answers(s, v) && s.created <= v.lapse);
  }
  [[nodiscard]] bool late(const S& s, const S& v) const {
    return s.kind == JointKind::acceptance && answers(s, v) && s.created > v.lapse;
  }
  [[nodiscard]] bool turns_down(const S& s, const S& v) const {
    return (s.kind == JointKind::objection || s.kind == JointKind::counter) && answers(s, v);
  }
  [[nodiscard]] bool requires_party(const S& v, const std::string& party) const {
    return any(v.required, [&](const std::string& r) { return r == party; });
  }
  [[nodiscard]] bool kills(const S& s, const S& v) const {
    return (late(s, v) || turns_down(s, v)) && requires_party(v, s.party);
  }
  [[nodiscard]] bool dead(const S& v) const {
    return any(set_, [&](const S& s) { return kills(s, v); });
  }
  [[nodiscard]] bool complete(const S& v) const {
    return !any(v.required, [&](const std::string& party) {
      return !any(set_, [&](const S& s) { return s.party == party && accepts(s, v); });
    });
  }
  [[nodiscard]] bool waits(const S& s) const {
    return s.killed_by && !any(set_, [&](const S& k) {
             return k.id == *s.killed_by &&
                    (!k.answers || any(set_, [&](const S& v) { return is_version(v) && v.digest == *k.answers; }));
           });
  }
  [[nodiscard]] bool names_a_kill_of_another(const S& s, const S& v) const {
    return any(set_, [&](const S& k) {
      return k.id == *s.killed_by && any(set_, [&](const S& u) { return !(u == v) && kills(k, u); });
    });
  }
  // u is former to the acceptance s of v.
  [[nodiscard]] bool former(const S& u, const S& s, const S& v) const {
    if (!is_version(u) || u == v || u.number > v.number || (u.number == v.number && u.id > v.id)) return false;
    if (u.number < v.number && complete(u)) return false;
    return any(set_, [&](const S& o) { return o.party == s.party && accepts(o, u) && !waits(o); });
  }
  [[nodiscard]] bool contradicted(const S& s, const S& v) const {
    return any(set_, [&](const S& o) { return o.party == s.party && (late(o, v) || turns_down(o, v)); });
  }
  [[nodiscard]] bool is_second(const S& s, const S& v) const {
    return any(set_, [&](const S& u) { return is_against(u, s, v); });
  }
  [[nodiscard]] bool sound(const S& s, const S& v) const {
    return accepts(s, v) && !waits(s) && (!s.killed_by || names_a_kill_of_another(s, v)) && !contradicted(s, v);
  }
  [[nodiscard]] bool counts(const std::string& party, const S& v) const {
    return any(set_, [&](const S& s) { return s.party == party && sound(s, v) && !is_second(s, v); });
  }
  [[nodiscard]] bool agreed(const S& v) const {
    return is_version(v) && !dead(v) && !any(v.required, [&](const std::string& party) { return !counts(party, v); });
  }
  [[nodiscard]] bool in_force(const S& v) const {
    return agreed(v) && !any(set_, [&](const S& o) { return !(o == v) && agreed(o) && o.number >= v.number; });
  }

  [[nodiscard]] Version version(const S& v) const {
    Version out{v.digest, v.id, v.number, v.required, v.lapse, VersionState::open, {}, {}, {}};
    for (const auto& party : v.required) (counts(party, v) ? out.accepted : out.missing).push_back(party);
    for (const auto& s : set_)
      if (kills(s, v)) out.killed_by.push_back(s.id);
    std::sort(out.killed_by.begin(), out.killed_by.end());
    if (any(set_, [&](const S& o) { return in_force(o) && o.number >= v.number; }))
      out.state = VersionState::superseded;
    if (in_force(v)) out.state = VersionState::in_force;
    if (dead(v)) out.state = VersionState::dead;
    return out;
  }

  [[nodiscard]] std::set<Evidence> evidence() const {
    std::set<Evidence> out;
    const auto add = [&](EvidenceKind kind, const S& first, const S& second) {
      out.insert({kind, second.party, first.id, second.id});
    };
    for (const auto& v : set_)
      for (const auto& s : set_) {
        if (!is_version(v)) continue;
        if (!is_version(s) && s.answers == v.digest && s.number != v.number) add(EvidenceKind::misnumbered, v, s);
        for (const auto& o : set_) {
          if (o.party == s.party && is_first(s, v, &Twin::accepts) &&
              (is_first(o, v, &Twin::late) || is_first(o, v, &Twin::turns_down)))
            add(EvidenceKind::contradiction, s, o);
          if (o.party == s.party && is_first(s, v, &Twin::late) && is_first(o, v, &Twin::turns_down))
            add(EvidenceKind::contradiction, s, o);
          if (accepts(s, v) && !waits(s) && s.killed_by == o.id && !names_a_kill_of_another(s, v))
            add(EvidenceKind::kills_nothing, o, s);
          if (!sound(s, v)) continue;
          for (const auto& u : set_)
            if (is_first_against(u, s, v) && o.party == s.party && is_first(o, u, &Twin::accepts))
              add(EvidenceKind::second_version, o, s);
        }
      }
    return out;
  }
  // Nobody of its Party said the same of this version before.
  [[nodiscard]] bool is_first(const S& s, const S& v, bool (Twin::*says)(const S&, const S&) const) const {
    return (this->*says)(s, v) &&
           !any(set_, [&](const S& o) { return o.party == s.party && o.id < s.id && (this->*says)(o, v); });
  }
  [[nodiscard]] bool is_against(const S& u, const S& s, const S& v) const {
    return !dead(v) && former(u, s, v) && !(dead(u) && (s.killed_by || is_version(s)));
  }
  [[nodiscard]] bool is_first_against(const S& u, const S& s, const S& v) const {
    return is_against(u, s, v) && !any(set_, [&](const S& o) {
             return std::pair(o.number, o.id) < std::pair(u.number, u.id) && is_against(o, s, v);
           });
  }

  [[nodiscard]] SubjectState state() const {
    SubjectState out;
    std::set<Digest> versions;
    std::set<MessageId> statements;
    for (const auto& s : set_) {
      if (is_version(s)) out.versions.push_back(version(s));
      if (in_force(s)) out.in_force = s.digest;
      if (s.answers && !any(set_, [&](const S& v) { return is_version(v) && v.digest == *s.answers; }))
        versions.insert(*s.answers);
      if (s.killed_by && !any(set_, [&](const S& k) { return k.id == *s.killed_by; })) statements.insert(*s.killed_by);
    }
    std::sort(out.versions.begin(), out.versions.end(), [](const Version& a, const Version& b) {
      return a.number != b.number ? a.number < b.number : a.id < b.id;
    });
    for (const auto& v : out.versions)
      if (v.state == VersionState::open) out.conflicting.push_back(v.digest);
    if (out.conflicting.size() == 1) out.conflicting.clear();
    const auto all = evidence();
    out.evidence.assign(all.begin(), all.end());
    out.awaited_versions.assign(versions.begin(), versions.end());
    out.awaited_statements.assign(statements.begin(), statements.end());
    return out;
  }

 private:
  Statements set_;
};

SubjectState state_of(const Statements& all) { return subject_state(kJointSubject, all); }

std::vector<Evidence> conclusive_of(const SubjectState& state) {
  std::vector<Evidence> out;
  for (const auto& e : state.evidence)
    if (conclusive(e.kind)) out.push_back(e);
  return out;
}

// What it shows: who broke the rule how, and of which version. Which two statements show it may change with the set.
using Finding = std::tuple<EvidenceKind, std::string, Digest>;
std::set<Finding> findings_of(const SubjectState& state, const Statements& all) {
  std::set<Finding> out;
  for (const auto& e : conclusive_of(state)) {
    const auto second = std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.id == e.second; });
    RC_ASSERT(second != all.end());
    out.insert({e.kind, e.party, second->answers ? *second->answers : second->digest});
  }
  return out;
}

bool stays(VersionState state) { return state == VersionState::in_force || state == VersionState::superseded; }

RC_GTEST_PROP(JointAct, IsWhatTheNaiveTwinFinds, (std::uint64_t seed)) {
  Draw draw(seed);
  for (int i = 0; i < 10; ++i) {
    const auto all = any_statements(draw);
    RC_ASSERT(state_of(all) == Twin(all).state());
  }
  const auto lived = some_of(draw, history(draw, {"RU"}));
  RC_ASSERT(state_of(lived) == Twin(lived).state());
}

RC_GTEST_PROP(JointAct, IsAFunctionOfTheSet, (std::uint64_t seed)) {
  Draw draw(seed);
  for (int i = 0; i < 10; ++i) {
    const auto all = any_statements(draw);
    auto again = all;
    const auto repeated = some_of(draw, all);
    again.insert(again.end(), repeated.begin(), repeated.end());
    RC_ASSERT(state_of(shuffled(draw, again)) == state_of(all));
  }
}

// Receivers got different statements first. Once each has the rest they agree, and none takes back that a version is
// dead, or what it found conclusive.
RC_GTEST_PROP(JointAct, ConvergesAndNeverTakesBackDeathOrConclusiveEvidence, (std::uint64_t seed)) {
  Draw draw(seed);
  const auto all = any_statements(draw);
  const auto expected = state_of(all);
  const auto known = findings_of(expected, all);
  for (int i = 0; i < 10; ++i) {
    auto receiver = some_of(draw, all);
    const auto before = state_of(receiver);
    const auto rest = shuffled(draw, all);
    receiver.insert(receiver.end(), rest.begin(), rest.end());
    RC_ASSERT(state_of(receiver) == expected);
    for (const auto& v : before.versions)
      if (v.state == VersionState::dead) RC_ASSERT(expected.find(v.digest)->state == VersionState::dead);
    const auto said = findings_of(before, all);
    RC_ASSERT(std::includes(known.begin(), known.end(), said.begin(), said.end()));
  }
}

// Whoever signs what: no set shows two versions of one number agreed where the lists share a Party, and the version in
// force is the last agreed.
RC_GTEST_PROP(JointAct, NeverHasTwoVersionsOfOneNumberAgreed, (std::uint64_t seed)) {
  Draw draw(seed);
  for (int i = 0; i < 10; ++i) {
    auto all = any_statements(draw);
    for (auto& s : all)
      if (!s.required.empty() && s.required.front() != "CN") s.required.insert(s.required.begin(), "CN");
    const auto state = state_of(all);
    std::set<std::uint32_t> numbers;
    for (const auto& v : state.versions)
      if (v.state != VersionState::dead && v.missing.empty()) RC_ASSERT(numbers.insert(v.number).second);
    RC_ASSERT(state.in_force.has_value() == !numbers.empty());
    if (state.in_force) RC_ASSERT(state.find(*state.in_force)->number == *numbers.rbegin());
  }
}

// Honest Parties: whatever part of the statements anyone holds, what he sees in force stays so until a version of a
// higher number supersedes it. So two who hold different parts never act on rival versions.
RC_GTEST_PROP(JointAct, HasAtMostOneVersionInForceInAllViewsOfHonestParties, (std::uint64_t seed)) {
  Draw draw(seed);
  const auto all = history(draw, {});
  const auto full = state_of(all);
  for (int i = 0; i < 20; ++i) {
    const auto view = state_of(some_of(draw, all));
    if (!view.in_force) continue;
    const auto& in_the_end = *full.find(*view.in_force);
    RC_ASSERT(stays(in_the_end.state));
    RC_ASSERT(in_the_end.missing.empty());
  }
  std::set<std::uint32_t> numbers;
  for (const auto& v : full.versions)
    if (stays(v.state) && v.missing.empty()) RC_ASSERT(numbers.insert(v.number).second);
}

RC_GTEST_PROP(JointAct, CountsEveryAcceptanceOfHonestParties, (std::uint64_t seed)) {
  Draw draw(seed);
  const auto all = history(draw, {});
  const auto state = state_of(all);
  RC_ASSERT(state.evidence.empty());
  for (const auto& v : state.versions)
    if (v.state != VersionState::dead)
      for (const auto& s : all)
        if (s.digest == v.digest || (s.kind == JointKind::acceptance && s.answers == v.digest))
          RC_ASSERT(std::binary_search(v.accepted.begin(), v.accepted.end(), s.party));
}

// Whatever the others sign, the full set shows nothing against who kept the rule; and no part of it ever shows anything
// conclusive.
RC_GTEST_PROP(JointAct, BlamesNobodyWhoKeepsTheRule, (std::uint64_t seed)) {
  Draw draw(seed);
  const std::set<std::string> dishonest = draw.coin() ? std::set<std::string>{"RU"} : std::set<std::string>{"KZ", "RU"};
  const auto all = history(draw, dishonest);
  for (const auto& e : state_of(all).evidence) RC_ASSERT(dishonest.contains(e.party));
  for (int i = 0; i < 10; ++i)
    for (const auto& e : conclusive_of(state_of(some_of(draw, all)))) RC_ASSERT(dishonest.contains(e.party));
}

// However much it signs against itself.
TEST(JointActEvidence, GrowsNoFasterThanWhatIsSigned) {
  constexpr std::size_t kMany = 40;
  Draw draw(1);
  Statements all;
  const auto sign = [&](JointStatement s) {
    s.party = "RU";
    s.subject = kJointSubject;
    s.created = Instant{static_cast<std::int64_t>(1000 + all.size())};
    identify(draw, s);
    all.push_back(s);
    return s;
  };
  for (std::size_t i = 0; i < kMany; ++i) {
    JointStatement version;
    version.number = 1;
    version.lapse = Instant{1'000'000};
    version.required = {"CN", "RU"};
    version = sign(version);
    JointStatement answer;
    answer.number = 1;
    answer.answers = all.front().digest;
    answer.kind = JointKind::acceptance;
    sign(answer);
    answer.kind = JointKind::objection;
    sign(answer);
  }
  EXPECT_LE(state_of(all).evidence.size(), all.size());
}

// The draws above prove something only if they get everywhere.
TEST(JointActDraws, ReachEveryStateAndEvidence) {
  std::map<VersionState, int> drawn, lived;
  std::map<EvidenceKind, int> evidence;
  int conflicts = 0, awaited = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Draw draw(seed);
    const auto state = state_of(any_statements(draw));
    for (const auto& v : state.versions) ++drawn[v.state];
    for (const auto& e : state.evidence) ++evidence[e.kind];
    conflicts += state.conflicting.empty() ? 0 : 1;
    awaited += state.awaited_statements.empty() || state.awaited_versions.empty() ? 0 : 1;
    if (seed % 10 > 0) continue;
    for (const auto& v : state_of(history(draw, {})).versions) ++lived[v.state];
  }
  for (const auto state : {VersionState::open, VersionState::in_force, VersionState::superseded, VersionState::dead}) {
    EXPECT_GT(drawn[state], 20) << to_string(state);
    EXPECT_GT(lived[state], 20) << to_string(state);
  }
  for (const auto kind : {EvidenceKind::contradiction, EvidenceKind::kills_nothing, EvidenceKind::misnumbered,
                          EvidenceKind::second_version})
    EXPECT_GT(evidence[kind], 20) << to_string(kind);
  EXPECT_GT(conflicts, 20);
  EXPECT_GT(awaited, 20);
}

}  // namespace
}  // namespace chancery::core

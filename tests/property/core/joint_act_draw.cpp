#include "tests/property/core/joint_act_draw.h"

#include <algorithm>
#include <map>

namespace chancery::core {

namespace {

JointStatement blank(const std::string& party, JointKind kind) {
  JointStatement s;
  s.party = party;
  s.kind = kind;
  s.subject = kJointSubject;
  return s;
}

std::vector<std::string> required(Draw& draw) {
  if (draw.below(4) > 0) return kJointParties;
  auto some = draw.some_of(kJointParties);
  return some.empty() ? std::vector<std::string>{"CN"} : some;
}

JointStatement any_version(Draw& draw, const Statements& before) {
  auto s = blank(draw.one_of(kJointParties), draw.below(3) > 0 ? JointKind::proposal : JointKind::counter);
  s.number = static_cast<std::uint32_t>(1 + draw.below(3));
  s.created = {static_cast<std::int64_t>(1 + draw.below(9))};
  s.lapse = s.created + Duration{static_cast<std::int64_t>(1 + draw.below(9))};
  s.required = required(draw);
  if (s.kind == JointKind::counter) s.answers = before.empty() ? draw.digest() : draw.one_of(before).digest;
  return s;
}

JointStatement any_answer(Draw& draw, const Statements& versions) {
  auto s = blank(draw.one_of(std::vector<std::string>{"CN", "KZ", "RU", "TJ"}),
                 draw.below(5) > 0 ? JointKind::acceptance : JointKind::objection);
  const auto& version = draw.one_of(versions);
  s.created = {static_cast<std::int64_t>(1 + draw.below(14))};
  s.answers = draw.below(20) > 0 ? version.digest : draw.digest();
  s.number = draw.below(20) > 0 ? version.number : 4;
  if (draw.below(20) == 0) s.subject.exercise = true;
  return s;
}

void name_something(Draw& draw, JointStatement& s, const Statements& all) {
  if (s.kind != JointKind::acceptance || draw.below(3) > 0) return;
  std::vector<MessageId> ids;
  for (const auto& other : all)
    if (other.kind == JointKind::objection || draw.below(3) == 0) ids.push_back(other.id);
  s.killed_by = ids.empty() || draw.below(10) == 0 ? draw.id() : draw.one_of(ids);
}

// One run of a history.
class Parties {
 public:
  Parties(Draw& draw, const std::set<std::string>& dishonest) : draw_(draw), dishonest_(dishonest) {}

  Statements run(std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
      now_ = now_ + Duration{static_cast<std::int64_t>(1 + draw_.below(2))};
      const auto party = draw_.one_of(kJointParties);
      if (draw_.below(3) > 0) receive(party);
      if (draw_.coin()) act(party);
    }
    return all_;
  }

 private:
  void receive(const std::string& party) {
    auto& view = views_[party];
    Statements unseen;
    for (const auto& s : all_)
      if (std::find(view.begin(), view.end(), s) == view.end()) unseen.push_back(s);
    if (!unseen.empty()) view.push_back(draw_.one_of(unseen));
  }

  void act(const std::string& party) {
    const auto versions = unanswered(party);
    const auto choice = draw_.below(20);
    if (versions.empty() ? draw_.below(4) == 0 : choice == 0) return propose(party, nullptr);
    if (versions.empty()) return;
    const auto& version = draw_.one_of(versions);
    if (choice == 1) return propose(party, &version);
    if (choice == 2) return object(party, version);
    accept(party, version);
  }

  void accept(const std::string& party, const JointStatement& version) {
    auto s = blank(party, JointKind::acceptance);
    s.created = now_;
    const auto licence = may_accept(kJointSubject, views_[party], party, version.digest, s.created);
    if (!licence.given && !dishonest_.contains(party)) return;
    s.number = version.number;
    s.answers = version.digest;
    s.killed_by = licence.killed_by;
    sign(s);
  }

  void propose(const std::string& party, const JointStatement* against) {
    auto s = blank(party, against == nullptr ? JointKind::proposal : JointKind::counter);
    s.created = now_;
    s.number = number(party);
    s.lapse = now_ + Duration{static_cast<std::int64_t>(20 + draw_.below(200))};
    s.required = kJointParties;
    if (against != nullptr) s.answers = against->digest;
    const bool may = may_propose(kJointSubject, views_[party], party, s.number).given &&
                     (against == nullptr || may_turn_down(kJointSubject, views_[party], party, against->digest));
    if (may || dishonest_.contains(party)) sign(s);
  }

  // The next one as a rule, sometimes one that was used.
  std::uint32_t number(const std::string& party) {
    std::uint32_t highest = 0;
    for (const auto& s : views_[party]) highest = std::max(highest, s.number);
    return draw_.below(4) > 0 ? highest + 1 : std::max(highest, 1u);
  }

  void object(const std::string& party, const JointStatement& version) {
    auto s = blank(party, JointKind::objection);
    s.created = now_;
    s.number = version.number;
    s.answers = version.digest;
    if (may_turn_down(kJointSubject, views_[party], party, version.digest) || dishonest_.contains(party)) sign(s);
  }

  void sign(JointStatement s) {
    identify(draw_, s);
    all_.push_back(s);
    views_[s.party].push_back(s);
  }

  // Whoever is dishonest also answers twice.
  Statements unanswered(const std::string& party) {
    const auto& view = views_[party];
    Statements all;
    for (const auto& v : view) {
      const bool answered = std::any_of(view.begin(), view.end(), [&](const JointStatement& s) {
        return s.party == party && (s.digest == v.digest || s.answers == v.digest);
      });
      if (!v.required.empty() && (!answered || dishonest_.contains(party))) all.push_back(v);
    }
    return all;
  }

  Draw& draw_;
  const std::set<std::string>& dishonest_;
  Instant now_{0};
  Statements all_;
  std::map<std::string, Statements> views_;
};

}  // namespace

void identify(Draw& draw, JointStatement& statement) {
  statement.digest = draw.digest();
  statement.id = {};
  statement.id.value[4] = static_cast<std::uint8_t>(statement.created.ms >> 8);
  statement.id.value[5] = static_cast<std::uint8_t>(statement.created.ms);
  std::copy_n(statement.digest.value.begin(), 26, statement.id.value.begin() + 6);
}

Statements any_statements(Draw& draw) {
  Statements versions;
  for (auto n = 1 + draw.below(4); n > 0; --n) {
    versions.push_back(any_version(draw, versions));
    identify(draw, versions.back());
  }
  auto all = versions;
  for (auto n = draw.below(14); n > 0; --n) {
    all.push_back(any_answer(draw, versions));
    identify(draw, all.back());
  }
  for (auto& s : all) name_something(draw, s, all);
  return all;
}

Statements history(Draw& draw, const std::set<std::string>& dishonest) { return Parties(draw, dishonest).run(250); }

Statements some_of(Draw& draw, const Statements& all) {
  const auto kept = 1 + draw.below(8);
  Statements some;
  for (const auto& s : all)
    if (draw.below(8) < kept) some.push_back(s);
  return some;
}

Statements shuffled(Draw& draw, Statements all) {
  for (auto n = all.size(); n > 1; --n) std::swap(all[n - 1], all[draw.below(n)]);
  return all;
}

}  // namespace chancery::core

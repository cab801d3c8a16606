#include "daemon/core/joint_act.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <tuple>

#include "daemon/core/authority.h"
#include "daemon/core/kind.h"

namespace chancery::core {

namespace {

constexpr std::string_view kSuites = "suites";
constexpr std::array kOptional = {kKilledByFact, kSuites, kReissueFact};

bool opens_version(const JointStatement& s) { return s.kind == JointKind::proposal || s.kind == JointKind::counter; }

bool is_among(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

template <class T>
std::vector<T> listed(const std::set<T>& set) {
  return {set.begin(), set.end()};
}

// Reads the facts of one kind.
class Facts {
 public:
  Facts(const Message& message, const MessageKind& kind) : message_(message), kind_(kind) {}

  [[nodiscard]] bool has(std::string_view name) const { return count(name) > 0; }

  [[nodiscard]] Result<void> check() const {
    for (const auto& fact : message_.facts)
      if (!may_state(kind_, fact.name)) return fail(Errc::malformed, "fact " + fact.name + ": not of this kind");
    for (const auto name : split(kind_.facts, ' ')) {
      const auto times = count(name);
      if (times > 1 || (times == 0 && std::find(kOptional.begin(), kOptional.end(), name) == kOptional.end()))
        return fail(Errc::malformed, "fact " + std::string(name) + ": not exactly once");
    }
    return {};
  }

  [[nodiscard]] std::string_view text(std::string_view name) const {
    for (const auto& fact : message_.facts)
      if (fact.name == name) return fact.value;
    return {};
  }

  template <class T>
  Result<T> value(std::string_view name, Result<T> (*parse)(std::string_view)) const {
    auto result = parse(text(name));
    if (!result) return fail(Errc::malformed, "fact " + std::string(name) + ": " + result.error().detail);
    return result;
  }
  template <class T>
  Result<std::optional<T>> optional_value(std::string_view name, Result<T> (*parse)(std::string_view)) const {
    if (!has(name)) return std::optional<T>();
    return std::optional<T>(TRY(value(name, parse)));
  }

 private:
  [[nodiscard]] std::ptrdiff_t count(std::string_view name) const {
    return std::count_if(message_.facts.begin(), message_.facts.end(), [&](const Fact& f) { return f.name == name; });
  }

  const Message& message_;
  const MessageKind& kind_;
};

Result<std::string> parse_subject_code(std::string_view text) {
  if (!is_subject_code(text)) return fail(Errc::malformed, "not `<kind>/<what>`");
  return std::string(text);
}

Result<std::vector<std::string>> parse_required(std::string_view text) {
  std::vector<std::string> parties;
  for (const auto party : split(text, ' ')) parties.emplace_back(party);
  if (!std::all_of(parties.begin(), parties.end(), is_party_code) || !strictly_ascending(parties))
    return fail(Errc::malformed, "not Parties, sorted, each once");
  return parties;
}

Result<std::vector<std::string>> parse_suites(std::string_view text) {
  std::vector<std::string> suites;
  for (const auto suite : split(text, ' ')) suites.emplace_back(suite);
  if (!std::all_of(suites.begin(), suites.end(), is_code) || !strictly_ascending(suites))
    return fail(Errc::malformed, "not suites, sorted, each once");
  return suites;
}

// What a Party did to a version.
enum class Voice { accepts, comes_late, turns_down };

Voice voice_of(const JointStatement& answer, const JointStatement& version) {
  if (answer.kind != JointKind::acceptance) return Voice::turns_down;
  return answer.created > version.lapse ? Voice::comes_late : Voice::accepts;
}

struct Said {
  const JointStatement* statement;
  Voice voice;
};

// The one signed first; null when there is none.
const JointStatement* first(const std::vector<Said>& all, Voice voice) {
  const JointStatement* out = nullptr;
  for (const auto& one : all)
    if (one.voice == voice && (out == nullptr || one.statement->id < out->id)) out = one.statement;
  return out;
}

// One version and what each Party said to it.
struct Ballot {
  const JointStatement* opening;
  std::map<std::string, std::vector<Said>> said = {};
  std::map<std::string, std::set<Voice>> voices = {};
  std::set<MessageId> killed_by = {};
  bool complete = false;  // once everybody is heard

  [[nodiscard]] bool dead() const { return !killed_by.empty(); }
  [[nodiscard]] std::uint32_t number() const { return opening->number; }
  // Ids begin with the time, so of two versions with one number the one proposed first goes first.
  [[nodiscard]] std::pair<std::uint32_t, MessageId> order() const { return {opening->number, opening->id}; }

  void hear(const JointStatement& statement, Voice voice) {
    said[statement.party].push_back({&statement, voice});
    voices[statement.party].insert(voice);
    if (voice != Voice::accepts && is_among(opening->required, statement.party)) killed_by.insert(statement.id);
  }
  [[nodiscard]] bool heard(const std::string& party, Voice voice) const {
    const auto found = voices.find(party);
    return found != voices.end() && found->second.contains(voice);
  }
  [[nodiscard]] bool accepted(const std::string& party) const { return heard(party, Voice::accepts); }
  [[nodiscard]] bool refused(const std::string& party) const {
    return heard(party, Voice::comes_late) || heard(party, Voice::turns_down);
  }
  void close() {
    complete = std::all_of(opening->required.begin(), opening->required.end(),
                           [&](const std::string& party) { return accepted(party); });
  }
  // Whether it lets a Party that accepted it go on to this number without having died.
  [[nodiscard]] bool succeeded_by(std::uint32_t other) const { return number() < other && complete; }
};

// The set, sorted by what its statements are about.
class Ledger {
 public:
  Ledger(const Subject& subject, const std::vector<JointStatement>& statements) {
    std::map<Digest, const JointStatement*> held;  // each once
    for (const auto& s : statements)
      if (s.subject == subject) held.emplace(s.digest, &s);
    for (const auto& [digest, s] : held) open(*s);
    for (const auto& [digest, s] : held) answer(*s);
    for (auto& [digest, ballot] : ballots_) close(ballot);
    for (auto& [party, all] : accepted_by_)
      std::sort(all.begin(), all.end(), [](const Ballot* a, const Ballot* b) { return a->order() < b->order(); });
  }

  SubjectState state() {
    SubjectState out;
    for (const auto& [digest, ballot] : ballots_) {
      note_contradictions(ballot);
      out.versions.push_back(judged(ballot));
    }
    std::sort(out.versions.begin(), out.versions.end(),
              [](const Version& a, const Version& b) { return std::tie(a.number, a.id) < std::tie(b.number, b.id); });
    out.evidence = listed(evidence_);
    out.awaited_versions = listed(awaited_versions_);
    std::erase_if(named_, [&](const MessageId& id) { return by_id_.contains(id); });
    out.awaited_statements = listed(named_);
    return out;
  }

  [[nodiscard]] const Ballot* find(const Digest& version) const {
    const auto found = ballots_.find(version);
    return found == ballots_.end() ? nullptr : &found->second;
  }

  // Every other version the Party accepted. Null: it looks at none yet.
  [[nodiscard]] std::vector<const Ballot*> others(const std::string& party, const Ballot* than) const {
    std::vector<const Ballot*> all;
    for (const auto& [digest, ballot] : ballots_)
      if (&ballot != than && ballot.accepted(party)) all.push_back(&ballot);
    return all;
  }

 private:
  void open(const JointStatement& s) {
    by_id_.emplace(s.id, &s);
    if (s.killed_by) named_.insert(*s.killed_by);
    if (opens_version(s)) ballots_.emplace(s.digest, Ballot{&s}).first->second.hear(s, Voice::accepts);
  }

  void answer(const JointStatement& s) {
    if (!s.answers) return;
    const auto found = ballots_.find(*s.answers);
    if (found == ballots_.end()) {
      awaited_versions_.insert(*s.answers);
      return;
    }
    auto& ballot = found->second;
    if (!opens_version(s) && s.number != ballot.number())
      evidence_.insert({EvidenceKind::misnumbered, s.party, ballot.opening->id, s.id});
    else
      ballot.hear(s, voice_of(s, *ballot.opening));
  }

  void close(Ballot& ballot) {
    ballot.close();
    for (const auto& [party, all] : ballot.said)
      if (std::any_of(all.begin(), all.end(),
                      [&](const Said& s) { return s.voice == Voice::accepts && !waits(*s.statement); }))
        accepted_by_[party].push_back(&ballot);
  }

  // The first of each of its voices is enough: who signs on against itself does not make the evidence grow.
  void note_contradictions(const Ballot& ballot) {
    static constexpr Voice kVoices[] = {Voice::accepts, Voice::comes_late, Voice::turns_down};
    for (const auto& [party, all] : ballot.said)
      for (const auto a : kVoices)
        for (const auto b : kVoices) {
          const auto* one = a < b ? first(all, a) : nullptr;
          const auto* other = one == nullptr ? nullptr : first(all, b);
          if (other != nullptr) evidence_.insert({EvidenceKind::contradiction, party, one->id, other->id});
        }
  }

  Version judged(const Ballot& ballot) {
    const auto& opening = *ballot.opening;
    Version out{opening.digest,          opening.id, opening.number, opening.required, opening.lapse, {}, {}, {},
                listed(ballot.killed_by)};
    std::set<std::string> counted;
    for (const auto& [party, all] : ballot.said)
      for (const auto& said : all)
        if (said.voice == Voice::accepts && counts(*said.statement, ballot)) counted.insert(party);
    for (const auto& party : opening.required) (counted.contains(party) ? out.accepted : out.missing).push_back(party);
    if (ballot.dead()) out.state = VersionState::dead;
    return out;
  }

  // An acceptance of a dead version is of no use, so nobody asks by what right it was given.
  bool counts(const JointStatement& acceptance, const Ballot& of) {
    if (waits(acceptance) || !names_what_kills(acceptance, of) || of.refused(acceptance.party)) return false;
    return of.dead() || is_only_one(acceptance, of);
  }

  [[nodiscard]] const JointStatement* named_by(const JointStatement& acceptance) const {
    const auto named = by_id_.find(*acceptance.killed_by);
    return named == by_id_.end() ? nullptr : named->second;
  }

  // Whether it does not show yet what the statement kills that it names.
  [[nodiscard]] bool waits(const JointStatement& acceptance) const {
    if (!acceptance.killed_by) return false;
    const auto* named = named_by(acceptance);
    return named == nullptr || (named->answers && find(*named->answers) == nullptr);
  }

  // Of one that does not wait.
  bool names_what_kills(const JointStatement& acceptance, const Ballot& of) {
    if (!acceptance.killed_by) return true;
    const auto& named = *named_by(acceptance);
    const auto* killed = named.answers ? find(*named.answers) : nullptr;
    if (killed != nullptr && killed != &of && killed->killed_by.contains(named.id)) return true;
    evidence_.insert({EvidenceKind::kills_nothing, acceptance.party, named.id, acceptance.id});
    return false;
  }

  // The first version that speaks against it is enough as evidence.
  bool is_only_one(const JointStatement& acceptance, const Ballot& of) {
    const bool named = acceptance.killed_by || opens_version(acceptance);
    const auto mine = accepted_by_.find(acceptance.party);
    if (mine == accepted_by_.end()) return true;
    for (const auto* former : mine->second) {
      if (of.order() < former->order()) break;
      if (former == &of || former->succeeded_by(of.number()) || (former->dead() && named)) continue;
      const auto& said = former->said.at(acceptance.party);
      evidence_.insert(
          {EvidenceKind::second_version, acceptance.party, first(said, Voice::accepts)->id, acceptance.id});
      return false;
    }
    return true;
  }

  std::map<MessageId, const JointStatement*> by_id_;
  std::map<Digest, Ballot> ballots_;
  // In their order; not those whose acceptance waits.
  std::map<std::string, std::vector<const Ballot*>> accepted_by_;
  std::set<Evidence> evidence_;
  std::set<Digest> awaited_versions_;
  std::set<MessageId> named_;  // as killing
};

// The versions every required Party agrees to.
std::vector<Version*> agreed(SubjectState& state) {
  std::vector<Version*> all;
  for (auto& v : state.versions)
    if (v.state != VersionState::dead && v.missing.empty()) all.push_back(&v);
  return all;
}

void settle(SubjectState& state) {
  const auto all = agreed(state);  // ascending number
  if (all.empty()) return;
  const auto& last = *all.back();
  // Only lists without a common Party can agree to two of one number. Then nothing tells which holds, and none does.
  if (all.size() > 1 && all[all.size() - 2]->number == last.number) return;
  state.in_force = last.digest;
  for (auto& v : state.versions)
    if (v.state != VersionState::dead && v.number <= last.number) v.state = VersionState::superseded;
  all.back()->state = VersionState::in_force;
}

void note_conflicts(SubjectState& state) {
  for (const auto& v : state.versions)
    if (v.state == VersionState::open) state.conflicting.push_back(v.digest);
  if (state.conflicting.size() < 2) state.conflicting.clear();
}

// Whether a Party bound by what it accepted may go on to this number, and what its acceptance names.
Licence licence(const std::vector<const Ballot*>& others, std::uint32_t number) {
  Licence out;
  std::uint32_t highest = 0;
  for (const auto* ballot : others) {
    if (!ballot->dead() && !ballot->succeeded_by(number)) out.bound_to.push_back(ballot->opening->digest);
    if (!ballot->dead() || ballot->number() < highest) continue;
    highest = ballot->number();
    out.killed_by = *ballot->killed_by.begin();
  }
  out.given = out.bound_to.empty();
  return out;
}

}  // namespace

const char* to_string(JointKind kind) {
  switch (kind) {
    case JointKind::proposal:
      return "proposal";
    case JointKind::counter:
      return "counter";
    case JointKind::acceptance:
      return "acceptance";
    case JointKind::objection:
      return "objection";
  }
  return "";
}

Result<JointKind> parse_joint_kind(std::string_view text) {
  static constexpr JointKind all[] = {JointKind::proposal, JointKind::counter, JointKind::acceptance,
                                      JointKind::objection};
  return parse_enumerator(text, all);
}

const char* to_string(VersionState state) {
  switch (state) {
    case VersionState::open:
      return "open";
    case VersionState::in_force:
      return "in-force";
    case VersionState::superseded:
      return "superseded";
    case VersionState::dead:
      return "dead";
  }
  return "";
}

const char* to_string(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::contradiction:
      return "contradiction";
    case EvidenceKind::kills_nothing:
      return "kills-nothing";
    case EvidenceKind::misnumbered:
      return "misnumbered";
    case EvidenceKind::second_version:
      return "second-version";
  }
  return "";
}

bool conclusive(EvidenceKind kind) { return kind != EvidenceKind::second_version; }

bool is_subject_code(std::string_view text) {
  const auto words = split(text, '/');
  const auto is_part = [](std::string_view word) { return is_code(word); };
  return words.size() > 1 && is_identifier(words.front()) && std::all_of(words.begin() + 1, words.end(), is_part);
}

Result<JointStatement> joint_statement(const SourceStatement& source, const PartyOf& party_of) {
  const auto& message = source.message;
  JointStatement s;
  s.kind = TRY(parse_joint_kind(message.kind));
  const Facts facts(message, *find_kind(message.kind));
  CHECK_OK(facts.check());
  s.id = source.id;
  s.digest = source.digest;
  s.author = message.originator;
  s.created = message.created;
  s.subject = {message.agreement, TRY(facts.value(kSubjectFact, parse_subject_code)), message.exercise};
  s.number = TRY(facts.value("version", parse_version));
  s.answers = TRY(facts.optional_value("digest", parse_digest));
  s.killed_by = TRY(facts.optional_value(kKilledByFact, parse_message_id));
  if (opens_version(s)) {
    s.required = TRY(facts.value("required", parse_required));
    s.lapse = TRY(facts.value("lapse", parse_time));
    if (auto suites = TRY(facts.optional_value(kSuites, parse_suites))) s.suites = std::move(*suites);
    if (s.lapse <= s.created) return fail(Errc::malformed, "fact lapse: not after created");
  }
  const auto party = party_of(s.author, s.created);
  if (!party) return fail(Errc::not_found, "no Party known of " + s.author);
  s.party = *party;
  return s;
}

RequiredDifference required_difference(const JointStatement& proposal, std::vector<std::string> parties) {
  std::sort(parties.begin(), parties.end());
  const auto& required = proposal.required;
  RequiredDifference out;
  std::set_difference(parties.begin(), parties.end(), required.begin(), required.end(),
                      std::back_inserter(out.left_out));
  std::set_difference(required.begin(), required.end(), parties.begin(), parties.end(), std::back_inserter(out.added));
  return out;
}

bool lapsed(const Version& version, Instant now) {
  return version.state == VersionState::open && !version.missing.empty() && now > version.lapse;
}

const Version* SubjectState::find(const Digest& version) const {
  for (const auto& v : versions)
    if (v.digest == version) return &v;
  return nullptr;
}

SubjectState subject_state(const Subject& subject, const std::vector<JointStatement>& statements) {
  auto state = Ledger(subject, statements).state();
  settle(state);
  note_conflicts(state);
  return state;
}

Licence may_accept(const Subject& subject, const std::vector<JointStatement>& statements, const std::string& party,
                   const Digest& version, Instant created) {
  const auto state = subject_state(subject, statements);
  const auto* found = state.find(version);
  if (found == nullptr || found->state != VersionState::open || created > found->lapse) return {};
  const Ledger ledger(subject, statements);
  const auto& ballot = *ledger.find(version);
  if (ballot.refused(party)) return {};
  return licence(ledger.others(party, &ballot), ballot.number());
}

Licence may_propose(const Subject& subject, const std::vector<JointStatement>& statements, const std::string& party,
                    std::uint32_t number) {
  const auto state = subject_state(subject, statements);
  if (state.in_force && state.find(*state.in_force)->number >= number) return {};
  return licence(Ledger(subject, statements).others(party, nullptr), number);
}

bool may_turn_down(const Subject& subject, const std::vector<JointStatement>& statements, const std::string& party,
                   const Digest& version) {
  const Ledger ledger(subject, statements);
  const auto* ballot = ledger.find(version);
  return ballot != nullptr && !ballot->accepted(party) && !ballot->heard(party, Voice::comes_late);
}

}  // namespace chancery::core

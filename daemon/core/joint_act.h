// Joint acts (protocol section 9): a text is in force when every required Party has signed the same bytes. The state of
// a subject is a function of the set of statements held: neither order nor repetition nor a clock changes it, so who
// holds the same statements sees the same.
//
// A VERSION is one proposal or counter, known by the digest of its statement. Versions are in the order of their
// numbers; of two with one number the one with the smaller id, that is the one created first, goes first.
//
// A Party ACCEPTS a version by its own proposal or counter, or by an acceptance created at its lapse or before; COMES
// LATE by an acceptance created after; TURNS it DOWN by an objection or counter. Who does more than one of these to one
// version contradicts itself, and its acceptance of it is void. So an objection signed after an acceptance ends even a
// version in force: the set does not show which came first, and what is dead must never come back to life.
//
// DEAD: a required Party came late or turned it down. Silence kills nothing, however long after the lapse: an
// acceptance in time may be under way, and nobody can build on its absence.
//
// COMPLETE: every required Party accepted it, whether or not these acceptances count. Like death this only ever becomes
// true as statements arrive, so what a Party did on the strength of either stays right.
//
// An acceptance WAITS while what it names as `killed-by` (a message id), or the version that one answers, is not held.
// FORMER to an acceptance is every version earlier in the order that its Party accepted (by one that does not wait),
// save a complete one of a lower number. The acceptance COUNTS when there is none, or when all are dead and it names a
// statement that killed another version; proposals and counters cannot name one and need not. A set shows no order
// between acceptances: of two living versions the earlier one keeps its own.
//
// IN FORCE: of the living versions of which every required Party's acceptance counts, the one with the highest number.
// It supersedes the others up to that number. A Party goes on from a complete version to a higher number, naming
// nothing. Two versions of one number cannot get there unless their required lists have no Party in common; then none
// is in force.
#pragma once

#include <functional>

#include "daemon/core/provenance.h"

namespace chancery::core {

enum class JointKind { proposal, counter, acceptance, objection };
const char* to_string(JointKind kind);
Result<JointKind> parse_joint_kind(std::string_view text);

// What the versions are versions of. The same code under another agreement, or in an exercise, is another subject.
struct Subject {
  std::string agreement;
  std::string code;  // "crypto-policy/sco-2009"
  bool exercise = false;
  auto operator<=>(const Subject&) const = default;
};

bool is_subject_code(std::string_view text);  // <identifier>/<word of [a-z0-9.-]>, and more such words after slashes

struct JointStatement {
  MessageId id;
  Digest digest;       // of the statement
  std::string author;  // authority
  std::string party;   // the author's, when the statement was created
  Instant created;
  JointKind kind = JointKind::proposal;
  Subject subject;
  std::uint32_t number = 0;            // `version`; of a counter, its own
  std::optional<Digest> answers;       // `digest`: the version accepted, objected to or countered
  std::optional<MessageId> killed_by;  // acceptance only, when it needs one
  std::vector<std::string> required;   // of a proposal or counter: Parties, sorted
  Instant lapse;                       // of a proposal or counter: after `created`
  std::vector<std::string> suites;     // of a proposal or counter, where its subject has any: sorted
  bool operator==(const JointStatement&) const = default;
};

// The Party an authority belongs to at a time, as the directory has it.
using PartyOf = std::function<std::optional<std::string>(const std::string& authority, Instant at)>;

// Of a verified statement. Strict: every fact of its kind exactly once (`killed-by`, `suites`, `reissue-of` at most),
// nothing else. Malformed otherwise; not_found when its author's Party is not known, and the caller defers.
Result<JointStatement> joint_statement(const SourceStatement& source, const PartyOf& party_of);

// How the Parties a proposal or counter requires differ from those the receiver's data give for its date. The caller
// defers unless it is none.
struct RequiredDifference {
  std::vector<std::string> left_out;  // by the proposal
  std::vector<std::string> added;     // by the proposal
  [[nodiscard]] bool none() const { return left_out.empty() && added.empty(); }
};
RequiredDifference required_difference(const JointStatement& proposal, std::vector<std::string> parties);

enum class VersionState {
  open,
  in_force,
  superseded,  // alive, but one with this number or a higher one is in force
  dead,
};
const char* to_string(VersionState state);

struct Version {
  Digest digest;
  MessageId id;
  std::uint32_t number = 0;
  std::vector<std::string> required;
  Instant lapse;
  VersionState state = VersionState::open;
  std::vector<std::string> accepted;  // required Parties whose acceptance counts
  std::vector<std::string> missing;   // the other required ones
  std::vector<MessageId> killed_by;   // every statement that kills it
  bool operator==(const Version&) const = default;
};

// For display only: open, and a Party missing after the lapse. Nothing dies of it.
bool lapsed(const Version& version, Instant now);

enum class EvidenceKind {
  contradiction,   // accepted, came late to, or turned down: two of these to one version
  kills_nothing,   // named as killing a former version what kills none
  misnumbered,     // named a version by its digest and another number; without effect
  second_version,  // accepted a version while a former one lives, or did not name what killed it; void
};
const char* to_string(EvidenceKind kind);
// Whether nothing that may still arrive can clear it. A second version is cleared by what shows the former one dead or
// complete, so ask for what is missing before blaming.
bool conclusive(EvidenceKind kind);

// Two statements of which the second, or the Party that signed both, broke the rule.
struct Evidence {
  EvidenceKind kind = EvidenceKind::contradiction;
  std::string party;
  MessageId first;
  MessageId second;
  auto operator<=>(const Evidence&) const = default;
};

struct SubjectState {
  std::vector<Version> versions;  // in their order
  std::optional<Digest> in_force;
  std::vector<Digest> conflicting;            // the open versions, where there are several: one of them at most can win
  std::vector<Evidence> evidence;             // sorted; of what a Party repeats the first two that show it
  std::vector<Digest> awaited_versions;       // answered, but not held
  std::vector<MessageId> awaited_statements;  // named as killing, but not held
  bool operator==(const SubjectState&) const = default;

  [[nodiscard]] const Version* find(const Digest& version) const;
};

// Of the statements about this subject among those given; repeated ones count once.
SubjectState subject_state(const Subject& subject, const std::vector<JointStatement>& statements);

// What a Party that keeps the rule may sign, as far as these statements show.
struct Licence {
  bool given = false;
  std::optional<MessageId> killed_by;  // what its acceptance then names
  std::vector<Digest> bound_to;        // versions it accepted that keep it from another
};
// An acceptance with this `created`.
Licence may_accept(const Subject& subject, const std::vector<JointStatement>& statements, const std::string& party,
                   const Digest& version, Instant created);
// A proposal or counter with this number.
Licence may_propose(const Subject& subject, const std::vector<JointStatement>& statements, const std::string& party,
                    std::uint32_t number);
// An objection to this version, or a counter to it.
bool may_turn_down(const Subject& subject, const std::vector<JointStatement>& statements, const std::string& party,
                   const Digest& version);

}  // namespace chancery::core

// All statements of joint acts that are held, and what the Parties have agreed by them (protocol section 9).
#pragma once

#include <map>

#include "daemon/core/directory.h"
#include "daemon/core/joint_act.h"

namespace chancery::core {

// What a subject is about: the word before the slash of its code.
enum class SubjectKind {
  crypto_policy,     // <agreement>: which suites sign and seal; electronic consent rests on it (SCO Article 3(10))
  secret_procedure,  // <name>: how state secrets would be exchanged; agreed here, enabled nowhere (SCO Article 6(2))
};
const char* to_string(SubjectKind kind);
// Of a subject's code; not_found for what no rule is known of.
Result<SubjectKind> subject_kind(std::string_view code);
// The one policy of an agreement.
std::string crypto_policy_code(std::string_view agreement);

// The text in force of a subject.
struct InForce {
  MessageId id;  // of the proposal or counter
  std::uint32_t number = 0;
  std::vector<std::string> suites;  // of a crypto policy
};

// By the designations the directory has; it must outlive the answer.
PartyOf parties_of(const Directory& directory);

// Immutable, a function of the set of statements: a new statement makes a new book.
class JointActBook {
 public:
  JointActBook() = default;
  explicit JointActBook(std::vector<JointStatement> statements);

  [[nodiscard]] const std::vector<JointStatement>& statements() const { return statements_; }
  [[nodiscard]] const std::map<Subject, SubjectState>& subjects() const { return subjects_; }
  [[nodiscard]] const JointStatement* find(const Digest& version) const;  // a proposal or counter
  [[nodiscard]] std::optional<InForce> in_force(const Subject& subject) const;
  // Never that of an exercise: what is agreed to train with binds nobody.
  [[nodiscard]] std::optional<InForce> crypto_policy(std::string_view agreement) const;

 private:
  std::vector<JointStatement> statements_;
  std::map<Subject, SubjectState> subjects_;
};

}  // namespace chancery::core

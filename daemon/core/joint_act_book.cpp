#include "daemon/core/joint_act_book.h"

#include <algorithm>

#include "daemon/core/form.h"

namespace chancery::core {

const char* to_string(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::crypto_policy:
      return "crypto-policy";
    case SubjectKind::secret_procedure:
      return "secret-procedure";
  }
  return "";
}

Result<SubjectKind> subject_kind(std::string_view code) {
  static constexpr SubjectKind all[] = {SubjectKind::crypto_policy, SubjectKind::secret_procedure};
  for (const auto kind : all)
    if (code.substr(0, code.find('/')) == to_string(kind)) return kind;
  return fail(Errc::not_found, "no rule for this subject");
}

std::string crypto_policy_code(std::string_view agreement) {
  return std::string(to_string(SubjectKind::crypto_policy)) + "/" + std::string(agreement);
}

PartyOf parties_of(const Directory& directory) {
  return [&directory](const std::string& authority, Instant at) -> std::optional<std::string> {
    const auto* entry = directory.find(authority);
    const auto* designation = entry == nullptr ? nullptr : in_force(entry->history, at);
    return designation == nullptr ? std::nullopt : std::optional(designation->party);
  };
}

JointActBook::JointActBook(std::vector<JointStatement> statements) : statements_(std::move(statements)) {
  std::map<Subject, std::vector<JointStatement>> about;
  for (const auto& statement : statements_) about[statement.subject].push_back(statement);
  for (const auto& [subject, all] : about) subjects_.emplace(subject, subject_state(subject, all));
}

const JointStatement* JointActBook::find(const Digest& version) const {
  for (const auto& statement : statements_)
    if (statement.digest == version && !statement.required.empty()) return &statement;
  return nullptr;
}

std::optional<InForce> JointActBook::in_force(const Subject& subject) const {
  const auto state = subjects_.find(subject);
  if (state == subjects_.end() || !state->second.in_force) return std::nullopt;
  const auto* text = find(*state->second.in_force);
  return text == nullptr ? std::nullopt : std::optional(InForce{text->id, text->number, text->suites});
}

std::optional<InForce> JointActBook::crypto_policy(std::string_view agreement) const {
  return in_force({std::string(agreement), crypto_policy_code(agreement), false});
}

}  // namespace chancery::core

// Who takes part: authorities, the Parties they belong to, and the people inside one authority.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace chancery::core {

// A competent authority: `[a-z]{2}(-[a-z0-9]+)*`, at most 63 characters, compared as bytes.
class AuthorityId {
 public:
  static Result<AuthorityId> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const AuthorityId&) const = default;

 private:
  explicit AuthorityId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// A Party to an agreement: two capital letters (ISO 3166-1 alpha-2).
class PartyCode {
 public:
  static Result<PartyCode> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const PartyCode&) const = default;

 private:
  explicit PartyCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

bool is_authority_id(std::string_view text);
bool is_party_code(std::string_view text);

// What a person may do. One person has exactly one role.
enum class Role { officer, approver, administrator, auditor };

const char* to_string(Role role);
Result<Role> parse_role(std::string_view text);

// A person known to this authority, pinned by the id of his certificate.
struct User {
  std::string name;  // `[a-z0-9][a-z0-9.-]{0,62}`
  Role role = Role::officer;
  std::string clearance;  // a class of the authority's own label policy; empty reads nothing restricted
  std::vector<std::string> categories = {};  // of that policy, sorted: held beside the class
  bool operator==(const User&) const = default;
};

bool is_user_name(std::string_view text);

}  // namespace chancery::core

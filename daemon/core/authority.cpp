#include "daemon/core/authority.h"

#include <algorithm>

#include "daemon/core/form.h"

namespace chancery::core {

namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_lower_or_digit(char c) { return is_lower(c) || (c >= '0' && c <= '9'); }

bool is_group(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_lower_or_digit);
}

}  // namespace

bool is_authority_id(std::string_view text) {
  if (text.size() < 2 || text.size() > 63 || !is_lower(text[0]) || !is_lower(text[1])) return false;
  for (auto rest = text.substr(2); !rest.empty();) {
    if (rest.front() != '-') return false;
    const auto group = rest.substr(1, rest.find('-', 1) - 1);
    if (!is_group(group)) return false;
    rest.remove_prefix(1 + group.size());
  }
  return true;
}

bool is_party_code(std::string_view text) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return text.size() == 2 && upper(text[0]) && upper(text[1]);
}

bool is_user_name(std::string_view text) {
  const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= 63 && is_lower_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), allowed);
}

Result<AuthorityId> AuthorityId::parse(std::string_view text) {
  if (!is_authority_id(text)) return fail(Errc::malformed, "not an authority id");
  return AuthorityId(std::string(text));
}

Result<PartyCode> PartyCode::parse(std::string_view text) {
  if (!is_party_code(text)) return fail(Errc::malformed, "not a Party: two capital letters");
  return PartyCode(std::string(text));
}

const char* to_string(Role role) {
  switch (role) {
    case Role::officer:
      return "officer";
    case Role::approver:
      return "approver";
    case Role::administrator:
      return "administrator";
    case Role::auditor:
      return "auditor";
  }
  return "";
}

Result<Role> parse_role(std::string_view text) {
  static constexpr Role all[] = {Role::officer, Role::approver, Role::administrator, Role::auditor};
  return parse_enumerator(text, all);
}

}  // namespace chancery::core

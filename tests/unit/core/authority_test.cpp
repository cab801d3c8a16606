#include "daemon/core/authority.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace chancery::core {
namespace {

TEST(AuthorityId, AcceptsTwoLettersAndGroupsOfLettersAndDigits) {
  for (const auto* text : {"cn", "cn-example", "ru-mid-2", "kz-a", "uz-0"}) {
    const auto id = AuthorityId::parse(text);
    ASSERT_TRUE(id.has_value()) << text;
    EXPECT_EQ(id->text(), text);
  }
}

TEST(AuthorityId, RefusesEverythingElse) {
  for (const auto* text : {"", "c", "CN", "cn-", "-cn", "cn--example", "cnx", "cnx-example", "cn-Example", "cn_example",
                           "cn example", " cn", "cn ", "c1", "1n", "cn-example-", "cn-\xc3\xa9", "cn.example", "cn\n"})
    EXPECT_FALSE(AuthorityId::parse(text).has_value()) << text;
  EXPECT_FALSE(AuthorityId::parse(std::string_view("cn\0x", 4)).has_value());
}

TEST(AuthorityId, Has63CharactersAtMost) {
  EXPECT_TRUE(AuthorityId::parse("cn-" + std::string(60, 'a')).has_value());
  EXPECT_FALSE(AuthorityId::parse("cn-" + std::string(61, 'a')).has_value());
}

// Against a regular expression, over every text of up to 6 characters of an alphabet with one of each class.
TEST(AuthorityId, IsItsGrammarOnEveryShortText) {
  const std::regex grammar("[a-z]{2}(-[a-z0-9]+)*");
  const std::string alphabet = "a0- A";
  std::size_t accepted = 0;
  for (unsigned length = 0; length <= 6; ++length) {
    std::size_t count = 1;
    for (unsigned i = 0; i < length; ++i) count *= alphabet.size();
    for (std::size_t n = 0; n < count; ++n) {
      std::string text;
      for (auto rest = n; text.size() < length; rest /= alphabet.size()) text += alphabet[rest % alphabet.size()];
      EXPECT_EQ(is_authority_id(text), std::regex_match(text, grammar)) << text;
      accepted += static_cast<std::size_t>(is_authority_id(text));
    }
  }
  // `aa`, then one group of 1, 2 or 3 characters of two kinds, or two groups of one.
  EXPECT_EQ(accepted, 1U + 2U + 4U + 8U + 4U);
}

TEST(PartyCode, IsTwoCapitalLetters) {
  EXPECT_EQ(PartyCode::parse("KZ").value().text(), "KZ");
  for (const auto* text : {"", "K", "kz", "Kz", "KZZ", "K1", "K Z", "\xd0\x9a"})
    EXPECT_FALSE(PartyCode::parse(text).has_value()) << text;
}

TEST(UserName, BeginsWithALetterOrDigit) {
  for (const auto* text : {"li", "a.ivanova", "duty-officer-2", "7"}) EXPECT_TRUE(is_user_name(text)) << text;
  for (const auto* text : {"", ".li", "-li", "Li", "l i", "li\n", "li/../x", "\xd0\xb0"})
    EXPECT_FALSE(is_user_name(text)) << text;
  EXPECT_TRUE(is_user_name(std::string(63, 'a')));
  EXPECT_FALSE(is_user_name(std::string(64, 'a')));
}

TEST(ParseRole, IsTheInverseOfItsName) {
  for (const auto role : {Role::officer, Role::approver, Role::administrator, Role::auditor})
    EXPECT_EQ(parse_role(to_string(role)).value(), role);
  for (const auto* text : {"", "Officer", "root", "officer "}) EXPECT_FALSE(parse_role(text).has_value()) << text;
}

}  // namespace
}  // namespace chancery::core

// article6_table.txt: rules of law written by hand, and what they say of one case. Knows nothing of core's decisions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace chancery::core {

// One combination of answers to a section's questions: "class" -> "restricted".
using LegalCase = std::map<std::string, std::string>;

struct LegalQuestion {
  std::string name;
  std::vector<std::string> answers;
};

// One line: every question it names has one of these answers, and every term it names holds.
struct LegalLine {
  std::string text;
  std::map<std::string, std::set<std::string>> answers;  // with those under `not` turned round
  std::vector<std::string> terms;
};

struct LegalTerm {
  std::string name;
  std::vector<LegalLine> lines;
};

struct LegalRule {
  std::string code;
  std::vector<std::string> clauses;  // none, one, or one for each of the two agreements
  std::string text;
  std::vector<LegalLine> lines;

  // By the agreement the original travelled under: 0 the first, 1 the second.
  [[nodiscard]] std::string clause(std::size_t agreement) const;
};

struct LegalSection {
  std::string id, title;
  std::vector<std::string> text;
  std::vector<LegalTerm> terms;
  std::vector<LegalRule> rules;

  [[nodiscard]] bool applies(const LegalRule& rule, const LegalCase& about) const;
};

using LegalQuestions = std::map<std::string, std::vector<LegalQuestion>>;  // by section

// Throws std::runtime_error naming the line that is no rule, or a question or answer no section asks.
std::vector<LegalSection> parse_law(const std::string& text, const LegalQuestions& questions);

std::vector<LegalCase> every_case(const std::vector<LegalQuestion>& questions);

}  // namespace chancery::core

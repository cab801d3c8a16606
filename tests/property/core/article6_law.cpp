#include "tests/property/core/article6_law.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace chancery::core {

namespace {

std::vector<std::string> parts_of(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

[[noreturn]] void fault(const std::string& line) { throw std::runtime_error("article6_table.txt: " + line); }

// `KEY: rest`; KEY may hold blanks.
std::pair<std::string, std::string> key_of(const std::string& text) {
  const auto colon = text.find(": ");
  if (colon == std::string::npos) fault(text);
  return {text.substr(0, colon), text.substr(colon + 2)};
}

std::set<std::string> answers_of(const LegalQuestion& question, const std::string& text) {
  const auto& all = question.answers;
  std::set<std::string> named;
  for (const auto& word : parts_of(text, ", ")) {
    if (std::find(all.begin(), all.end(), word) != all.end())
      named.insert(word);
    else if (word.starts_with("not ") && std::find(all.begin(), all.end(), word.substr(4)) != all.end())
      for (const auto& other : all) {
        if (other != word.substr(4)) named.insert(other);
      }
    else
      fault(question.name + ": " + word);
  }
  return named;
}

LegalLine line_of(const std::string& text, const std::vector<LegalQuestion>& questions, const LegalSection& section) {
  LegalLine line{text, {}, {}};
  for (const auto& condition : parts_of(text, "; ")) {
    const auto [name, words] = key_of(condition);
    if (name == "is") {
      if (std::none_of(section.terms.begin(), section.terms.end(), [&](const auto& t) { return t.name == words; }))
        fault(text);
      line.terms.push_back(words);
      continue;
    }
    const auto question =
        std::find_if(questions.begin(), questions.end(), [&](const auto& q) { return q.name == name; });
    if (question == questions.end() || line.answers.contains(name)) fault(text);
    line.answers[name] = answers_of(*question, words);
  }
  return line;
}

LegalRule rule_of(const std::string& text) {
  const auto [head, says] = key_of(text);
  auto words = parts_of(head, " ");
  LegalRule rule{words.front(), {words.begin() + 1, words.end()}, says, {}};
  if (rule.clauses.empty() || rule.clauses.size() > 2) fault(text);
  if (rule.clauses.front() == "-") rule.clauses.clear();
  return rule;
}

bool holds(const LegalSection& section, const LegalLine& line, const LegalCase& about) {
  for (const auto& [question, answers] : line.answers)
    if (!answers.contains(about.at(question))) return false;
  return std::all_of(line.terms.begin(), line.terms.end(), [&](const std::string& name) {
    const auto term =
        std::find_if(section.terms.begin(), section.terms.end(), [&](const auto& t) { return t.name == name; });
    return std::any_of(term->lines.begin(), term->lines.end(),
                       [&](const LegalLine& of) { return holds(section, of, about); });
  });
}

}  // namespace

std::string LegalRule::clause(std::size_t agreement) const {
  return clauses.empty() ? std::string() : clauses[std::min(agreement, clauses.size() - 1)];
}

bool LegalSection::applies(const LegalRule& rule, const LegalCase& about) const {
  return std::any_of(rule.lines.begin(), rule.lines.end(),
                     [&](const LegalLine& line) { return holds(*this, line, about); });
}

std::vector<LegalSection> parse_law(const std::string& text, const LegalQuestions& questions) {
  std::vector<LegalSection> law;
  std::vector<LegalLine>* lines = nullptr;
  std::istringstream in(text);
  for (std::string row; std::getline(in, row);) {
    if (row.empty() || row.starts_with("#")) continue;
    if (row.starts_with("section ")) {
      const auto [id, title] = key_of(row.substr(8));
      if (!questions.contains(id)) fault(row);
      law.push_back({id, title, {}, {}, {}});
      lines = nullptr;
      continue;
    }
    if (law.empty()) fault(row);
    auto& section = law.back();
    if (row.starts_with("text: ")) {
      section.text.push_back(row.substr(6));
    } else if (row.starts_with("term ")) {
      section.terms.push_back({row.substr(5), {}});
      lines = &section.terms.back().lines;
    } else if (row.starts_with("  ")) {
      if (lines == nullptr) fault(row);
      lines->push_back(line_of(row.substr(2), questions.at(section.id), section));
    } else {
      section.rules.push_back(rule_of(row));
      lines = &section.rules.back().lines;
    }
  }
  return law;
}

std::vector<LegalCase> every_case(const std::vector<LegalQuestion>& questions) {
  std::vector<LegalCase> all = {{}};
  for (const auto& question : questions) {
    std::vector<LegalCase> longer;
    longer.reserve(all.size() * question.answers.size());
    for (const auto& begun : all)
      for (const auto& answer : question.answers) {
        longer.push_back(begun);
        longer.back()[question.name] = answer;
      }
    all = std::move(longer);
  }
  return all;
}

}  // namespace chancery::core

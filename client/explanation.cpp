#include "client/explanation.h"

#include <algorithm>
#include <map>

#include "client/connection.h"
#include "client/refusal.h"
#include "client/table.h"

namespace chancery::client {

namespace {

// Rules beside those of release, which the daemon names itself.
const std::map<std::string, std::string>& reasons() {
  static const std::map<std::string, std::string> kReasons = {
      {"role", "E-ROLE"},
      {"clearance", "E-CLEARANCE"},
      {"second-person", "E-APPROVAL-NEEDED"},
      {"copy", "E-COPY-LOCKED"},
      {"erased", "E-NO-LONGER-HELD"},
      {"mark", "E-LABEL-LAXER"},
      {"permit", "E-PERMIT-REQUIRED"},
      {"state-secrets", "E-LABEL-STATE-SECRET"},
  };
  return kReasons;
}

std::string role_words(const std::string& roles, const Catalogue& catalogue) {
  static const std::map<char, std::string> kRoles = {
      {'O', "officer"}, {'P', "approver"}, {'A', "administrator"}, {'U', "auditor"}};
  std::vector<std::string> out;
  for (const char role : roles)
    if (const auto it = kRoles.find(role); it != kRoles.end()) out.push_back(catalogue.word("role", it->second));
  return out.empty() ? catalogue.text("explain.anyone") : joined(out, catalogue.text("list.comma"));
}

std::string rule_text(const Session& session, const std::string& rule) {
  return session.text("rule." + rule, {{"roles", role_words(session.command().roles, session.catalogue())}});
}

// "sco-2009 6(3), cn-ru-2015 6(2)"
std::string articles_of(const v1::ListAgreementsResponse& known, const std::string& reason) {
  std::vector<std::string> out;
  for (const auto& agreement : known.agreements())
    for (const auto& ground : agreement.grounds()) {
      const auto article = agreement.id() + " " + ground.article();
      if (ground.reason() == reason && std::find(out.begin(), out.end(), article) == out.end()) out.push_back(article);
    }
  return joined(out, ", ");
}

Table rule_table(const Session& session) {
  return Table({session.text("column.rule"), session.text("column.article"), session.text("column.holds"),
                session.text("column.text")});
}

std::string dash_if_empty(const std::string& text) { return text.empty() ? "-" : text; }

// As it was typed: a message or the file of a draft.
std::string asked_about(const Session& session) {
  const auto& words = session.command().arguments;
  return words.empty() ? "-" : session.arguments().value_or(words.front().name, "-");
}

void add_rule(Session& session, Table& table, const v1::RuleView& rule) {
  const auto& catalogue = session.catalogue();
  const bool holds = rule.reasons_size() == 0;
  table.add({rule.rule(), dash_if_empty(rule.article()), catalogue.text(holds ? "word.yes" : "word.no"),
             rule_text(session, rule.rule())});
  for (const auto& reason : rule.reasons())
    table.add({"", "", "", reason_text(reason, asked_about(session), catalogue)});
}

}  // namespace

bool is_judged(const Command& command) {
  return std::any_of(command.options.begin(), command.options.end(),
                     [](const Option& option) { return option.name == "--dry-run"; });
}

std::string reason_of_rule(const std::string& rule) {
  const auto it = reasons().find(rule);
  return it == reasons().end() ? std::string() : it->second;
}

Outcome<int> explain_command(Session& session) {
  std::vector<std::string> rules;
  if (session.command().roles != "-") rules = {"role"};
  rules.insert(rules.end(), session.command().rules.begin(), session.command().rules.end());
  v1::ListAgreementsResponse known;
  if (rules.size() > 1)
    known = TRY((*TRY(session.desk())).call(&v1::Desk::Stub::ListAgreements, v1::ListAgreementsRequest()));
  google::protobuf::Struct data;
  set_texts(data, "rules", rules);
  if (session.json()) return session.print_json("Explanation", data);
  if (session.format() == Format::id) return session.print(rules.empty() ? "" : joined(rules, "\n") + "\n");
  session.print(session.text("explain.of", {{"words", session.command().words()}}) + "\n\n");
  if (rules.empty()) return session.say("explain.no-rule");
  Table table({session.text("column.rule"), session.text("column.article"), session.text("column.text")});
  for (const auto& rule : rules)
    table.add({rule, dash_if_empty(articles_of(known, reason_of_rule(rule))), rule_text(session, rule)});
  return session.print_page(table.text());
}

Outcome<int> explain_draft(Session& session, const v1::PreviewResponse& preview) {
  const bool refused = preview.refusal().reasons_size() > 0;
  const int exit = refused ? to_fault(preview.refusal(), {}).exit_code() : kOk;
  if (session.json()) {
    session.print_json("PreviewResponse", preview);
    return exit;
  }
  if (session.format() == Format::id) {
    for (const auto& rule : preview.rules()) session.print(rule.rule() + "\n");
    return exit;
  }
  session.print(session.text("explain.of", {{"words", session.command().words()}}) + "\n\n");
  auto table = rule_table(session);
  for (const auto* rule : {"role", "clearance"})
    table.add({rule, "-", session.text("word.yes"), rule_text(session, rule)});
  for (const auto& rule : preview.rules()) add_rule(session, table, rule);
  if (preview.needs_approval()) table.add({"second-person", "-", "-", rule_text(session, "second-person")});
  session.print_page(table.text() + "\n" + session.text(refused ? "explain.refused" : "explain.allowed") + "\n");
  return exit;
}

}  // namespace chancery::client

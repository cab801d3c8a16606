#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/data_names.h"
#include "client/table.h"
#include "daemon/core/display.h"

namespace chancery::client::commands {

namespace {

Outcome<v1::ListAgreementsResponse> fetch(Session& session) {
  auto& desk = *TRY(session.desk());
  return desk.call(&v1::Desk::Stub::ListAgreements, v1::ListAgreementsRequest());
}

// The newest version of the named agreement.
Outcome<v1::AgreementView> find(Session& session) {
  const auto name = session.arguments().value("AGREEMENT");
  const auto response = TRY(fetch(session));
  const v1::AgreementView* found = nullptr;
  for (const auto& agreement : response.agreements())
    if (agreement.id() == name && (found == nullptr || found->version() < agreement.version())) found = &agreement;
  if (found == nullptr) return fault("E-AGREEMENT-UNKNOWN", {{"subject", name}});
  return *found;
}

bool holds(const v1::AgreementItemView& item, const std::string& term) {
  if (term.empty()) return true;
  for (const auto* texts : {&item.text(), &item.short_text()})
    for (const auto& [language, text] : texts->text())
      if (text.find(term) != std::string::npos) return true;
  return false;
}

Outcome<int> print_items(Session& session, const std::vector<std::string>& kinds) {
  const auto agreement = TRY(find(session));
  const DataNames names({}, {}, session.catalogue().language());
  const auto term = session.arguments().value("--term");
  v1::AgreementView chosen;
  chosen.set_id(agreement.id());
  Table table({session.text("column.code"), session.text("column.article"), session.text("column.confidence"),
               session.text("column.text")});
  for (const auto& item : agreement.items()) {
    if (std::find(kinds.begin(), kinds.end(), item.kind()) == kinds.end() || !holds(item, term)) continue;
    *chosen.add_items() = item;
    table.add({item.code(), item.article(), item.confidence(), names.in_language(item.text())});
    if (session.format() == Format::id) session.print(item.code() + "\n");
  }
  if (session.json()) return session.print_json("AgreementView", chosen);
  if (session.format() == Format::table) session.print(table.text());
  return kOk;
}

std::string text_with_prefix(const std::string& text) {
  std::string out;
  for (const auto& line : core::quoted_lines(text, "  ")) out += line + "\n";
  return out;
}

std::string status_table(const v1::AgreementView& agreement, const Catalogue& catalogue) {
  Table table({catalogue.text("column.party"), catalogue.text("column.in-force-from"),
               catalogue.text("column.in-force-to"), catalogue.text("column.source")});
  for (const auto& status : agreement.status())
    table.add(
        {status.party(), local_time(status.in_force_from()), local_time(status.in_force_to()),
         status.example() ? catalogue.text("agreement.example", {{"source", status.source()}}) : status.source()});
  return table.text();
}

std::string deadline_table(const v1::AgreementView& agreement, const Catalogue& catalogue) {
  Table table({catalogue.text("column.deadline"), catalogue.text("column.days"), catalogue.text("column.counts-from"),
               catalogue.text("column.clause")});
  for (const auto& deadline : agreement.deadlines())
    table.add({deadline.id(), std::to_string(deadline.limit_days()), deadline.from(), deadline.clause()});
  return table.text();
}

// "6" names article 6 with its paragraphs; "6(3)" one of them.
bool names_article(const std::string& article, const std::string& wanted) {
  return article == wanted || article.rfind(wanted + "(", 0) == 0;
}

Outcome<int> print_article(Session& session, const v1::AgreementView& agreement, const std::string& wanted) {
  const DataNames names({}, {}, session.catalogue().language());
  std::map<std::string, v1::LocalizedText> found;
  for (const auto& [article, text] : agreement.articles())
    if (names_article(article, wanted)) found.emplace(article, text);
  for (const auto& item : agreement.items())
    if (names_article(item.article(), wanted)) found.emplace(item.article(), item.text());
  if (found.empty()) return fault("E-ARTICLE-UNKNOWN", {{"name", agreement.id()}, {"value", wanted}});
  for (const auto& [article, text] : found)
    session.print(session.text("agreement.article", {{"article", article}}) + "\n" +
                  text_with_prefix(names.whole(text)));
  return kOk;
}

}  // namespace

Outcome<int> agreement_list(Session& session) {
  const auto response = TRY(fetch(session));
  if (session.json()) return session.print_json("ListAgreementsResponse", response);
  const auto& catalogue = session.catalogue();
  const DataNames names({}, {}, catalogue.language());
  Table table({catalogue.text("column.agreement"), catalogue.text("column.version"), catalogue.text("column.signed"),
               catalogue.text("column.parties"), catalogue.text("column.languages"), catalogue.text("column.title")});
  for (const auto& a : response.agreements()) {
    if (session.format() == Format::id) session.print(a.id() + "\n");
    table.add({a.id(), std::to_string(a.version()), a.signed_on(),
               joined({a.parties().begin(), a.parties().end()}, " "),
               joined({a.languages_any().begin(), a.languages_any().end()}, "|"), names.in_language(a.title())});
  }
  return session.format() == Format::table ? session.print(table.text()) : static_cast<int>(kOk);
}

Outcome<int> agreement_threats(Session& session) { return print_items(session, {"threat"}); }
Outcome<int> agreement_directions(Session& session) { return print_items(session, {"direction"}); }
Outcome<int> agreement_terms(Session& session) { return print_items(session, {"term", "definition"}); }

Outcome<int> agreement_show(Session& session) {
  const auto agreement = TRY(find(session));
  if (session.json()) return session.print_json("AgreementView", agreement);
  if (session.format() == Format::id) return session.print(agreement.id() + "\n");
  const auto article = session.arguments().value("--article");
  if (!article.empty()) return print_article(session, agreement, article);
  const auto& catalogue = session.catalogue();
  const DataNames names({}, {}, catalogue.language());
  const auto word = [&](bool value) { return catalogue.text(value ? "word.yes" : "word.no"); };
  session.print(names.in_language(agreement.title()) + "\n");
  session.say("agreement.signed", {{"id", agreement.id()},
                                   {"version", std::to_string(agreement.version())},
                                   {"date", agreement.signed_on()},
                                   {"place", agreement.signed_at()}});
  session.say("agreement.rules",
              {{"languages", joined({agreement.languages_any().begin(), agreement.languages_any().end()}, ", ")},
               {"secrets", word(agreement.bars_state_secrets())},
               {"restricted", word(agreement.protects_restricted())},
               {"channel", agreement.designation_channel()}});
  session.print("\n" + status_table(agreement, catalogue) + "\n" + deadline_table(agreement, catalogue));
  return kOk;
}

}  // namespace chancery::client::commands

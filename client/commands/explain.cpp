#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/data_names.h"
#include "client/explanation.h"
#include "client/help.h"
#include "client/table.h"
#include "daemon/core/decision.h"
#include "daemon/core/display.h"

namespace chancery::client::commands {

namespace {

// The wording of an article, and its items where it has any.
std::string wording(const v1::AgreementView& agreement, const std::string& article, const DataNames& names) {
  const auto& articles = agreement.articles();
  const auto text = articles.find(article);
  if (text != articles.end()) return names.whole(text->second);
  for (const auto& item : agreement.items())
    if (item.article() == article) return names.whole(item.text());
  return {};
}

std::string grounds_text(const v1::ListAgreementsResponse& known, const std::string& reason,
                         const Catalogue& catalogue) {
  const DataNames names({}, {}, catalogue.language());
  std::string out;
  for (const auto& agreement : known.agreements())
    for (const auto& ground : agreement.grounds()) {
      if (ground.reason() != reason) continue;
      out += "\n" +
             catalogue.text("explain.ground", {{"agreement", agreement.id()},
                                               {"version", std::to_string(agreement.version())},
                                               {"article", ground.article()},
                                               {"clause", ground.clause()}}) +
             "\n";
      for (const auto& line : core::quoted_lines(wording(agreement, ground.article(), names), "  ")) out += line + "\n";
    }
  if (known.agreements().empty()) return {};
  return out.empty() ? "\n" + catalogue.text("explain.no-ground") + "\n" : out;
}

// What a code means is told without a daemon, too.
v1::ListAgreementsResponse agreements_if_any(Session& session) {
  auto desk = session.desk();
  auto known = desk ? (*desk)->call(&v1::Desk::Stub::ListAgreements, v1::ListAgreementsRequest())
                    : Outcome<v1::ListAgreementsResponse>(tl::unexpected(desk.error()));
  if (known) return *known;
  session.note("explain.no-agreements");
  return v1::ListAgreementsResponse();
}

}  // namespace

// What a code means, and the words of the agreements it rests on.
Outcome<int> explain(Session& session) {
  const auto code = session.arguments().value("CODE");
  const auto& catalogue = session.catalogue();
  const auto meaning = error_help(code, catalogue);
  if (meaning.empty()) return tl::unexpected(unknown_code(code));
  const bool decided = core::parse_reason(code).has_value();
  const auto known = decided ? agreements_if_any(session) : v1::ListAgreementsResponse();
  if (session.json()) {
    google::protobuf::Struct data;
    set_text(data, "code", code);
    set_text(data, "text", meaning + (decided ? grounds_text(known, code, catalogue) : std::string()));
    return session.print_json("Explanation", data);
  }
  return session.print_page(meaning + session.text("explain.exit", {{"exit", std::to_string(exit_code_of(code))}}) +
                            "\n" + (decided ? grounds_text(known, code, catalogue) : std::string()));
}

}  // namespace chancery::client::commands

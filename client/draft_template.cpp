#include "client/draft_template.h"

namespace chancery::client {

namespace {

std::string item_comments(const std::vector<AgreementCode>& items, const std::string& language) {
  std::string out;
  for (const auto& item : items) {
    const auto name = item.names.find(language);
    out += "#   " + item.code + (name == item.names.end() ? "" : "  " + name->second) + "\n";
  }
  return out;
}

}  // namespace

std::string draft_template(const AgreementOutline& agreement, const std::vector<std::string>& languages,
                           const Catalogue& catalogue) {
  const auto comment = [&](const std::string& key) { return "# " + catalogue.text("template." + key) + "\n"; };
  std::string out = "---\n";
  out += comment("front") + "agreement: " + agreement.id + "\nkind: threat-notice\n\n";
  out += comment("threats") + item_comments(agreement.threats, catalogue.language()) + "threats:\n\n";
  out += comment("directions") + item_comments(agreement.direction_names, catalogue.language()) + "directions:\n\n";
  out += comment("label") + "label:\n\n" + comment("to") + "to:\n\n";
  out += comment("precedence") + "precedence: routine\nexercise: no\n\n" + comment("expires") + "expires:\n---\n";
  for (const auto& language : languages)
    out += "\n## " + language + "\n<!-- " + catalogue.text("template.text") + " -->\n# \n\n";
  return out + "\n## indicators\n<!-- " + catalogue.text("template.indicators") + " -->\n";
}

}  // namespace chancery::client

#include "client/help.h"

#include <set>

#include "client/fault.h"
#include "client/nearest.h"
#include "client/table.h"
#include "daemon/core/decision.h"
#include "daemon/core/display.h"

namespace chancery::client {

namespace {

// Two columns without headers.
class Pairs {
 public:
  void add(std::string left, std::string right) { pairs_.emplace_back(std::move(left), std::move(right)); }
  [[nodiscard]] std::string text() const {
    std::size_t width = 0;
    for (const auto& [left, right] : pairs_) width = std::max(width, core::display_width(left));
    std::string out;
    for (const auto& [left, right] : pairs_) {
      // A left side too wide for its neighbours would push all others away.
      auto line = "  " + padded(left, std::min<std::size_t>(width, 44)) + "  " + right;
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

std::string options_text(const std::vector<Option>& options, const Catalogue& catalogue) {
  Pairs pairs;
  for (const auto& option : options)
    pairs.add(option.name + (option.value.empty() ? "" : " " + option.value), catalogue.text("option." + option.key));
  return pairs.text();
}

std::string shown(const Argument& argument) {
  const auto name = argument.many ? argument.name + "..." : argument.name;
  return argument.required ? name : "[" + name + "]";
}

// What stands in a text where something of the moment will stand: "<message>".
Params placeholder_words(const Catalogue& catalogue) {
  const std::string section = "placeholder.";
  Params words;
  for (auto at = catalogue.texts().lower_bound(section);
       at != catalogue.texts().end() && at->first.rfind(section, 0) == 0; ++at)
    words.emplace(at->first.substr(section.size()), at->second);
  return words;
}

std::set<std::string> all_codes() {
  std::set<std::string> codes;
  for (const auto reason : core::all_reasons()) codes.insert(core::to_string(reason));
  for (const auto& [code, exit] : own_codes()) codes.insert(code);
  return codes;
}

}  // namespace

std::string usage(const Command& command) {
  std::string out = "chancery " + command.words();
  for (const auto& argument : command.arguments) out += " " + shown(argument);
  for (const auto& option : command.options)
    if (option.required) out += " " + option.name + " " + option.value;
  return out + " [OPTIONS]";
}

std::string overview(const Catalogue& catalogue) {
  std::string out = catalogue.text("help.intro") + "\n\n";
  Pairs pairs;
  for (const auto& command : command_table())
    pairs.add(command.words() + (command.arguments.empty() ? "" : " " + shown(command.arguments.front())),
              padded("[" + command.roles + "]", 5) + " " + catalogue.text(command.help_key()));
  out += pairs.text() + "\n" + catalogue.text("help.roles") + "\n\n" + catalogue.text("help.global") + "\n";
  return out + options_text(global_options(), catalogue) + "\n" + catalogue.text("help.more") + "\n";
}

std::string noun_help(const std::string& noun, const Catalogue& catalogue) {
  Pairs pairs;
  bool any = false;
  for (const auto& command : command_table())
    if (command.noun == noun) {
      pairs.add(command.noun + " " + command.verb, catalogue.text(command.help_key()));
      any = true;
    }
  return any ? pairs.text() : std::string();
}

std::string command_help(const Command& command, const Catalogue& catalogue) {
  std::string out = usage(command) + "\n\n  " + catalogue.text(command.help_key()) + "\n";
  if (!command.options.empty())
    out += "\n" + catalogue.text("help.options") + "\n" + options_text(command.options, catalogue);
  out += "\n" + catalogue.text("help.examples") + "\n";
  for (const auto& example : command.examples) out += "  " + example + "\n";
  return out + "\n" + catalogue.text("help.see-global") + "\n";
}

std::string exit_codes_help(const Catalogue& catalogue) {
  Pairs pairs;
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130})
    pairs.add(std::to_string(code), catalogue.text("exit-code." + std::to_string(code)));
  return pairs.text();
}

std::string errors_help(const Catalogue& catalogue) {
  Table table({catalogue.text("column.code"), catalogue.text("column.exit"), catalogue.text("column.text")});
  const auto words = placeholder_words(catalogue);
  for (const auto& code : all_codes())
    table.add({code, std::to_string(exit_code_of(code)), catalogue.text("error." + code + ".what", words)});
  return table.text();
}

Fault unknown_code(const std::string& code) {
  const auto codes = all_codes();
  const auto near = nearest(code, {codes.begin(), codes.end()});
  if (near.empty()) return {"E-USAGE-WORD", {{"word", code}}};
  return {"E-USAGE-NEAREST", {{"word", code}, {"nearest", near}}};
}

std::string error_help(const std::string& code, const Catalogue& catalogue) {
  if (!catalogue.has("error." + code + ".what")) return {};
  const auto words = placeholder_words(catalogue);
  const auto line = [&](const std::string& part) { return catalogue.text("error." + code + "." + part, words); };
  return catalogue.text("fault.first", {{"code", code}, {"what", line("what")}}) + "\n" +
         catalogue.text("fault.why", {{"why", line("why")}}) + "\n" +
         catalogue.text("fault.fix", {{"fix", line("fix")}}) + "\n";
}

}  // namespace chancery::client

#include "client/run.h"

#include <cstdlib>
#include <ostream>

#include "client/connection.h"
#include "client/explanation.h"
#include "client/help.h"
#include "client/refusal.h"
#include "client/table.h"

namespace chancery::client {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The word after an option, wherever it stands: language and data are wanted even when nothing else parses.
std::string early(const std::vector<std::string>& words, const std::string& option) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == option && i + 1 < words.size()) return words[i + 1];
    if (words[i].rfind(option + "=", 0) == 0) return words[i].substr(option.size() + 1);
  }
  return {};
}

// The context if there is a good one; commands that need it will say what is wrong with it.
Context context_if_any(const std::vector<std::string>& words) {
  auto name = early(words, "--context");
  if (name.empty()) name = early(words, "-c");
  if (name.empty()) name = variable("CHANCERY_CONTEXT");
  const auto contexts = Contexts::load(contexts_file());
  if (!contexts) return {};
  return contexts->choose(name).value_or(Context());
}

std::string first_of(std::initializer_list<std::string> values) {
  for (const auto& value : values)
    if (!value.empty()) return value;
  return {};
}

Outcome<Format> format_of(const Arguments& arguments) {
  const auto name = arguments.value_or("--output", "table");
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "id") return Format::id;
  return fault("E-USAGE-VALUE", {{"option", "--output"}, {"value", name}});
}

Outcome<void> check_language(const Arguments& arguments) {
  const auto language = arguments.value("--lang");
  if (language.empty() || is_known_language(language)) return {};
  return fault("E-USAGE-VALUE", {{"option", "--lang"}, {"value", language}});
}

std::string help_of(const Parsed& parsed, const Catalogue& catalogue) {
  if (parsed.command != nullptr) return command_help(*parsed.command, catalogue);
  return parsed.noun.empty() ? overview(catalogue) : noun_help(parsed.noun, catalogue);
}

std::string typed(const std::vector<std::string>& words) {
  std::string line = "chancery";
  for (const auto& word : words) line += " " + shell_word(word);
  return line;
}

struct Surroundings {
  Context context;
  std::string data;
  std::string typed;
};

Outcome<int> run_command(Parsed parsed, const Surroundings& around, const Catalogue& catalogue, Streams streams) {
  CHECK_OK(check_language(parsed.arguments));
  const auto format = TRY(format_of(parsed.arguments));
  Session session(std::move(parsed), catalogue, around.data, around.context, format, streams, around.typed);
  if (session.arguments().has("--explain") && !is_judged(session.command())) return explain_command(session);
  return session.command().run(session);
}

Outcome<int> run_parsed(const std::vector<std::string>& words, const Surroundings& around, const Catalogue& catalogue,
                        Streams streams) {
  auto parsed = TRY(parse(words));
  if (parsed.help) {
    streams.out << help_of(parsed, catalogue);
    return kOk;
  }
  if (parsed.command == nullptr) {
    streams.notes << help_of(parsed, catalogue);
    return kUsage;
  }
  const auto words_of_command = parsed.command->words();
  auto outcome = run_command(std::move(parsed), around, catalogue, streams);
  if (!outcome) outcome.error().params.emplace("words", words_of_command);
  return outcome;
}

}  // namespace

int run(const std::vector<std::string>& words, Streams streams) {
  const auto context = context_if_any(words);
  const Surroundings around{
      context, first_of({early(words, "--data"), variable("CHANCERY_DATA"), context.data, CHANCERY_DEFAULT_DATA}),
      typed(words)};
  const auto language = choose_language({early(words, "--lang"),
                                         variable("CHANCERY_LANG"),
                                         context.language,
                                         {variable("LC_ALL"), variable("LC_MESSAGES"), variable("LANG")}});
  const auto catalogue = Catalogue::load(around.data, language);
  if (!catalogue) {
    // Without a catalogue there are no words but these.
    streams.notes << "error E-DATA  no texts and agreement data in " << around.data
                  << "\n  why:  " << catalogue.error().detail
                  << "\n  fix:  name the folder with --data or CHANCERY_DATA\n"
                  << "  see:  chancery explain E-DATA\n";
    return kConfiguration;
  }
  const auto outcome = run_parsed(words, around, *catalogue, streams);
  if (outcome) return *outcome;
  streams.notes << to_text(outcome.error(), *catalogue, around.typed) << std::flush;
  return outcome.error().exit_code();
}

}  // namespace chancery::client

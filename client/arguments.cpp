#include "client/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "client/nearest.h"

namespace chancery::client {

namespace {

std::string long_name(const std::string& name) { return name.substr(name.rfind("--")); }

// "-c,--context" is spelled so; `--context=x` counts too.
bool spells(const Option& option, const std::string& word) {
  std::stringstream names(option.name);
  for (std::string name; std::getline(names, name, ',');)
    if (word == name || (name.size() > 2 && word.rfind(name + "=", 0) == 0)) return true;
  return false;
}

// Words before the command's own can only be global options and their values.
std::size_t next_word(const std::vector<std::string>& words, std::size_t from) {
  for (std::size_t i = from; i < words.size(); ++i) {
    if (words[i].empty() || words[i][0] != '-') return i;
    const auto takes_next = [&](const Option& option) {
      return !option.value.empty() && spells(option, words[i]) && words[i].find('=') == std::string::npos;
    };
    if (std::any_of(global_options().begin(), global_options().end(), takes_next)) ++i;
  }
  return words.size();
}

std::vector<std::string> first_words() {
  std::vector<std::string> all;
  for (const auto& command : command_table()) {
    all.push_back(command.noun);
    if (command.noun == kOfficerNoun) all.push_back(command.verb);
  }
  return all;
}

std::vector<std::string> verbs_of(const std::string& noun) {
  std::vector<std::string> all;
  for (const auto& command : command_table())
    if (command.noun == noun) all.push_back(command.verb);
  return all;
}

tl::unexpected<Fault> unknown(const std::string& word, const std::vector<std::string>& known) {
  const auto near = nearest(word, known);
  if (near.empty()) return fault("E-USAGE-WORD", {{"word", word}});
  return fault("E-USAGE-NEAREST", {{"word", word}, {"nearest", near}});
}

struct Found {
  const Command* command = nullptr;
  std::string noun;
  std::vector<std::string> rest;  // what follows, with the global options that stood before
};

Outcome<Found> find(const std::vector<std::string>& words) {
  const auto first = next_word(words, 0);
  if (first == words.size()) return Found{nullptr, {}, words};
  auto rest = words;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(first));
  const auto& noun = words[first];
  if (const auto* command = find_command({noun})) return Found{command, noun, rest};
  const auto verbs = verbs_of(noun);
  if (verbs.empty()) return unknown(noun, first_words());
  const auto second = next_word(rest, first);
  if (second == rest.size()) return Found{nullptr, noun, rest};
  const auto verb = rest[second];
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(second));
  const auto* command = find_command({noun, verb});
  if (command == nullptr) return unknown(verb, verbs);
  return Found{command, noun, rest};
}

using Values = std::map<std::string, std::vector<std::string>>;

void declare(CLI::App& app, const std::vector<Option>& options, Values& values) {
  for (const auto& option : options) {
    auto& target = values[long_name(option.name)];
    if (option.value.empty())
      app.add_flag_callback(option.name, [&target] { target.emplace_back("yes"); });
    else
      // One value an occurrence; several occurrences add up.
      app.add_option(option.name, target)->expected(1)->take_all()->allow_extra_args(false);
  }
}

void declare(CLI::App& app, const Command& command, Values& values) {
  for (const auto& argument : command.arguments) {
    auto* option = app.add_option(argument.name, values[argument.name]);
    option->expected(argument.many ? -1 : 1)->allow_extra_args(argument.many);
  }
}

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> all = {"--help"};
  for (const auto& option : global_options()) all.push_back(long_name(option.name));
  for (const auto& option : command.options) all.push_back(long_name(option.name));
  return all;
}

Outcome<void> check_complete(const Command& command, const Arguments& arguments) {
  for (const auto& argument : command.arguments)
    if (argument.required && !arguments.has(argument.name))
      return fault("E-USAGE-MISSING", {{"name", argument.name}, {"words", command.words()}});
  for (const auto& option : command.options)
    if (option.required && !arguments.has(option.name))
      return fault("E-USAGE-MISSING", {{"name", option.name}, {"words", command.words()}});
  return {};
}

Outcome<void> parse_with(CLI::App& app, std::vector<std::string> words, const Command& command) {
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return fault("E-USAGE", {{"detail", error.what()}, {"words", command.words()}});
  }
  const auto left = app.remaining();
  if (left.empty()) return {};
  if (left.front().rfind('-', 0) == 0) return unknown(left.front(), option_names(command));
  return fault("E-USAGE-EXTRA", {{"word", left.front()}, {"words", command.words()}});
}

}  // namespace

std::string Arguments::value(const std::string& name) const { return value_or(name, {}); }

std::string Arguments::value_or(const std::string& name, const std::string& fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? fallback : found->second.back();
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> Arguments::list(const std::string& name) const {
  std::vector<std::string> out;
  for (const auto& value : all(name))
    for (auto& part : split_commas(value)) out.push_back(std::move(part));
  return out;
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream in(text);
  for (std::string part; std::getline(in, part, ',');) {
    part.erase(0, part.find_first_not_of(" \t"));
    part.erase(part.find_last_not_of(" \t") + 1);
    if (!part.empty()) parts.push_back(std::move(part));
  }
  return parts;
}

const Command* find_command(const std::vector<std::string>& words) {
  for (const auto& command : command_table()) {
    if (words.size() == 2 && command.noun == words[0] && command.verb == words[1]) return &command;
    const auto& alone = command.noun == kOfficerNoun || command.verb.empty() ? command.words() : std::string();
    if (words.size() == 1 && !alone.empty() && alone == words[0]) return &command;
  }
  return nullptr;
}

Outcome<Parsed> parse(const std::vector<std::string>& words) {
  const auto found = TRY(find(words));
  const Command none{found.noun, {}, "-", {}, {}, {}, nullptr};
  const auto& command = found.command == nullptr ? none : *found.command;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  Values values;
  bool help = false;
  app.add_flag("-h,--help", help);
  declare(app, global_options(), values);
  declare(app, command.options, values);
  declare(app, command, values);
  CHECK_OK(parse_with(app, found.rest, command));
  Parsed parsed{found.command, found.noun, {}, help};
  for (auto& [name, given] : values)
    if (!given.empty()) parsed.arguments.set(name, std::move(given));
  if (found.command != nullptr && !help) CHECK_OK(check_complete(command, parsed.arguments));
  return parsed;
}

}  // namespace chancery::client

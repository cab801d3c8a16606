#include "client/help.h"

#include "client/commands/commands.h"

namespace chancery::client::commands {

namespace {

std::string topic_help(const std::vector<std::string>& words, const Catalogue& catalogue) {
  if (words.empty()) return overview(catalogue);
  if (words.front() == "exit-codes") return exit_codes_help(catalogue);
  if (words.front() == "errors") return words.size() > 1 ? error_help(words[1], catalogue) : errors_help(catalogue);
  if (words.front().rfind("E-", 0) == 0) return error_help(words.front(), catalogue);
  if (const auto* command = find_command(words)) return command_help(*command, catalogue);
  return words.size() == 1 ? noun_help(words.front(), catalogue) : std::string();
}

Fault unknown_topic(const std::string& word) {
  if (word.rfind("E-", 0) == 0) return unknown_code(word);
  return {"E-USAGE-WORD", {{"word", word}}};
}

}  // namespace

Outcome<int> help(Session& session) {
  const auto words = session.arguments().all("TOPIC");
  const auto text = topic_help(words, session.catalogue());
  if (text.empty()) return tl::unexpected(unknown_topic(words.back()));
  if (!session.json()) return session.print(text);
  google::protobuf::Struct data;
  set_text(data, "text", text);
  return session.print_json("Help", data);
}

}  // namespace chancery::client::commands

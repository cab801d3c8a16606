#include "daemon/config/texts.h"

#include "daemon/config/document.h"

namespace chancery::config {

namespace {

void collect(const Node& table, const std::string& path, std::map<std::string, std::string>& texts) {
  for (const auto& member : table.members) {
    const auto name = path.empty() ? member.key : path + "." + member.key;
    if (member.value.kind == Node::Kind::table)
      collect(member.value, name, texts);
    else if (member.value.kind == Node::Kind::text)
      texts.emplace(name, member.value.text);
  }
}

}  // namespace

std::map<std::string, std::string> load_texts(const std::string& data_directory, const std::string& language,
                                              const std::string& section) {
  std::map<std::string, std::string> texts;
  Faults faults;
  const auto source = read_source(data_directory + "/i18n/" + language + ".toml", faults);
  const auto document = source ? parse_document(*source, faults) : std::nullopt;
  if (!document) return texts;
  const auto* table = document->find(section);
  if (table != nullptr && table->kind == Node::Kind::table) collect(*table, {}, texts);
  return texts;
}

}  // namespace chancery::config

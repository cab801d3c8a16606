#include "client/agreement_data.h"

#include <algorithm>
#include <filesystem>

#include "client/toml_file.h"

namespace chancery::client {

namespace {

std::vector<std::string> texts_of(const toml::node_view<const toml::node>& node) {
  std::vector<std::string> out;
  if (const auto* list = node.as_array())
    for (const auto& value : *list) out.push_back(value.value_or(std::string()));
  return out;
}

AgreementCode to_code(const toml::table& entry) {
  AgreementCode code{entry["code"].value_or(std::string()), {}};
  for (const auto* table : {entry["short"].as_table(), entry["text"].as_table()})
    if (table != nullptr)
      for (const auto& [language, text] : *table)
        code.names.emplace(std::string(language.str()), text.value_or(std::string()));
  return code;
}

}  // namespace

Outcome<AgreementOutline> outline_agreement(const std::string& data, const std::string& id) {
  const auto file = data + "/agreements/" + id + ".toml";
  if (!std::filesystem::exists(file)) return fault("E-AGREEMENT-UNKNOWN", {{"subject", id}});
  const auto table = TRY(read_toml(file));
  AgreementOutline outline{
      id, table["designation_channel"].value_or(std::string()), texts_of(table["languages_any"]), {}};
  if (const auto* items = table["item"].as_array())
    for (const auto& item : *items) {
      if (!item.is_table()) continue;
      const auto& entry = *item.as_table();
      const auto kind = entry["kind"].value_or(std::string());
      if (kind == "threat") outline.threats.push_back(to_code(entry));
      if (kind != "direction") continue;
      outline.direction_names.push_back(to_code(entry));
      outline.directions.push_back(outline.direction_names.back().code);
    }
  return outline;
}

Outcome<std::vector<std::string>> label_policies_of(const std::string& data, const std::string& party) {
  std::error_code error;
  std::vector<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/labels", error)) {
    if (entry.path().extension() != ".toml") continue;
    const auto table = TRY(read_toml(entry.path().string()));
    if (table["party"].value_or(std::string()) == party) ids.push_back(table["id"].value_or(std::string()));
  }
  if (error) return fault("E-FILE", {{"path", data + "/labels"}, {"detail", error.message()}});
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace chancery::client

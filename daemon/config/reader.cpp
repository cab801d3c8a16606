#include "daemon/config/reader.h"

#include <algorithm>

namespace chancery::config {

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7f;
  });
}

}  // namespace

bool read_document(const Source& source, Faults& faults, const Body& body) {
  const auto root = parse_document(source, faults);
  if (!root) return false;
  Reader reader(*root, {source.file, root->line, {}}, faults);
  body(reader);
  reader.finish();
  return true;
}

std::string Reader::path(std::string_view key) const {
  return place_.key.empty() ? std::string(key) : place_.key + "." + std::string(key);
}

Place Reader::place(std::string_view key) const {
  const auto* node = table_.find(key);
  return {place_.file, node != nullptr ? node->line : place_.line, path(key)};
}

bool Reader::has(const std::string& key) {
  asked_.insert(key);
  return table_.find(key) != nullptr;
}

const Node* Reader::ask(const std::string& key, Node::Kind kind, std::string_view kind_name) {
  asked_.insert(key);
  const auto* node = table_.find(key);
  if (node == nullptr || node->kind == kind) return node;
  fault(key, "must be " + std::string(kind_name));
  return nullptr;
}

const Node* Reader::require(const std::string& key, Node::Kind kind, std::string_view kind_name) {
  if (!has(key)) fault(key, "is missing");
  return ask(key, kind, kind_name);
}

bool Reader::check_text(const Place& at, const std::string& text) {
  if (text.empty()) faults_.add(at, "is empty");
  if (has_control(text)) faults_.add(at, "contains a control character");
  return !text.empty() && !has_control(text);
}

std::string Reader::text(const std::string& key) {
  const auto* node = require(key, Node::Kind::text, "text");
  return node != nullptr && check_text(place(key), node->text) ? node->text : std::string();
}

std::string Reader::text_or(const std::string& key, std::string fallback) {
  return has(key) ? text(key) : std::move(fallback);
}

std::string Reader::text(const std::string& key, core::Form form, std::string_view form_name) {
  auto value = text(key);
  if (value.empty() || form(value)) return value;
  fault(key, "'" + value + "' must be " + std::string(form_name));
  return {};
}

std::string Reader::date(const std::string& key) {
  const auto* node = require(key, Node::Kind::date, "a date, written 2009-06-16 without quotes");
  return node != nullptr ? node->text : std::string();
}

std::uint32_t Reader::number(const std::string& key, std::uint32_t min, std::uint32_t max) {
  const auto* node = require(key, Node::Kind::number, "a whole number");
  if (node == nullptr) return 0;
  if (node->number >= min && node->number <= max) return static_cast<std::uint32_t>(node->number);
  fault(key, "must be from " + std::to_string(min) + " to " + std::to_string(max));
  return 0;
}

bool Reader::flag(const std::string& key) {
  const auto* node = require(key, Node::Kind::flag, "true or false");
  return node != nullptr && node->flag;
}

bool Reader::flag_or(const std::string& key, bool fallback) { return has(key) ? flag(key) : fallback; }

bool Reader::always_true(const std::string& key, const std::string& why) {
  const auto* node = require(key, Node::Kind::flag, "true or false");
  if (node != nullptr && !node->flag) fault(key, "must be true: " + why);
  return true;
}

std::vector<std::string> Reader::texts(const std::string& key, core::Form form, std::string_view form_name) {
  std::vector<std::string> values;
  const auto* list = require(key, Node::Kind::list, "a list");
  if (list == nullptr) return values;
  for (const auto& node : list->list) {
    const Place at{place_.file, node.line, path(key)};
    if (node.kind != Node::Kind::text || !form(node.text)) {
      faults_.add(at, "'" + node.text + "' must be " + std::string(form_name));
    } else if (std::find(values.begin(), values.end(), node.text) != values.end()) {
      faults_.add(at, "'" + node.text + "' is named twice");
    } else {
      values.push_back(node.text);
    }
  }
  return values;
}

core::Localized Reader::read_localized(const Node& table, const Place& at) {
  core::Localized texts;
  for (const auto& [language, value] : table.members) {
    const Place here{at.file, value.line, at.key + "." + language};
    if (!core::is_language(language)) {
      faults_.add(here, "'" + language + "' is no language code");
    } else if (value.kind != Node::Kind::text) {
      faults_.add(here, "must be text");
    } else if (check_text(here, value.text)) {
      texts[language] = value.text;
    }
  }
  for (const auto* language : {"zh", "ru", "en"})
    if (table.find(language) == nullptr)
      faults_.add({at.file, at.line, at.key + "." + language}, "the translation is missing");
  return texts;
}

core::Localized Reader::localized(const std::string& key) {
  const auto* node = require(key, Node::Kind::table, "text in zh, ru and en");
  return node != nullptr ? read_localized(*node, place(key)) : core::Localized();
}

std::map<std::string, core::Localized> Reader::all_localized() {
  std::map<std::string, core::Localized> all;
  for (const auto& member : table_.members)
    if (const auto* node = ask(member.key, Node::Kind::table, "text in zh, ru and en"))
      all[member.key] = read_localized(*node, place(member.key));
  return all;
}

std::string Reader::one_of(const std::string& key, const std::vector<std::string>& words) {
  auto value = text(key);
  if (std::find(words.begin(), words.end(), value) != words.end()) return value;
  if (!value.empty()) fault(key, "'" + value + "' must be one of " + join(words));
  return words.front();
}

void Reader::each(const std::string& key, const Body& body) {
  const auto* list = ask(key, Node::Kind::list, "a list of tables, each under [[" + path(key) + "]]");
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->list.size(); ++i) {
    const auto& node = list->list[i];
    const Place at{place_.file, node.line, path(key) + "[" + std::to_string(i + 1) + "]"};
    if (node.kind != Node::Kind::table) {
      faults_.add(at, "must be a table");
      continue;
    }
    Reader row(node, at, faults_);
    body(row);
    row.finish();
  }
}

void Reader::inside(const std::string& key, const Body& body) {
  const auto* node = ask(key, Node::Kind::table, "a table");
  if (node == nullptr) return;
  Reader table(*node, place(key), faults_);
  body(table);
  table.finish();
}

void Reader::finish() {
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& member : table_.members)
    if (!asked_.contains(member.key)) fault(member.key, "unknown key; known here: " + join(known));
}

}  // namespace chancery::config

#include "daemon/config/document.h"

#include <filesystem>
#include <fstream>
#include <iterator>

// Errors as values: input never throws here.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace chancery::config {

namespace {

constexpr std::uintmax_t kMaxFile = 1 << 20;

std::uint32_t line_of(const toml::node& node) { return node.source().begin.line; }

std::string padded(unsigned number, std::size_t width) {
  auto text = std::to_string(number);
  text.insert(0, width > text.size() ? width - text.size() : 0, '0');
  return text;
}

std::string to_text(const toml::date& date) {
  return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2);
}

Node to_node(const toml::node& from);

void fill(Node& to, const toml::table& from) {
  to.kind = Node::Kind::table;
  for (const auto& [key, value] : from) {
    auto node = to_node(value);
    if (node.line == 0) node.line = key.source().begin.line;
    to.members.push_back({std::string(key.str()), std::move(node)});
  }
}

void fill(Node& to, const toml::array& from) {
  to.kind = Node::Kind::list;
  for (const auto& value : from) to.list.push_back(to_node(value));
}

void fill_scalar(Node& to, const toml::node& from) {
  if (const auto* text = from.as_string()) {
    to.kind = Node::Kind::text;
    to.text = text->get();
  } else if (const auto* number = from.as_integer()) {
    to.kind = Node::Kind::number;
    to.number = number->get();
  } else if (const auto* flag = from.as_boolean()) {
    to.kind = Node::Kind::flag;
    to.flag = flag->get();
  } else if (const auto* date = from.as_date()) {
    to.kind = Node::Kind::date;
    to.text = to_text(date->get());
  }
}

// toml++ bounds the nesting of what it parses (256), so this ends.
Node to_node(const toml::node& from) {
  Node node;
  node.line = line_of(from);
  if (const auto* table = from.as_table()) {
    fill(node, *table);
  } else if (const auto* array = from.as_array()) {
    fill(node, *array);
  } else {
    fill_scalar(node, from);
  }
  return node;
}

}  // namespace

std::optional<Source> read_source(const std::string& file, Faults& faults) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    faults.add({file, 0, {}}, "is no file that can be read");
    return std::nullopt;
  }
  if (std::filesystem::file_size(file, error) > kMaxFile || error) {
    faults.add({file, 0, {}}, "is larger than 1 MiB");
    return std::nullopt;
  }
  std::ifstream in(file, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(in), {}};
  if (in.fail() && !in.eof()) {
    faults.add({file, 0, {}}, "cannot be read");
    return std::nullopt;
  }
  return Source{file, std::move(bytes)};
}

const Node* Node::find(std::string_view key) const {
  for (const auto& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::optional<Node> parse_document(const Source& source, Faults& faults) {
  const auto parsed = toml::parse(as_text(source.bytes));
  if (!parsed) {
    const auto& error = parsed.error();
    const auto at = error.source().begin;
    faults.add({source.file, at.line, {}},
               "column " + std::to_string(at.column) + ": " + std::string(error.description()));
    return std::nullopt;
  }
  auto root = to_node(parsed.table());
  root.line = 1;
  return root;
}

}  // namespace chancery::config

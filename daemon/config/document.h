// A data file as a tree of values that know their line. The only place that knows TOML is document.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "daemon/config/faults.h"

namespace chancery::config {

// A file with its bytes, read once: what is parsed is what is digested.
struct Source {
  std::string file;
  Bytes bytes;
};

// Reads a regular file of at most 1 MiB.
std::optional<Source> read_source(const std::string& file, Faults& faults);

struct Member;

struct Node {
  enum class Kind { table, list, text, number, flag, date, other };
  Kind kind = Kind::other;
  std::uint32_t line = 0;
  std::string text;  // also of a date: "2009-06-16"
  std::int64_t number = 0;
  bool flag = false;
  std::vector<Node> list;
  std::vector<Member> members;  // of a table, no key twice

  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Node value;
};

// The root table. A file that does not parse is one fault, with its line and column.
std::optional<Node> parse_document(const Source& source, Faults& faults);

}  // namespace chancery::config

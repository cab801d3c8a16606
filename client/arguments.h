// What was typed, by the names of the command table.
#pragma once

#include "client/command.h"

namespace chancery::client {

class Arguments {
 public:
  void set(const std::string& name, std::vector<std::string> values) { values_[name] = std::move(values); }

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  // The value, empty when it was not given.
  [[nodiscard]] std::string value(const std::string& name) const;
  [[nodiscard]] std::string value_or(const std::string& name, const std::string& fallback) const;
  // The values, each split at commas, empty ones left out.
  [[nodiscard]] std::vector<std::string> list(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

std::vector<std::string> split_commas(const std::string& text);

struct Parsed {
  const Command* command = nullptr;  // null: only help of `noun` or of everything is wanted
  std::string noun;
  Arguments arguments;
  bool help = false;
};

// Usage faults (exit 2) name the word and the nearest one there is.
Outcome<Parsed> parse(const std::vector<std::string>& words);
// The command of these words: "send", "message send", "user add"; null when there is none.
const Command* find_command(const std::vector<std::string>& words);

}  // namespace chancery::client

// The one command table: parsing and help both come from it.
#pragma once

#include <string>
#include <vector>

#include "client/fault.h"

namespace chancery::client {

class Session;

struct Argument {
  std::string name;  // "ID", as help shows it
  bool required = true;
  bool many = false;
};

struct Option {
  std::string name;   // "--to"
  std::string value;  // "AUTHORITY,..."; empty: a flag
  std::string key;    // its help in the catalogue: "option.<key>"
  bool required = false;
};

struct Command {
  std::string noun;   // "user"; for officers' verbs "message", which may be left out
  std::string verb;   // "add"; empty when the noun is the whole command
  std::string roles;  // O officer, P approver, A administrator, U auditor, - anyone
  std::vector<Argument> arguments;
  std::vector<Option> options;
  std::vector<std::string> examples;  // whole command lines
  Outcome<int> (*run)(Session&);      // returns the exit code
  // What --explain names beside the role: "rule.<name>" of the catalogue. Of what has --dry-run the daemon says it.
  std::vector<std::string> rules = {};

  // "user add"; "send" for what may stand alone.
  [[nodiscard]] std::string words() const;
  // "help.user-add".
  [[nodiscard]] std::string help_key() const;
};

inline constexpr const char* kOfficerNoun = "message";

const std::vector<Command>& command_table();
// Options every command takes.
const std::vector<Option>& global_options();

}  // namespace chancery::client

// What `init` reads of the agreement and label data before any daemon runs: only which codes there are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/fault.h"

namespace chancery::client {

struct AgreementCode {
  std::string code;
  std::map<std::string, std::string> names;  // by language
};

struct AgreementOutline {
  std::string id;
  std::string channel;                  // of record for designations
  std::vector<std::string> languages;   // working languages
  std::vector<std::string> directions;  // codes
  std::vector<AgreementCode> direction_names = {};
  std::vector<AgreementCode> threats = {};
};

// <data>/agreements/<id>.toml. Faults: E-AGREEMENT-UNKNOWN, E-CONFIG-FILE.
Outcome<AgreementOutline> outline_agreement(const std::string& data, const std::string& id);

// Ids of the label policies of this Party in <data>/labels, sorted.
Outcome<std::vector<std::string>> label_policies_of(const std::string& data, const std::string& party);

}  // namespace chancery::client

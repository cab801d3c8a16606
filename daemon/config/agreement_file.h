// agreements/<id>.toml and agreements/clauses.tsv. The shape of both is described in config/README.md.
#pragma once

#include <set>

#include "daemon/config/document.h"
#include "daemon/core/agreement.h"

namespace chancery::config {

using Clauses = std::set<std::string, std::less<>>;

// The first column of a table whose first line names the columns.
Clauses read_clauses(const Source& source, Faults& faults);

struct AgreementFile {
  core::Agreement agreement;  // without party status
  Place id;
};

// What could be read, also after faults, so that the rest can be checked against it; nothing when it does not parse.
std::optional<AgreementFile> read_agreement(const Source& source, const Clauses& clauses, Faults& faults);

}  // namespace chancery::config

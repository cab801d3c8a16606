// What is made of what, as statements say: the rows of the table made_of. Internal to this folder.
#pragma once

#include <vector>

#include "daemon/store/database.h"
#include "daemon/store/records.h"

namespace chancery::store {

struct MadeOf {
  core::MessageId source;
  core::MessageId message;
};

// By source lines, or because it is sent again: of a message, and of the statements beside it, which may be of messages
// that never come here themselves. Errors: those of parsing.
Result<std::vector<MadeOf>> made_of(const core::MessageId& id, std::string_view statement,
                                    const std::vector<SignedStatement>& beside);

// What is filed already stays.
Result<void> file_made_of(Database& database, const std::vector<MadeOf>& all);
// Of every message that is there.
Result<void> file_all_made_of(Database& database);

}  // namespace chancery::store

#include "daemon/store/made_of.h"

#include "daemon/core/provenance.h"
#include "daemon/store/encoding.h"

namespace chancery::store {

namespace {

bool names_others(std::string_view statement) {
  return statement.find("\nsource ") != std::string_view::npos ||
         statement.find("\nfact reissue-of ") != std::string_view::npos;
}

// One may be used in several ways; what is sent again is the same text.
void add(const core::MessageId& id, const core::Message& message, std::vector<MadeOf>& out) {
  for (const auto& line : message.sources) out.push_back({line.id, id});
  if (const auto first = core::reissue_of(message)) out.push_back({*first, id});
}

}  // namespace

Result<std::vector<MadeOf>> made_of(const core::MessageId& id, std::string_view statement,
                                    const std::vector<SignedStatement>& beside) {
  std::vector<MadeOf> all;
  if (names_others(statement)) add(id, TRY(core::Message::parse(statement)), all);
  for (const auto& one : beside) {
    if (!names_others(one.statement)) continue;
    const auto message = TRY(core::Message::parse(one.statement));
    add(core::message_id(one.statement, message.created), message, all);
  }
  return all;
}

Result<void> file_made_of(Database& database, const std::vector<MadeOf>& all) {
  for (const auto& one : all)
    CHECK_OK(
        database.query("INSERT OR IGNORE INTO made_of (source, message) VALUES (?,?)", one.source, one.message).run());
  return {};
}

Result<void> file_all_made_of(Database& database) {
  auto q = database.query("SELECT m.id, m.statement, b.sources FROM message m JOIN body b ON b.ordinal = m.ordinal");
  while (TRY(q.next()))
    CHECK_OK(
        file_made_of(database, TRY(made_of(q.message_id(0), as_text(q.view(1)), TRY(decode_statements(q.view(2)))))));
  return {};
}

}  // namespace chancery::store

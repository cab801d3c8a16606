#include "daemon/store/rows.h"

namespace chancery::store {

Result<std::vector<HandlingRecord>> Rows::handlings(const core::MessageId& message) {
  auto q =
      database_.query("SELECT statement, batch, leaf, path FROM handling WHERE message = ? ORDER BY ordinal", message);
  std::vector<HandlingRecord> all;
  while (TRY(q.next())) {
    auto statement = TRY(signed_at(q, 0));
    auto handling = core::Handling::parse(statement.statement);
    if (!handling.has_value()) return fail(Errc::corrupt, "store: handling: " + handling.error().detail);
    all.push_back({std::move(*handling), std::move(statement)});
  }
  return all;
}

}  // namespace chancery::store

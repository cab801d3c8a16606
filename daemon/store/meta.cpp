#include "daemon/store/meta.h"

#include "daemon/core/statement.h"

namespace chancery::store {

namespace {

constexpr const char* kEpoch = "epoch";

}  // namespace

Result<std::optional<std::string>> meta(Database& database, const std::string& name) {
  auto q = database.query("SELECT value FROM meta WHERE name = ?", name);
  if (!TRY(q.next())) return std::optional<std::string>();
  return std::optional<std::string>(q.text(0));
}

Result<void> set_meta(Database& database, const std::string& name, const std::string& value) {
  return database
      .query("INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
             name, value)
      .run();
}

Result<void> drop_meta(Database& database, const std::string& name) {
  return database.query("DELETE FROM meta WHERE name = ?", name).run();
}

Result<std::uint64_t> epoch(Database& database) {
  const auto text = TRY(meta(database, kEpoch));
  if (!text) return std::uint64_t{1};
  auto number = core::parse_ordinal(*text);
  if (!number) return fail(Errc::corrupt, "store: epoch '" + *text + "'");
  return *number;
}

Result<void> set_epoch(Database& database, std::uint64_t epoch) {
  return set_meta(database, kEpoch, std::to_string(epoch));
}

}  // namespace chancery::store

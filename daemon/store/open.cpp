#include "daemon/store/open.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/store/journal.h"
#include "daemon/store/schema.h"

namespace chancery::store {

namespace {

// SQLite gives the log and its index the mode of the database.
Result<void> make_file(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(Errc::unavailable, "store: cannot open " + file.string());
  ::close(fd);
  return {};
}

Result<void> check_authority(Database& database, const std::string& authority) {
  CHECK_OK(database.query("INSERT OR IGNORE INTO meta (name, value) VALUES ('authority', ?)", authority).run());
  auto q = database.query("SELECT value FROM meta WHERE name = 'authority'");
  if (!TRY(q.next()) || q.text(0) != authority) return fail(Errc::conflict, "the store belongs to another authority");
  return {};
}

}  // namespace

Result<FileLock> lock_directory(const StoreOptions& options) {
  std::error_code error;
  if (std::filesystem::create_directories(options.directory, error))
    std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::unavailable, "store: cannot make " + options.directory.string());
  return FileLock::take(options.directory / "lock");
}

Result<std::unique_ptr<Database>> open_database(const StoreOptions& options, const crypto::SecretBytes& key) {
  const auto file = options.directory / "chancery.db";
  CHECK_OK(make_file(file));
  auto database = TRY(Database::open(file, key, Database::Use::writer, options.vfs));
  CHECK_OK(migrate(*database));
  CHECK_OK(check_authority(*database, options.authority));
  return database;
}

Result<void> check_rollback(Database& database, const std::optional<crypto::Checkpoint>& checkpoint) {
  const auto journal = TRY(Journal::open(database));
  const auto size = journal.tree().size();
  if (!checkpoint) {
    if (size.value == 0) return {};
    return fail(Errc::corrupt, "store: " + std::to_string(size.value) + " journal entries and no checkpoint file");
  }
  const auto sizes =
      "checkpoint of " + std::to_string(checkpoint->size.value) + " entries, database of " + std::to_string(size.value);
  if (size < checkpoint->size) return fail(Errc::corrupt, "store: rolled back: " + sizes);
  const auto root = TRY(crypto::stored_root(checkpoint->size, journal_nodes(database)));
  if (root != checkpoint->root) return fail(Errc::corrupt, "store: another history: " + sizes);
  return {};
}

}  // namespace chancery::store

#include "daemon/store/open.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/store/journal.h"
#include "daemon/store/meta.h"
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

Result<std::unique_ptr<Database>> open_as_it_is(const StoreOptions& options, const crypto::SecretBytes& key) {
  const auto file = options.directory / "chancery.db";
  CHECK_OK(make_file(file));
  return Database::open(file, key, Database::Use::writer, options.vfs);
}

Result<void> update(Database& database, const std::string& authority) {
  CHECK_OK(migrate(database));
  return check_authority(database, authority);
}

Result<std::unique_ptr<Database>> open_database(const StoreOptions& options, const crypto::SecretBytes& key) {
  auto database = TRY(open_as_it_is(options, key));
  CHECK_OK(update(*database, options.authority));
  return database;
}

Result<void> remove_unfinished(const StoreOptions& options) {
  for (const auto* name : {kRestoring, kRekeying}) {
    std::error_code error;
    std::filesystem::remove_all(options.directory / name, error);
    if (error) return fail(Errc::unavailable, "store: cannot remove " + (options.directory / name).string());
  }
  return {};
}

Result<void> remove_gone(Database& database, const AttachmentFiles& attachments) {
  bool any = false;
  {
    auto q = database.query("SELECT root FROM attachment_gone");
    for (; TRY(q.next()); any = true) attachments.remove(q.digest(0));
  }
  if (!any) return {};
  return database.query("DELETE FROM attachment_gone").run();
}

namespace {

// Where an earlier program kept it.
std::filesystem::path inner_checkpoint(const StoreOptions& options) { return options.directory / "checkpoint"; }

tl::unexpected<Error> rolled_back(const std::string& what) {
  return fail(Errc::corrupt,
              "store: " + what + "; put the newest copy back, or let `chanceryd restore` open a new epoch on this one");
}

}  // namespace

Result<OwnCheckpoint> open_checkpoint_file(const StoreOptions& options, const crypto::PublicKey& log_key,
                                           OwnCheckpoint::Missing missing) {
  const auto file = options.checkpoint_file.empty() ? inner_checkpoint(options) : options.checkpoint_file;
  return OwnCheckpoint::open(file, options.authority, log_key, missing);
}

Result<std::optional<crypto::Checkpoint>> last_checkpoint(const StoreOptions& options, const OwnCheckpoint& file,
                                                          const crypto::PublicKey& log_key) {
  if (file.last() || options.checkpoint_file.empty()) return file.last();
  const auto inner =
      TRY(OwnCheckpoint::open(inner_checkpoint(options), options.authority, log_key, OwnCheckpoint::Missing::leave));
  return inner.last();
}

Result<void> check_rollback(Database& database, const std::string& authority,
                            const std::optional<crypto::Checkpoint>& checkpoint) {
  if (TRY(schema_of(database)) == 0) {
    if (!checkpoint || checkpoint->size.value == 0) return {};
    return rolled_back("rolled back: checkpoint of " + std::to_string(checkpoint->size.value) +
                       " entries, database of none");
  }
  const auto journal = TRY(Journal::open(database));
  const auto size = journal.tree().size();
  if (!checkpoint) {
    if (size.value == 0) return {};
    return rolled_back(std::to_string(size.value) + " journal entries and no checkpoint file");
  }
  const auto here = TRY(epoch(database));
  const auto there = TRY(epoch_of(*checkpoint, authority));
  if (here > there) return {};
  const auto sizes =
      "checkpoint of " + std::to_string(checkpoint->size.value) + " entries, database of " + std::to_string(size.value);
  if (here < there)
    return rolled_back("rolled back: checkpoint of epoch " + std::to_string(there) + ", database of epoch " +
                       std::to_string(here) + "; " + sizes);
  if (size < checkpoint->size) return rolled_back("rolled back: " + sizes);
  const auto root = TRY(crypto::stored_root(checkpoint->size, journal_nodes(database)));
  if (root != checkpoint->root) return rolled_back("another history: " + sizes);
  return {};
}

Result<void> accept(Database& database, const std::string& authority, const std::optional<crypto::Checkpoint>& last) {
  CHECK_OK(check_rollback(database, authority, last));
  database.accept_log();
  return update(database, authority);
}

Result<std::unique_ptr<Database>> open_accepted(const StoreOptions& options, const crypto::SecretBytes& key,
                                                const crypto::PublicKey& log_key) {
  auto database = TRY(open_as_it_is(options, key));
  const auto file = TRY(open_checkpoint_file(options, log_key, OwnCheckpoint::Missing::leave));
  CHECK_OK(accept(*database, options.authority, TRY(last_checkpoint(options, file, log_key))));
  return database;
}

}  // namespace chancery::store

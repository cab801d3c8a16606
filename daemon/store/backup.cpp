#include "daemon/store/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/store/journal.h"
#include "daemon/store/meta.h"
#include "daemon/store/open.h"

namespace chancery::store {

namespace {

namespace fs = std::filesystem;

constexpr const char* kDatabase = "chancery.db";
constexpr const char* kLog = "chancery.db-wal";
constexpr const char* kLogIndex = "chancery.db-shm";
constexpr const char* kCheckpoint = "backup.checkpoint";

tl::unexpected<Error> failed(const std::string& what, const fs::path& path) {
  return fail(Errc::unavailable, "store: cannot " + what + " " + path.string());
}

Result<void> make_empty(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error || !fs::create_directories(folder, error)) return failed("make", folder);
  fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return failed("make", folder);
  return {};
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(from, error)) return {};
  fs::rename(from, to, error);
  if (error) return failed("move", from);
  return {};
}

Result<void> copy_whole(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error) return failed("copy", from);
  fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
  return sync_path(to);
}

// In the place of what is there, which may have been damaged since. Those with a suffix are on their way.
Result<std::uint64_t> take_beside(const fs::path& from, const fs::path& to) {
  std::uint64_t files = 0;
  for (const auto* folder : kBeside) {
    std::error_code error;
    if (!fs::is_directory(from / folder, error)) continue;
    fs::create_directories(to / folder, error);
    for (const auto& item : fs::directory_iterator(from / folder, error)) {
      if (!item.is_regular_file() || item.path().has_extension()) continue;
      const auto target = to / folder / item.path().filename();
      auto linked = target;
      linked += ".fresh";
      fs::remove(linked, error);
      fs::create_hard_link(item.path(), linked, error);
      if (error) CHECK_OK(copy_whole(item.path(), linked));
      fs::rename(linked, target, error);
      if (error) return failed("put in its place", target);
      fs::remove(linked, error);  // still there when both were one file
      ++files;
    }
    CHECK_OK(sync_path(to / folder));
  }
  return files;
}

Result<crypto::Checkpoint> head_of(Database& database, const std::string& authority) {
  const auto journal = TRY(Journal::open(database));
  return crypto::Checkpoint{checkpoint_origin(authority, TRY(epoch(database))), journal.tree().size(),
                            journal.tree().root(), std::nullopt};
}

Result<void> leave_checkpoint(const fs::path& file, const std::string& authority, const crypto::Checkpoint& head,
                              crypto::Signer& log_key) {
  auto own = TRY(OwnCheckpoint::open(file, authority, log_key.public_key(), OwnCheckpoint::Missing::make));
  CHECK_OK(own.advance(head, TRY(crypto::sign_checkpoint(head, log_key))));
  return own.sync();
}

// A daemon that runs has looked at its store.
Result<std::unique_ptr<Database>> open_to_copy(const StoreOptions& options, const crypto::SecretBytes& key,
                                               const crypto::PublicKey& log_key, const Result<FileLock>& lock) {
  if (lock) return open_accepted(options, key, log_key);
  if (lock.error().code != Errc::busy) return tl::unexpected(lock.error());
  return Database::open(options.directory / kDatabase, key, Database::Use::reader, options.vfs);
}

}  // namespace

Result<Backup> back_up(const StoreOptions& options, const crypto::SecretBytes& database_key, crypto::Signer& log_key,
                       const fs::path& to) {
  std::error_code error;
  if (fs::exists(to, error)) return fail(Errc::conflict, "store: " + to.string() + " is there already");
  if (!fs::exists(options.directory / kDatabase, error)) return failed("find", options.directory / kDatabase);
  auto fresh = to;
  fresh += ".new";
  CHECK_OK(make_empty(fresh));
  const auto lock = lock_directory(options);
  // Before and after: what is erased meanwhile, and what comes, is all there.
  TRY(take_beside(options.directory, fresh));
  {
    const auto database = TRY(open_to_copy(options, database_key, log_key.public_key(), lock));
    CHECK_OK(database->copy_into(fresh / kDatabase, database_key));
  }
  Backup out;
  {
    const auto copy = TRY(Database::open(fresh / kDatabase, database_key, Database::Use::writer, options.vfs));
    out.checkpoint = TRY(head_of(*copy, options.authority));
    copy->accept_log();
  }
  CHECK_OK(sync_path(fresh / kDatabase));
  CHECK_OK(leave_checkpoint(fresh / kCheckpoint, options.authority, out.checkpoint, log_key));
  out.files = TRY(take_beside(options.directory, fresh));
  CHECK_OK(sync_path(fresh));
  fs::rename(fresh, to, error);
  if (error) return failed("rename", fresh);
  CHECK_OK(sync_path(fs::absolute(to).parent_path()));
  return out;
}

// ---- restore

namespace {

// The files of a backup, or a copy of the store as it stands, in a folder where they can be worked on.
Result<void> gather(const StoreOptions& options, const crypto::SecretBytes& key, crypto::Signer& log_key,
                    const std::optional<fs::path>& backup, const fs::path& fresh) {
  CHECK_OK(make_empty(fresh));
  TRY(take_beside(backup ? *backup : options.directory, fresh));
  std::error_code error;
  if (backup) {
    CHECK_OK(copy_whole(*backup / kDatabase, fresh / kDatabase));
    for (const auto* name : {kLog, kCheckpoint})
      if (fs::exists(*backup / name, error)) CHECK_OK(copy_whole(*backup / name, fresh / name));
    return {};
  }
  const auto database = TRY(open_database(options, key));
  CHECK_OK(database->copy_into(fresh / kDatabase, key));
  return leave_checkpoint(fresh / kCheckpoint, options.authority, TRY(head_of(*database, options.authority)), log_key);
}

// Whatever is there may be what has to be replaced.
std::uint64_t epoch_in_place(const StoreOptions& options, const crypto::SecretBytes& key) {
  std::error_code error;
  if (!fs::exists(options.directory / kDatabase, error)) return 0;
  const auto database = Database::open(options.directory / kDatabase, key, Database::Use::writer, options.vfs);
  return database ? epoch(**database).value_or(0) : 0;
}

Result<std::uint64_t> last_message(Database& database) {
  auto q = database.query("SELECT coalesce(max(ordinal), 0) FROM message");
  return TRY(q.next()) ? q.number(0) : 0;
}

Result<crypto::Checkpoint> begin_epoch(const StoreOptions& fresh, const crypto::SecretBytes& key, std::uint64_t number,
                                       const Clock& clock, crypto::RandomSource& random) {
  const auto database = TRY(open_database(fresh, key));
  core::JournalEntry entry;
  entry.time = clock.now();
  entry.actor = "operator";
  entry.act = core::Act::restored;
  entry.subject = std::to_string(number);
  entry.salt = random.bytes(crypto::kSaltSize);
  auto journal = TRY(Journal::open(*database));
  CHECK_OK(database->query("BEGIN IMMEDIATE").run());
  CHECK_OK(set_epoch(*database, number));
  if (const auto last = TRY(last_message(*database)); last > 0)
    CHECK_OK(set_meta(*database, kRestoredAfter, std::to_string(last)));
  CHECK_OK(drop_meta(*database, kSuspended));
  TRY(journal.append(std::move(entry)));
  CHECK_OK(database->query("COMMIT").run());
  CHECK_OK(database->empty_log());
  return head_of(*database, fresh.authority);
}

// The log of another database beside this one would damage it: it goes first.
Result<fs::path> put_in_place(const fs::path& from, const fs::path& directory, const std::string& name) {
  std::error_code error;
  fs::path replaced;
  if (fs::exists(directory / kDatabase, error)) {
    replaced = directory / name;
    // One that was interrupted here has moved its log there.
    if (!fs::equivalent(directory / kDatabase, replaced / kDatabase, error)) {
      CHECK_OK(make_empty(replaced));
      fs::create_hard_link(directory / kDatabase, replaced / kDatabase, error);
      if (error) return failed("keep", directory / kDatabase);
    }
    CHECK_OK(move_file(directory / kLog, replaced / kLog));
    CHECK_OK(move_file(directory / kLogIndex, replaced / kLogIndex));
    CHECK_OK(sync_path(replaced));
  }
  CHECK_OK(move_file(from, directory / kDatabase));
  CHECK_OK(sync_path(directory));
  return replaced;
}

}  // namespace

Result<Restored> restore(const StoreOptions& options, const crypto::SecretBytes& database_key, crypto::Signer& log_key,
                         const std::optional<fs::path>& backup, const Clock& clock, crypto::RandomSource& random) {
  const auto lock = TRY(lock_directory(options));
  auto outside = TRY(open_checkpoint_file(options, log_key.public_key(), OwnCheckpoint::Missing::make));
  const auto folder = options.directory / kRestoring;
  const StoreOptions fresh{folder, options.authority, options.vfs, folder / kCheckpoint};
  CHECK_OK(gather(options, database_key, log_key, backup, fresh.directory));
  Restored out;
  out.report = TRY(fsck(fresh, database_key, log_key.public_key()));
  if (!out.report.findings.empty()) return out;
  std::uint64_t last = epoch_in_place(options, database_key);
  if (outside.last()) last = std::max(last, TRY(epoch_of(*outside.last(), options.authority)));
  {
    const auto database = TRY(open_database(fresh, database_key));
    last = std::max(last, TRY(epoch(*database)));
  }
  out.epoch = last + 1;
  out.checkpoint = TRY(begin_epoch(fresh, database_key, out.epoch, clock, random));
  CHECK_OK(sync_path(fresh.directory / kDatabase));
  TRY(take_beside(fresh.directory, options.directory));
  out.replaced = TRY(put_in_place(fresh.directory / kDatabase, options.directory, "replaced-" + std::to_string(last)));
  // Before this the store is of a later epoch than its checkpoint: restored, and opens.
  CHECK_OK(outside.advance(out.checkpoint, TRY(crypto::sign_checkpoint(out.checkpoint, log_key))));
  CHECK_OK(outside.sync());
  std::error_code ignored;
  fs::remove_all(options.directory / "quotes", ignored);
  fs::remove_all(fresh.directory, ignored);
  return out;
}

// ---- rekey

Result<bool> opens(const StoreOptions& options, const crypto::SecretBytes& database_key) {
  const auto lock = TRY(lock_directory(options));
  std::error_code error;
  if (!fs::exists(options.directory / kDatabase, error)) return failed("find", options.directory / kDatabase);
  const auto database = Database::open(options.directory / kDatabase, database_key, Database::Use::writer, options.vfs);
  if (database) return true;
  if (database.error().code == Errc::unauthenticated) return false;
  return tl::unexpected(database.error());
}

Result<FsckReport> rekey(const StoreOptions& options, const crypto::SecretBytes& old_key,
                         const crypto::SecretBytes& new_key, const crypto::PublicKey& log_key) {
  const auto lock = TRY(lock_directory(options));
  const StoreOptions fresh{options.directory / kRekeying, options.authority, options.vfs, options.checkpoint_file};
  CHECK_OK(make_empty(fresh.directory));
  TRY(take_beside(options.directory, fresh.directory));
  {
    const auto database = TRY(open_accepted(options, old_key, log_key));
    CHECK_OK(database->empty_log());
    CHECK_OK(database->copy_into(fresh.directory / kDatabase, new_key));
  }
  auto report = TRY(fsck(fresh, new_key, log_key));
  std::error_code error;
  if (!report.findings.empty()) {
    fs::remove_all(fresh.directory, error);
    return report;
  }
  CHECK_OK(sync_path(fresh.directory / kDatabase));
  // Closed with an empty log, the old one leaves nothing beside it.
  fs::remove(options.directory / kLog, error);
  fs::remove(options.directory / kLogIndex, error);
  CHECK_OK(move_file(fresh.directory / kDatabase, options.directory / kDatabase));
  CHECK_OK(sync_path(options.directory));
  fs::remove_all(fresh.directory, error);
  return report;
}

}  // namespace chancery::store

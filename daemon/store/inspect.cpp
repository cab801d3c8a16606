#include "daemon/store/inspect.h"

#include "daemon/store/meta.h"
#include "daemon/store/open.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

Result<Inspection> inspect(const StoreOptions& options, const crypto::SecretBytes& database_key,
                           const crypto::PublicKey& log_key) {
  const auto file = options.directory / "chancery.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return fail(Errc::not_found, file.string() + ": is not there");
  Inspection out;
  {
    // Only to see whether somebody has it: a daemon may start meanwhile.
    const auto lock = lock_directory(options);
    if (!lock && lock.error().code != Errc::busy) return tl::unexpected(lock.error());
    out.in_use = !lock;
  }
  const auto database = TRY(Database::open(file, database_key, Database::Use::reader, options.vfs));
  CHECK_OK(database->query("BEGIN").run());
  out.entries = TRY(Journal::open(*database)).tree().size().value;
  out.epoch = TRY(epoch(*database));
  out.suspended = TRY(meta(*database, kSuspended));
  Rows rows(*database);
  out.directory = TRY(load_known(rows, options.authority)).directory;
  if (!out.in_use) {
    const auto checkpoint = TRY(open_checkpoint_file(options, log_key, OwnCheckpoint::Missing::leave));
    CHECK_OK(check_rollback(*database, options.authority, TRY(last_checkpoint(options, checkpoint, log_key))));
  }
  CHECK_OK(database->query("ROLLBACK").run());
  return out;
}

}  // namespace chancery::store

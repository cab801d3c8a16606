#include "daemon/upkeep.h"

#include <unistd.h>

#include "crypto/clock.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "daemon/keys.h"
#include "daemon/store/directory_files.h"

namespace chancery {

namespace {

constexpr std::size_t kKey = 32;

std::string key_file(const config::Settings& settings) { return settings.keys_directory + "/database.key"; }
std::string next_key_file(const config::Settings& settings) { return key_file(settings) + ".new"; }

Result<void> take_next_key(const config::Settings& settings) {
  std::error_code error;
  std::filesystem::rename(next_key_file(settings), key_file(settings), error);
  if (error) return fail(Errc::unavailable, next_key_file(settings) + ": cannot take the place of the old key");
  return store::sync_path(settings.keys_directory);
}

Result<void> drop_next_key(const config::Settings& settings) {
  std::error_code error;
  std::filesystem::remove(next_key_file(settings), error);
  if (error) return fail(Errc::unavailable, next_key_file(settings) + ": cannot be removed");
  return store::sync_path(settings.keys_directory);
}

}  // namespace

store::StoreOptions store_options(const config::Settings& settings) {
  return {settings.state_directory, settings.authority, nullptr, settings.checkpoint_file};
}

Result<store::FsckReport> check_store(const config::Settings& settings) {
  CHECK_OK(settle_rekey(settings));
  const auto database_key = TRY(load_database_key(settings.keys_directory));
  const auto log_key = TRY(load_log_key(settings.keys_directory));
  return store::fsck(store_options(settings), database_key, log_key.public_key());
}

Result<store::Backup> back_up(const config::Settings& settings, const std::string& to) {
  const auto database_key = TRY(load_database_key(settings.keys_directory));
  auto log_key = TRY(load_log_key(settings.keys_directory));
  return store::back_up(store_options(settings), database_key, log_key, to);
}

Result<store::Restored> restore(const config::Settings& settings, const std::optional<std::filesystem::path>& from) {
  CHECK_OK(settle_rekey(settings));
  const auto database_key = TRY(load_database_key(settings.keys_directory));
  auto log_key = TRY(load_log_key(settings.keys_directory));
  const SystemClock clock;
  crypto::SystemRandom random;
  return store::restore(store_options(settings), database_key, log_key, from, clock, random);
}

Result<store::FsckReport> rekey(const config::Settings& settings) {
  CHECK_OK(settle_rekey(settings));
  const auto old_key = TRY(load_database_key(settings.keys_directory));
  const auto log_key = TRY(load_log_key(settings.keys_directory));
  crypto::SystemRandom random;
  const auto new_key = random.secret(kKey);
  CHECK_OK(crypto::write_secret_file(next_key_file(settings), new_key.view()));
  auto report = store::rekey(store_options(settings), old_key, new_key, log_key.public_key());
  const bool done = report && report->findings.empty();
  // Which of the two opens it is looked at, not supposed.
  auto settled = done ? take_next_key(settings) : settle_rekey(settings);
  if (report && !settled) return tl::unexpected(settled.error());
  return report;
}

Result<void> settle_rekey(const config::Settings& settings) {
  std::error_code error;
  if (!std::filesystem::exists(next_key_file(settings), error)) return {};
  const auto options = store_options(settings);
  const auto next = crypto::read_secret_file(next_key_file(settings), kKey);
  if (next && TRY(store::opens(options, *next))) return take_next_key(settings);
  const auto old = TRY(load_database_key(settings.keys_directory));
  if (TRY(store::opens(options, old))) return drop_next_key(settings);
  return fail(Errc::unauthenticated, "neither database.key nor database.key.new opens the database");
}

}  // namespace chancery

#include "daemon/store/fsck.h"

#include "daemon/store/fsck_check.h"
#include "daemon/store/open.h"

namespace chancery::store {

std::string place_of(const char* table, const std::string& key) { return std::string(table) + " " + key; }

Result<void> FsckCheck::pages() {
  {
    auto q = database_.query("PRAGMA cipher_integrity_check");
    while (TRY(q.next())) find("pages", q.text(0));
  }
  auto q = database_.query("PRAGMA integrity_check(20)");
  while (TRY(q.next()))
    if (q.text(0) != "ok") find("pages", q.text(0));
  return {};
}

namespace {

Result<std::optional<crypto::Checkpoint>> read_checkpoint(const StoreOptions& options, const crypto::PublicKey& log_key,
                                                          FsckCheck& check) {
  auto file = open_checkpoint_file(options, log_key, OwnCheckpoint::Missing::leave);
  auto last = file ? last_checkpoint(options, *file, log_key)
                   : Result<std::optional<crypto::Checkpoint>>(tl::unexpected(file.error()));
  if (last) return std::move(*last);
  if (last.error().code != Errc::corrupt) return tl::unexpected(last.error());
  check.report.findings.push_back(last.error().detail);
  return std::optional<crypto::Checkpoint>();
}

}  // namespace

Result<FsckReport> fsck(const StoreOptions& options, const crypto::SecretBytes& database_key,
                        const crypto::PublicKey& log_key) {
  const auto lock = TRY(lock_directory(options));
  const auto database = TRY(open_database(options, database_key));
  FsckCheck check(*database, options.authority);
  CHECK_OK(check.pages());
  CHECK_OK(check.journal(TRY(read_checkpoint(options, log_key, check))));
  CHECK_OK(check.certificates());
  CHECK_OK(check.batches());
  CHECK_OK(check.messages());
  CHECK_OK(check.receipts());
  CHECK_OK(check.consents());
  CHECK_OK(check.joint_acts());
  CHECK_OK(check.locks());
  CHECK_OK(check.permits());
  CHECK_OK(check.detached_uses());
  CHECK_OK(check.handlings());
  CHECK_OK(check.attachments(TRY(AttachmentFiles::open(options.directory / "attachments"))));
  CHECK_OK(check.people());
  CHECK_OK(check.drafts());
  check.answered();
  CHECK_OK(check.outbox());
  check.dispatched();
  CHECK_OK(check.reissues());
  CHECK_OK(check.inbound());
  CHECK_OK(check.directory());
  CHECK_OK(check.numbers());
  if (check.report.findings.empty()) database->accept_log();
  return std::move(check.report);
}

}  // namespace chancery::store

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

Result<FsckReport> fsck(const StoreOptions& options, const crypto::SecretBytes& database_key,
                        const crypto::PublicKey& log_key) {
  const auto lock = TRY(lock_directory(options));
  const auto database = TRY(open_database(options, database_key));
  FsckCheck check(*database, options.authority);
  CHECK_OK(check.pages());
  const CheckpointFile file(options.directory / "checkpoint", options.authority);
  auto checkpoint = file.read(log_key);
  if (!checkpoint) check.report.findings.push_back(checkpoint.error().detail);
  CHECK_OK(check.journal(checkpoint ? *checkpoint : std::nullopt));
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
  CHECK_OK(check.people());
  CHECK_OK(check.drafts());
  check.answered();
  CHECK_OK(check.outbox());
  check.dispatched();
  CHECK_OK(check.reissues());
  CHECK_OK(check.inbound());
  CHECK_OK(check.directory());
  CHECK_OK(check.numbers());
  return std::move(check.report);
}

}  // namespace chancery::store

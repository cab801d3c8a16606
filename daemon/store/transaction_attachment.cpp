// Attachments: which are here and what holds them.
#include "daemon/store/encoding.h"
#include "daemon/store/transaction.h"
#include "daemon/store/transaction_impl.h"

namespace chancery::store {

namespace {

Result<std::vector<Digest>> roots_of(Query q) {
  std::vector<Digest> roots;
  while (TRY(q.next())) roots.push_back(q.digest(0));
  return roots;
}

// A message has it for itself, or a draft waits with it.
Result<bool> is_held(Database& database, const Digest& root) {
  auto q = database.query(
      "SELECT EXISTS (SELECT 1 FROM attached WHERE root = ?1 AND carried = 0) OR "
      "EXISTS (SELECT 1 FROM attached_draft WHERE root = ?1)",
      root);
  return TRY(q.next()) && q.integer(0) != 0;
}

// Those of them that nothing holds any more.
Result<void> drop(Transaction::Impl& impl, const std::vector<Digest>& roots) {
  for (const auto& root : roots) {
    if (TRY(is_held(impl.database, root))) continue;
    CHECK_OK(impl.database.query("DELETE FROM attachment WHERE root = ?", root).run());
    if (impl.database.changes() == 0) continue;
    CHECK_OK(impl.database.query("INSERT OR IGNORE INTO attachment_gone (root) VALUES (?)", root).run());
    impl.attachment_gone(root);
  }
  return {};
}

}  // namespace

Result<void> Transaction::record_attachment(const AttachmentRecord& record) {
  CHECK_OK(impl_.room());
  CHECK_OK(impl_.database.query("DELETE FROM attachment_gone WHERE root = ?", record.root).run());
  return impl_.database
      .query(
          "INSERT OR IGNORE INTO attachment (root, officer, upload, manifest, plain, sealed, recorded) "
          "VALUES (?,?,?,?,?,?,?)",
          record.root, record.officer, record.upload, record.sealed_manifest, encode_digests(record.plain),
          encode_digests(record.sealed), impl_.now)
      .run();
}

Result<std::optional<AttachmentRecord>> Transaction::find_attachment(const Digest& root) {
  return impl_.rows.attachment(root);
}

Result<bool> Transaction::attached_by(const std::string& sender, const Digest& root) {
  auto q = impl_.database.query(
      "SELECT EXISTS (SELECT 1 FROM attached a WHERE a.root = ?1 AND a.carried = 0 AND ("
      "EXISTS (SELECT 1 FROM inbound_dispatch d WHERE d.message = a.message AND d.sender = ?2) OR "
      "EXISTS (SELECT 1 FROM message m JOIN attached f ON f.message = m.id AND f.root = ?1 "
      "JOIN inbound_dispatch d ON d.message = m.id WHERE m.original = a.message AND d.sender = ?2)))",
      root, sender);
  return TRY(q.next()) && q.integer(0) != 0;
}

Result<void> Transaction::attach(const core::MessageId& message, const std::vector<Attached>& attached) {
  for (const auto& one : attached) {
    if (!TRY(find_attachment(one.root))) return fail(Errc::conflict, "an attachment that is not here");
    CHECK_OK(impl_.database
                 .query("INSERT INTO attached (message, root, carried) VALUES (?,?,?) ON CONFLICT DO UPDATE "
                        "SET carried = min(carried, excluded.carried)",
                        message, one.root, one.carried)
                 .run());
  }
  return {};
}

Result<void> Transaction::attach_to_draft(std::uint64_t draft, const std::vector<Digest>& roots) {
  for (const auto& root : roots) {
    if (!TRY(find_attachment(root))) return fail(Errc::conflict, "an attachment that is not here");
    CHECK_OK(
        impl_.database.query("INSERT OR IGNORE INTO attached_draft (draft, root) VALUES (?,?)", draft, root).run());
  }
  return {};
}

Result<void> Transaction::detach(const core::MessageId& message) {
  const auto roots = TRY(roots_of(impl_.database.query("SELECT root FROM attached WHERE message = ?", message)));
  CHECK_OK(impl_.database.query("DELETE FROM attached WHERE message = ?", message).run());
  return drop(impl_, roots);
}

Result<void> Transaction::detach_draft(std::uint64_t draft) {
  const auto roots = TRY(roots_of(impl_.database.query("SELECT root FROM attached_draft WHERE draft = ?", draft)));
  CHECK_OK(impl_.database.query("DELETE FROM attached_draft WHERE draft = ?", draft).run());
  return drop(impl_, roots);
}

Result<void> Transaction::drop_unused_uploads(Instant recorded_before) {
  const auto roots = TRY(
      roots_of(impl_.database.query("SELECT root FROM attachment a WHERE officer <> '' AND recorded < ? "
                                    "AND NOT EXISTS (SELECT 1 FROM attached t WHERE t.root = a.root AND t.carried = 0) "
                                    "AND NOT EXISTS (SELECT 1 FROM attached_draft d WHERE d.root = a.root)",
                                    recorded_before)));
  return drop(impl_, roots);
}

}  // namespace chancery::store

#include "daemon/store/encoding.h"
#include "daemon/store/rows.h"

namespace chancery::store {

namespace {

Result<std::optional<AttachmentRecord>> read(Query q) {
  if (!TRY(q.next())) return std::optional<AttachmentRecord>();
  AttachmentRecord out;
  out.root = q.digest(0);
  out.officer = q.text(1);
  if (!q.null(2)) out.upload = q.digest(2);
  out.sealed_manifest = q.blob(3);
  out.plain = TRY(decode_digests(q.view(4)));
  out.sealed = TRY(decode_digests(q.view(5)));
  out.recorded = q.instant(6);
  return std::optional(std::move(out));
}

}  // namespace

Result<std::optional<AttachmentRecord>> Rows::attachment(const Digest& root) {
  return read(database_.query(
      "SELECT root, officer, upload, manifest, plain, sealed, recorded FROM attachment WHERE root = ?", root));
}

Result<std::optional<AttachmentRecord>> Rows::uploaded(const Digest& upload, Instant since) {
  return read(
      database_.query("SELECT root, officer, upload, manifest, plain, sealed, recorded FROM attachment "
                      "WHERE upload = ? AND recorded >= ? ORDER BY rowid DESC LIMIT 1",
                      upload, since));
}

Result<std::vector<Attached>> Rows::attached(const core::MessageId& message) {
  auto q = database_.query("SELECT root, carried FROM attached WHERE message = ? ORDER BY root", message);
  std::vector<Attached> all;
  while (TRY(q.next())) all.push_back({q.digest(0), q.integer(1) != 0});
  return all;
}

}  // namespace chancery::store

// Attachments: each chunk is what its root says, and each message has those its statement names.
#include <algorithm>

#include "crypto/attachment.h"
#include "daemon/store/fsck_check.h"

namespace chancery::store {

void FsckCheck::check_chunks(const AttachmentFiles& files, const AttachmentRecord& record, const std::string& where) {
  if (record.plain.size() != record.sealed.size() || crypto::merkle_root(record.sealed) != record.root)
    return find(where, "its hashes are not those of its root");
  const auto file = files.read(record.root);
  if (!file.has_value()) return find(where, "its file is not there");
  const auto length = file->length();
  if (!length.has_value() || !crypto::plain_length(*length).has_value() ||
      crypto::chunks_of(*crypto::plain_length(*length)) != record.sealed.size())
    return find(where, "its file has another length");
  for (std::uint64_t i = 0; i < record.sealed.size(); ++i) {
    const auto place = crypto::place_of_chunk(i, *length);
    const auto chunk = file->read(place.offset, place.size);
    if (!chunk.has_value() || crypto::leaf_hash(*chunk) != record.sealed[i])
      find(where, "chunk " + std::to_string(i) + " is not what was sealed");
  }
}

// Of what was erased nothing is attached any more; of an original that came in parts, perhaps not all.
Result<void> FsckCheck::check_attached(const core::MessageId& id) {
  const auto record = TRY(rows_.message(id));
  if (!record) return {};
  const auto where = place_of("message", to_string(id));
  const auto message = core::Message::parse(record->statement.statement);
  if (!message.has_value()) return {};  // found with the messages
  const auto attached = TRY(rows_.attached(id));
  const auto has = [&](const Digest& root) {
    return std::find(attached.begin(), attached.end(), Attached{root, false}) != attached.end();
  };
  const auto named = [&](const Digest& root) {
    return std::any_of(message->attachments.begin(), message->attachments.end(),
                       [&](const core::AttachmentLine& line) { return line.cipher_root == root; });
  };
  for (const auto& one : attached) {
    if (!one.carried && !named(one.root)) find(where, "has an attachment its statement does not name");
    if (!TRY(rows_.attachment(one.root)) && !one.carried) find(where, "an attachment of it is not here");
  }
  const bool opens = !record->sealed_key.empty() && record->extent.is_all();
  for (const auto& line : message->attachments)
    if (opens && !has(line.cipher_root)) find(where, "has not all attachments its statement names");
  return {};
}

Result<void> FsckCheck::attachments(const AttachmentFiles& files) {
  std::vector<Digest> roots;
  {
    auto q = database_.query("SELECT root FROM attachment ORDER BY root");
    while (TRY(q.next())) roots.push_back(q.digest(0));
  }
  for (const auto& root : roots) {
    ++report.attachments;
    const auto record = rows_.attachment(root);
    const auto where = place_of("attachment", to_string(root));
    if (!record.has_value() || !*record)
      find(where, "does not parse");
    else
      check_chunks(files, **record, where);
  }
  std::vector<core::MessageId> ids;
  {
    auto q = database_.query(
        "SELECT id FROM message WHERE instr(statement, CAST(char(10) || 'attachment ' AS BLOB)) > 0 "
        "OR id IN (SELECT message FROM attached)");
    while (TRY(q.next())) ids.push_back(q.message_id(0));
  }
  for (const auto& id : ids) CHECK_OK(check_attached(id));
  return {};
}

}  // namespace chancery::store

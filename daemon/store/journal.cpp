#include "daemon/store/journal.h"

#include "daemon/store/encoding.h"

namespace chancery::store {

crypto::GrowingTree::NodeReader journal_nodes(Database& database) {
  return [&database](crypto::LeafIndex index, unsigned level) -> Result<Digest> {
    auto q = database.query("SELECT substr(nodes, ?, 32) FROM journal WHERE id = ?", std::uint32_t{level * 32 + 1},
                            index.value);
    if (!TRY(q.next()) || q.view(0).size() != 32)
      return fail(Errc::corrupt, "store: journal entry " + std::to_string(index.value) + " lacks its hashes");
    return q.digest(0);
  };
}

Result<Journal> Journal::open(Database& database) {
  std::uint64_t size = 0;
  {
    auto q = database.query("SELECT max(id) FROM journal");
    if (TRY(q.next()) && !q.null(0)) size = q.number(0) + 1;
  }
  auto tree = TRY(crypto::GrowingTree::resume({size}, journal_nodes(database)));
  return Journal(database, std::move(tree));
}

Result<std::optional<Digest>> Journal::previous(const core::MessageId& id) {
  auto q = database_->query("SELECT leaf FROM last_entry WHERE message = ?", id);
  if (!TRY(q.next())) return std::optional<Digest>();
  return std::optional<Digest>(q.digest(0));
}

Result<Digest> Journal::append(core::JournalEntry entry) {
  if (entry.message) entry.previous = TRY(previous(*entry.message));
  const auto text = entry.to_text();
  const auto leaf = core::entry_leaf(text);
  const auto index = tree_.size().value;
  const auto nodes = encode_digests(tree_.append(leaf));
  CHECK_OK(database_
               ->query("INSERT INTO journal (id, entry, message, nodes) VALUES (?,?,?,?)", index, as_bytes(text),
                       entry.message, nodes)
               .run());
  if (entry.message)
    CHECK_OK(
        database_->query("INSERT OR REPLACE INTO last_entry (message, leaf) VALUES (?,?)", *entry.message, leaf).run());
  return leaf;
}

}  // namespace chancery::store

#include "daemon/store/journal.h"

#include "daemon/store/encoding.h"

namespace chancery::store {

namespace {

constexpr std::size_t kRecent = 2048;

}  // namespace

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
  if (const auto known = recent_.find(id); known != recent_.end()) return std::optional(known->second);
  auto q = database_->query("SELECT leaf FROM last_entry WHERE message = ?", id);
  if (!TRY(q.next())) return std::optional<Digest>();
  return std::optional<Digest>(q.digest(0));
}

Result<void> Journal::note_last(const core::MessageId& id, const Digest& leaf, bool follows) {
  if (follows) return database_->query("UPDATE last_entry SET leaf = ? WHERE message = ?", leaf, id).run();
  return database_->query("INSERT INTO last_entry (message, leaf) VALUES (?,?)", id, leaf).run();
}

Result<Digest> Journal::append(core::JournalEntry entry) {
  if (entry.message) entry.previous = TRY(previous(*entry.message));
  return append_after(entry);
}

Result<Digest> Journal::append_first(core::JournalEntry entry) {
  entry.previous.reset();
  return append_after(entry);
}

Result<Digest> Journal::append_after(const core::JournalEntry& entry) {
  const auto text = entry.to_text();
  const auto leaf = core::entry_leaf(text);
  const auto index = tree_.size().value;
  const auto nodes = encode_digests(tree_.append(leaf));
  CHECK_OK(database_
               ->query("INSERT INTO journal (id, entry, message, nodes) VALUES (?,?,?,?)", index, as_bytes(text),
                       entry.message, nodes)
               .run());
  if (!entry.message) return leaf;
  CHECK_OK(note_last(*entry.message, leaf, entry.previous.has_value()));
  if (recent_.size() >= kRecent) recent_.clear();
  recent_[*entry.message] = leaf;
  return leaf;
}

}  // namespace chancery::store

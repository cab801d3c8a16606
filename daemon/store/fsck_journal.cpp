#include "daemon/store/fsck_check.h"

#include <limits>

#include "daemon/store/encoding.h"
#include "daemon/store/meta.h"
#include "daemon/store/own_checkpoint.h"

namespace chancery::store {

namespace {

// The content of such an entry is the statement of a row that is never deleted.
bool speaks_of_a_row(core::Act act) {
  return act == core::Act::released || act == core::Act::accepted || act == core::Act::receipt_recorded ||
         act == core::Act::draft_recorded || act == core::Act::permit_issued || act == core::Act::permit_recorded ||
         act == core::Act::detached_used || act == core::Act::handled;
}

// Erased, it may have come again.
bool may_speak_of_a_row(core::Act act) { return act == core::Act::copy_erased; }

}  // namespace

void FsckCheck::check_entry(const Query& q, std::uint64_t index, crypto::GrowingTree& tree) {
  const auto where = place_of("entry", std::to_string(index));
  const auto text = q.text(1);
  const auto leaf = core::entry_leaf(text);
  if (encode_digests(tree.append(leaf)) != q.blob(3)) find(where, "its hashes are not those of the entries");
  const auto entry = core::JournalEntry::parse(text);
  if (!entry) return find(where, entry.error().detail);
  entries_.insert(leaf);
  if (entry->message != q.optional_id(2)) find(where, "filed under another message");
  if (entry->act == core::Act::user_added) users_[entry->subject] = entry->content;
  if (entry->content && speaks_of_a_row(entry->act)) told_.emplace(std::pair{entry->act, *entry->content}, false);
  if (entry->content && may_speak_of_a_row(entry->act)) told_.emplace(std::pair{entry->act, *entry->content}, true);
  if (!entry->message) return;
  if (entry->act == core::Act::copy_erased) erased_.insert(*entry->message);
  const auto last = last_entry_.find(*entry->message);
  const auto previous = last == last_entry_.end() ? std::optional<Digest>() : std::optional<Digest>(last->second);
  if (entry->previous != previous) find(where, "does not follow the last entry about its message");
  last_entry_[*entry->message] = leaf;
}

Result<void> FsckCheck::check_last_entries() {
  auto q = database_.query("SELECT message, leaf FROM last_entry");
  std::size_t rows = 0;
  for (; TRY(q.next()); ++rows) {
    const auto id = q.message_id(0);
    const auto known = last_entry_.find(id);
    if (known == last_entry_.end() || known->second != q.digest(1))
      find(place_of("message", to_string(id)), "its last entry is another one");
  }
  if (rows != last_entry_.size()) find("journal", "last entries are missing");
  return {};
}

Result<void> FsckCheck::journal(const std::optional<crypto::Checkpoint>& last) {
  // Restored since, it was not moved on yet; the restore recomputed what it began with.
  const auto here = TRY(epoch(database_));
  const auto there = last ? TRY(epoch_of(*last, self_)) : here;
  if (here < there) find("checkpoint", "of epoch " + std::to_string(there) + ", the store of " + std::to_string(here));
  const auto checkpoint = here > there ? std::nullopt : last;
  crypto::GrowingTree tree;
  bool root_seen = checkpoint && checkpoint->size.value == 0;
  auto q = database_.query("SELECT id, entry, message, nodes FROM journal ORDER BY id");
  for (std::uint64_t index = 0; TRY(q.next()); ++index) {
    if (q.number(0) != index) {
      find(place_of("entry", std::to_string(index)), "missing");
      index = q.number(0);
    }
    check_entry(q, index, tree);
    if (!checkpoint || tree.size() != checkpoint->size) continue;
    root_seen = true;
    if (tree.root() != checkpoint->root) find("checkpoint", "another root at its size");
  }
  report.entries = tree.size().value;
  if (!last && report.entries > 0) find("checkpoint", "no file");
  if (checkpoint && !root_seen)
    find("checkpoint", "of " + std::to_string(checkpoint->size.value) + " entries, the journal has " +
                           std::to_string(report.entries));
  return check_last_entries();
}

void FsckCheck::check_told(core::Act act, const std::string& where, std::string_view statement) {
  const auto told = told_.find({act, core::statement_digest(statement)});
  if (told == told_.end()) return find(where, "no entry is about this statement");
  told->second = true;
}

// Who may do what is what the journal says last.
Result<void> FsckCheck::people() {
  for (const auto& user : TRY(rows_.users())) {
    const auto told = users_.find(user.user.name);
    if (told == users_.end() || told->second != core::statement_digest(described(user)))
      find(place_of("user", user.user.name), "not as the last entry about it says");
    if (told != users_.end()) users_.erase(told);
  }
  for (const auto& [name, content] : users_) find(place_of("user", name), "an entry is about it, and it is not there");
  return {};
}

// Who composed it, and what: the rest of a draft changes with what is decided about it.
Result<void> FsckCheck::drafts() {
  for (const auto& draft : TRY(rows_.drafts(std::numeric_limits<std::uint32_t>::max())))
    check_told(core::Act::draft_recorded, place_of("draft", std::to_string(draft.id)), described(draft));
  return {};
}

}  // namespace chancery::store

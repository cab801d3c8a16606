#include "daemon/service/ending.h"

#include <algorithm>

#include "daemon/core/kind.h"
#include "daemon/service/consents.h"

namespace chancery::service {

namespace {

core::JournalEntry entry_of(const Node& node, const Ending& ending, core::Act act, const core::MessageId& id) {
  core::JournalEntry entry;
  entry.actor = ending.actor;
  entry.act = act;
  entry.message = id;
  entry.subject = ending.message.originator;
  entry.data = node.agreements()->digest();
  entry.content = ending.digest;
  return entry;
}

// ---- what ends

// Whether `by` answered for who gave the permission, until `at`.
bool answered_for(const core::Directory& directory, const store::UseRecord& use, const std::string& by, Instant at) {
  return core::succession_of(directory, use.provider).has_answered(by, at);
}

// Copies that came to us under this grant, of this provider or of one it answers for: by permits, or without where it
// is detached.
Result<Ids> copies_under(const Node& node, store::Transaction& tx, const core::MessageId& grant,
                         const std::string& provider, Instant at) {
  Ids copies;
  for (const auto& use : TRY(tx.uses_of_grant(grant))) {
    if (use.receiver != node.identity.authority) continue;
    if (core::answering(tx.directory(), use.provider, at) != provider) continue;
    const auto row = TRY(tx.find_message(use.carrier));
    if (row && row->direction == store::Direction::incoming) copies.insert(use.carrier);
  }
  return copies;
}

// By the permission of who decided it came to us.
Result<bool> came_by(const Node& node, store::Transaction& tx, const core::MessageId& copy,
                     const std::string& provider) {
  const auto uses = TRY(tx.uses_of_carrier(copy));
  return std::any_of(uses.begin(), uses.end(), [&](const store::UseRecord& use) {
    return use.receiver == node.identity.authority && answered_for(tx.directory(), use, provider, tx.now());
  });
}

// From who takes it back, by a decision that ends it.
Result<Ids> recalled(const Node& node, store::Transaction& tx, const core::MessageId& copy, const Decided& decided,
                     const std::string& originator) {
  const auto row = TRY(tx.find_message(copy));
  if (!row || row->direction != store::Direction::incoming) return Ids();
  if (TRY(stored_message(row->statement)).originator != originator) return Ids();
  if (!decided.spilled && !TRY(came_by(node, tx, copy, decided.message.originator))) return Ids();
  const auto sources = TRY(made_from(tx, copy));
  const auto lookup = sources.lookup();
  return core::ends(tx.directory(), decided.message, *lookup(copy), lookup) ? Ids{copy} : Ids();
}

// The statement of a message, held or beside what was made of it. Nothing where neither is so.
Result<std::optional<core::SourceStatement>> statement_of(store::Transaction& tx, const core::MessageId& id,
                                                          const Ids& works) {
  std::vector<core::MessageId> copies = {id};
  copies.insert(copies.end(), works.begin(), works.end());
  for (const auto& copy : copies) {
    const auto sources = TRY(made_from(tx, copy));
    if (const auto* found = sources.lookup()(id)) return std::optional(*found);
  }
  return std::optional<core::SourceStatement>();
}

// Itself, every forward that brought it and what was made of it, where the notice ends it. Of a forward not the
// original it carries, which is another's; of what others send again as something else, nothing that may not be named.
Result<Ids> spilled(store::Transaction& tx, const core::MessageId& message, const core::Message& notice) {
  auto all = TRY(works_of(tx, message));
  const auto statement = TRY(statement_of(tx, message, all));
  const auto none = core::SourceLookup();
  if (!statement || !core::ends(tx.directory(), notice, *statement, none)) return Ids();
  for (const auto& carrier : TRY(tx.carriers(message))) all.insert(carrier);
  all.insert(message);
  Ids out;
  for (const auto& id : all)
    if (const auto row = TRY(tx.find_message(id)); row && core::is_spillable(TRY(stored_message(row->statement)).kind))
      out.insert(id);
  return out;
}

struct Ended {
  Decided decided;
  Ids copies;
};

struct FindEnded {
  const Node& node;
  store::Transaction& tx;
  const Ending& ending;

  Result<Ended> operator()(const core::Revocation& it) const {
    const auto& [id, message, digest, actor] = ending;
    return Ended{decided(it.grant, id, message),
                 TRY(copies_under(node, tx, it.grant, message.originator, message.created))};
  }
  Result<Ended> operator()(const core::Recall& it) const {
    auto found = TRY(decided_by_recall(tx, ending.id, it.decision));
    if (!found) return Ended();
    auto copies = TRY(recalled(node, tx, it.copy, *found, ending.message.originator));
    if (!found->spilled || copies.empty()) return Ended{std::move(*found), std::move(copies)};
    // No more than what it brought: of the others who passed them on say so, each in its turn.
    const auto reached = TRY(closure(tx, copies, Follow::all_works));
    Ids texts;
    for (const auto& id : TRY(spilled(tx, *found->spilled, found->message)))
      if (reached.contains(id)) texts.insert(id);
    return Ended{std::move(*found), std::move(texts)};
  }
  Result<Ended> operator()(const core::SpillNotice& it) const {
    return Ended{decided(ending.id, ending.id, ending.message), TRY(spilled(tx, it.message, ending.message))};
  }
  template <class Other>
  Result<Ended> operator()(const Other&) const {
    return Ended();
  }
};

// ---- telling

// Who has it from us because of what ended: by the provider's permission; of a spill everybody whom the notice does not
// reach by itself.
Result<std::set<std::string>> passed_to(store::Transaction& tx, const store::MessageRecord& record,
                                        const Decided& decided) {
  std::set<std::string> out;
  if (!decided.spilled) {
    for (const auto& use : TRY(tx.uses_of_carrier(record.id)))
      if (answered_for(tx.directory(), use, decided.message.originator, tx.now())) out.insert(use.receiver);
    return out;
  }
  const auto message = TRY(stored_message(record.statement.statement));
  out.insert(message.recipients.begin(), message.recipients.end());
  for (const auto& told : core::audience(decided.message)) out.erase(told);
  return out;
}

Result<bool> recall_from(const Node& node, store::Transaction& tx, const store::MessageRecord& record,
                         const Decided& decided) {
  bool owes = false;
  const auto agreement = TRY(stored_message(record.statement.statement)).agreement;
  for (const auto& receiver : TRY(passed_to(tx, record, decided))) {
    CHECK_OK(owe(node, tx, receiver, agreement, core::Recall{record.id, decided.id}));
    owes = true;
  }
  return owes;
}

// Whether who wrote what was spilled, or answers for that, says so. On the word of another it waits, shut, for a
// person's act.
Result<bool> is_word_of_author(store::Transaction& tx, const Decided& decided, const Ids& copies) {
  if (!decided.spilled) return false;
  const auto spilled = TRY(statement_of(tx, *decided.spilled, copies));
  return spilled && core::succession_of(tx.directory(), spilled->message.originator)
                        .has_answered(decided.message.originator, decided.message.created);
}

// Locked by this decision before, whoever we heard it from: who has it from us was told.
Result<bool> is_taken_back(store::Transaction& tx, const core::MessageId& id, const Decided& decided) {
  for (const auto& lock : TRY(tx.locks(id))) {
    if (lock == decided.id) return true;
    const auto row = TRY(tx.find_message(lock));
    if (row && core::recalled_by(TRY(stored_message(row->statement))) == decided.id) return true;
  }
  return false;
}

// What a decision about these copies shuts: of a spill with the originals they carry, and what was made of the texts is
// among them already; of a revocation as far as our own works go.
Result<Ids> shut_with(store::Transaction& tx, const Ended& ended) {
  if (!ended.decided.spilled) return closure(tx, ended.copies, Follow::own_works);
  return with_originals(tx, ended.copies);
}

// Locks, takes back, erases and tells.
Result<bool> end_copies(const Node& node, store::Transaction& tx, const Ending& ending, const Ended& ended) {
  const auto& decided = ended.decided;
  bool owes = false;
  Ids locked;
  for (const auto& id : TRY(shut_with(tx, ended))) {
    const bool known = TRY(is_taken_back(tx, id, decided));
    if (!TRY(tx.lock(id, decided.lock, entry_of(node, ending, core::Act::copy_locked, id)))) continue;
    locked.insert(id);
    const auto record = TRY(tx.load_message(id));
    if (!known && record.direction == store::Direction::outgoing)
      owes = TRY(recall_from(node, tx, record, decided)) || owes;
  }
  if (locked.empty()) return false;
  // By our own word persons erase here.
  const auto& by = core::answering(tx.directory(), decided.message.originator, tx.now());
  if (by != node.identity.authority && TRY(is_word_of_author(tx, decided, ended.copies)))
    TRY(erase_copies(node, tx, ended.copies, entry_of(node, ending, core::Act::copy_erased, ending.id)));
  return TRY(report_copies(node, tx, locked)) || owes;
}

// What this message is, carries or is made of.
Result<Ids> stands_in(const core::MessageId& id, const HeldSources& sources) {
  const auto lookup = sources.lookup();
  const auto* message = lookup(id);
  if (message == nullptr) return fail(Errc::internal, "a message that was just recorded is not there");
  auto all = core::provenance(message->message, lookup).closure;
  all.push_back(message);
  Ids out;
  for (const auto* one : all) {
    out.insert(one->id);
    if (const auto first = core::reissue_of(one->message)) out.insert(*first);
  }
  return out;
}

// Most messages are made of nothing, and nothing was said about them before they came: none of it is read back.
Result<bool> stands_alone(store::Transaction& tx, const core::MessageId& id, const core::Message& message) {
  if (!message.sources.empty() || core::reissue_of(message)) return false;
  return TRY(tx.consents_about(id)).empty();
}

// What has been said before of a message that comes now, and of what it is made of.
Result<bool> end_arrived(const Node& node, store::Transaction& tx, const core::MessageId& id,
                         const core::Message& message, const std::optional<core::MessageId>& original,
                         const std::string& actor) {
  if (TRY(stands_alone(tx, id, message))) return false;
  bool owes = false;
  const auto sources = TRY(made_from(tx, id));
  const auto lookup = sources.lookup();
  for (const auto& one : TRY(stands_in(id, sources)))
    for (const auto& row : TRY(tx.consents_about(one))) {
      const Ending ending{row.id, TRY(stored_message(row.statement)), core::statement_digest(row.statement), actor};
      if (one == id && ending.message.kind == "recall") owes = TRY(end_use(node, tx, ending)) || owes;
      if (ending.message.kind != "spill-notice" || !core::ends(tx.directory(), ending.message, *lookup(id), lookup))
        continue;
      Ended ended{decided(row.id, row.id, ending.message), {id}};
      if (original && TRY(stands_in(*original, sources)).contains(one)) ended.copies.insert(*original);
      owes = TRY(end_copies(node, tx, ending, ended)) || owes;
    }
  return owes;
}

}  // namespace

Result<bool> end_use(const Node& node, store::Transaction& tx, const Ending& ending) {
  const auto said = core::read_consent(ending.id, ending.message);
  if (!said.has_value()) return false;
  return end_copies(node, tx, ending, TRY(std::visit(FindEnded{node, tx, ending}, *said)));
}

Result<bool> settle_arrival(const Node& node, store::Transaction& tx, const core::MessageId& id,
                            const core::Message& message, const std::optional<core::MessageId>& original,
                            const std::string& actor) {
  const bool owes = TRY(end_arrived(node, tx, id, message, original, actor));
  if (!original || TRY(tx.locked(id))) return owes;
  const auto row = TRY(tx.find_message(*original));
  if (!row || row->direction != store::Direction::carried || !TRY(tx.locked(*original))) return owes;
  if (TRY(is_spilled(tx, *original))) return owes;  // no grant frees it
  if (!TRY(is_all_brought(tx, id))) return owes;    // nor what other forwards brought
  core::JournalEntry entry;
  entry.actor = actor;
  entry.act = core::Act::copy_unlocked;
  entry.message = original;
  entry.data = node.agreements()->digest();
  CHECK_OK(tx.unlock(*original, entry));
  return owes;
}

}  // namespace chancery::service

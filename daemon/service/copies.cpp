#include "daemon/service/copies.h"

#include <algorithm>
#include <deque>

#include "daemon/service/carried.h"
#include "daemon/service/consents.h"
#include "daemon/service/sealing.h"

namespace chancery::service {

namespace {

using Ids = std::set<core::MessageId>;

Result<core::Message> parsed(std::string_view statement) {
  auto message = core::Message::parse(statement);
  if (!message.has_value()) return fail(Errc::corrupt, "stored statement: " + message.error().detail);
  return message;
}

// Why copies are locked, and who decided it.
struct Decided {
  core::MessageId lock;  // what they are locked by: the grant, or the statement that says it is a spill
  core::RecallCause cause = core::RecallCause::revocation;
  core::MessageId decision;  // as a recall names it
  std::string by;
};

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

// ---- what a lock reaches

Result<bool> is_erased(store::Transaction& tx, const core::MessageId& id) {
  const auto known = TRY(tx.erasure(id));
  return known && known->state == store::ErasureState::erased;
}

using Is = Result<bool> (*)(store::Transaction&, const core::MessageId&);
Result<bool> is_locked(store::Transaction& tx, const core::MessageId& id) { return tx.locked(id); }

// Whether these forwards bring all parts that are held of an original.
bool bring_all(const core::Extent& held, std::uint32_t parts, const std::vector<core::Extent>& brought) {
  std::set<std::uint32_t> numbers;
  for (const auto& extent : brought) {
    if (extent.is_all()) return true;
    numbers.insert(extent.parts.begin(), extent.parts.end());
  }
  if (held.is_all()) return numbers.size() == parts;
  return std::all_of(held.parts.begin(), held.parts.end(), [&](std::uint32_t part) { return numbers.contains(part); });
}

// The original a forward carries, when it is here for that alone and the forwards that are left do not let us have all
// of it: what is held is one copy, and no part of it outlives its permission because another has one.
Result<std::optional<core::MessageId>> own_original(store::Transaction& tx, const store::MessageRecord& record,
                                                    const Ids& shut, Is is_shut) {
  using None = std::optional<core::MessageId>;
  if (!record.original || record.direction != store::Direction::incoming) return None();
  const auto original = TRY(tx.find_message(*record.original));
  if (!original || original->direction != store::Direction::carried) return None();
  std::vector<core::Extent> left;
  for (const auto& carrier : TRY(tx.carriers(*record.original))) {
    if (shut.contains(carrier) || TRY(is_shut(tx, carrier))) continue;
    left.push_back(forwarded_extent(TRY(parsed(TRY(tx.load_message(carrier)).statement.statement))));
  }
  const auto held = TRY(tx.load_message(*record.original));
  const auto parts = TRY(parsed(held.statement.statement)).parts;
  return bring_all(held.extent, parts, left) ? None() : None(*record.original);
}

// These, the originals they carry, and whatever was made of them.
Result<Ids> closure(store::Transaction& tx, const Ids& from) {
  Ids all;
  std::deque<core::MessageId> waiting(from.begin(), from.end());
  while (!waiting.empty()) {
    const auto id = waiting.front();
    waiting.pop_front();
    if (!all.insert(id).second) continue;
    for (const auto& made : TRY(tx.made_of(id))) waiting.push_back(made);
    const auto original = TRY(own_original(tx, TRY(tx.load_message(id)), all, is_locked));
    if (original) waiting.push_back(*original);
  }
  return all;
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

// Whether the copy is what was spilled, was sent again for it, or is made of it.
Result<bool> is_of(store::Transaction& tx, const core::MessageId& copy, const core::MessageId& spilled) {
  const auto message = TRY(parsed(TRY(tx.load_message(copy)).statement.statement));
  if (copy == spilled || core::reissue_of(message) == spilled) return true;
  const auto sources =
      TRY(HeldSources::gather({copy}, [&tx](const core::MessageId& id) { return tx.load_message(id); }));
  const auto closure = core::provenance(message, sources.lookup()).closure;
  return std::any_of(closure.begin(), closure.end(), [&](const auto* source) {
    return source->id == spilled || core::reissue_of(source->message) == spilled;
  });
}

// Of a spill, what it has in it; else by the permission of who decided it came to us. From who takes it back.
Result<bool> is_recallable(const Node& node, store::Transaction& tx, const core::Recall& recall) {
  if (recall.cause == core::RecallCause::spill) return is_of(tx, recall.copy, recall.decision);
  const auto uses = TRY(tx.uses_of_carrier(recall.copy));
  return std::any_of(uses.begin(), uses.end(), [&](const store::UseRecord& use) {
    return use.receiver == node.identity.authority && answered_for(tx.directory(), use, recall.by, tx.now());
  });
}

Result<Ids> recalled(const Node& node, store::Transaction& tx, const core::Recall& recall,
                     const std::string& originator) {
  const auto row = TRY(tx.find_message(recall.copy));
  if (!row || row->direction != store::Direction::incoming) return Ids();
  if (TRY(parsed(row->statement)).originator != originator) return Ids();
  if (!TRY(is_recallable(node, tx, recall))) return Ids();
  return Ids{recall.copy};
}

// Itself, and every forward that brought it.
Result<Ids> spilled(store::Transaction& tx, const core::MessageId& message, const std::string& finder, Instant at) {
  const auto row = TRY(tx.find_message(message));
  if (!row) return Ids();
  const auto said = TRY(parsed(row->statement));
  if (!core::audience(said).contains(finder) && core::answering(tx.directory(), said.originator, at) != finder)
    return Ids();
  const auto carriers = TRY(tx.carriers(message));
  Ids all(carriers.begin(), carriers.end());
  all.insert(message);
  return all;
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
    const auto& provider = ending.message.originator;
    return Ended{{it.grant, core::RecallCause::revocation, it.grant, provider},
                 TRY(copies_under(node, tx, it.grant, provider, ending.message.created))};
  }
  Result<Ended> operator()(const core::Recall& it) const {
    const auto lock = it.cause == core::RecallCause::spill ? ending.id : it.decision;
    return Ended{{lock, it.cause, it.decision, it.by}, TRY(recalled(node, tx, it, ending.message.originator))};
  }
  Result<Ended> operator()(const core::SpillNotice& it) const {
    const auto& finder = ending.message.originator;
    return Ended{{ending.id, core::RecallCause::spill, it.message, finder},
                 TRY(spilled(tx, it.message, finder, ending.message.created))};
  }
  template <class Other>
  Result<Ended> operator()(const Other&) const {
    return Ended();
  }
};

// ---- telling

// Who has it from us because of what ended: by the provider's permission; of a spill everybody the finder does not
// tell.
Result<std::set<std::string>> passed_to(store::Transaction& tx, const store::MessageRecord& record,
                                        const Decided& decided) {
  std::set<std::string> out;
  if (decided.cause == core::RecallCause::revocation) {
    for (const auto& use : TRY(tx.uses_of_carrier(record.id)))
      if (answered_for(tx.directory(), use, decided.by, tx.now())) out.insert(use.receiver);
    return out;
  }
  const auto message = TRY(parsed(record.statement.statement));
  out.insert(message.recipients.begin(), message.recipients.end());
  // Who has it only as it was sent again does not know the first one.
  if (core::reissue_of(message)) return out;
  const auto row = TRY(tx.find_message(decided.decision));
  if (row)
    for (const auto& told : core::audience(TRY(parsed(row->statement)))) out.erase(told);
  return out;
}

Result<bool> recall_from(const Node& node, store::Transaction& tx, const store::MessageRecord& record,
                         const Decided& decided) {
  bool owes = false;
  const auto agreement = TRY(parsed(record.statement.statement)).agreement;
  for (const auto& receiver : TRY(passed_to(tx, record, decided))) {
    CHECK_OK(owe(node, tx, receiver, agreement, core::Recall{record.id, decided.cause, decided.decision, decided.by}));
    owes = true;
  }
  return owes;
}

// One authority that is to hear what became of a copy.
struct Hearing {
  std::string to;
  std::string agreement;
  core::ConsentStatement statement;
};

// What a lock is by: the revocations of a grant, or the statement that says it is a spill; and what is said of the
// copy.
Result<std::vector<store::MessageRow>> statements_of(store::Transaction& tx, const core::MessageId& lock,
                                                     const core::MessageId& copy) {
  auto rows = TRY(tx.consents_about(lock));
  for (auto& row : TRY(tx.consents_about(copy))) rows.push_back(std::move(row));
  if (auto row = TRY(tx.find_message(lock))) rows.push_back(std::move(*row));
  return rows;
}

// Who told us that a copy is ended: by a revocation, a recall, or the notice of a spill.
Result<std::vector<Hearing>> hearings(const Node& node, store::Transaction& tx, const core::MessageId& copy,
                                      core::CopyState state, const std::string& ground) {
  std::vector<Hearing> out;
  std::set<std::pair<std::string, core::MessageId>> known;
  std::set<std::string> told;
  const auto comply = [&](const std::string& to, const core::MessageId& grant, const std::string& agreement) {
    told.insert(to);
    if (known.emplace(to, grant).second)
      out.push_back({to, agreement, core::Compliance{grant, copy, state, tx.now(), ground}});
  };
  const auto agreement = TRY(parsed(TRY(tx.load_message(copy)).statement.statement)).agreement;
  std::set<std::pair<std::string, core::MessageId>> finders;
  for (const auto& lock : TRY(tx.locks(copy)))
    for (const auto& row : TRY(statements_of(tx, lock, copy))) {
      const auto message = TRY(parsed(row.statement));
      const auto said = core::read_consent(row.id, message);
      if (!said.has_value()) continue;
      if (const auto* revocation = std::get_if<core::Revocation>(&*said))
        comply(message.originator, revocation->grant, message.agreement);
      const auto* recall = std::get_if<core::Recall>(&*said);
      if (recall != nullptr && recall->copy == copy && recall->cause == core::RecallCause::revocation)
        comply(recall->by, recall->decision, message.agreement);
      if (recall != nullptr && recall->copy == copy && recall->cause == core::RecallCause::spill)
        for (const auto& teller : {message.originator, recall->by}) finders.emplace(teller, recall->decision);
      if (const auto* notice = std::get_if<core::SpillNotice>(&*said))
        finders.emplace(message.originator, notice->message);
    }
  // By whose permission it came, hears that it is gone, whoever decided it.
  const auto answered = told;
  for (const auto& use : TRY(tx.uses_of_carrier(copy)))
    if (use.receiver == node.identity.authority && state == core::CopyState::erased &&
        !answered.contains(core::answering(tx.directory(), use.provider, tx.now())))
      comply(use.provider, use.grant, agreement);
  if (state != core::CopyState::retained)
    for (const auto& [finder, message] : finders)
      out.push_back({finder, agreement, core::SpillReceipt{message, state, tx.now()}});
  return out;
}

// ---- erasing

Result<bool> uses(const Node& node, const store::DraftRecord& record, const Ids& ids) {
  const auto draft = open_draft(node, record.sealed);
  if (!draft.has_value()) return fail(Errc::corrupt, "a draft does not open");
  return std::any_of(draft->sources.begin(), draft->sources.end(),
                     [&](const auto& source) { return ids.contains(source.id); });
}

// A draft quotes what it is made of.
Result<void> drop_drafts(const Node& node, store::Transaction& tx, const Ids& ids, const core::JournalEntry& about) {
  for (const auto& record : TRY(tx.waiting_drafts())) {
    if (!TRY(uses(node, record, ids))) continue;
    CHECK_OK(tx.decide_draft(record.id, store::DraftState::declined, std::nullopt));
    auto entry = about;
    entry.message.reset();
    entry.act = core::Act::approval_refused;
    entry.decision = core::to_string(core::Verdict::refuse);
    entry.reasons = {core::to_string(core::ReasonCode::no_longer_held)};
    entry.subject = wire::draft_name(record.id);
    entry.content.reset();
    TRY(tx.append(std::move(entry)));
  }
  return {};
}

// The copies and the originals they carry; what we made of them where that is locked too. What others made and sent us
// is a copy of its own.
Result<Ids> erasable(store::Transaction& tx, const Ids& copies) {
  auto out = copies;
  for (const auto& id : TRY(closure(tx, copies))) {
    const auto row = TRY(tx.find_message(id));
    if (row && row->direction == store::Direction::outgoing && TRY(tx.locked(id))) out.insert(id);
  }
  for (const auto& id : Ids(out)) {
    const auto original = TRY(own_original(tx, TRY(tx.load_message(id)), out, is_erased));
    if (original) out.insert(*original);
  }
  return out;
}

// The one place where text goes. What keeps anything of it beside the store follows the store's changes of texts.
Result<void> erase_one(store::Transaction& tx, const core::MessageId& id, const core::JournalEntry& entry) {
  return tx.erase(id, entry.actor, entry);
}

Result<std::vector<core::MessageId>> erase_all(const Node& node, store::Transaction& tx, const Ids& copies,
                                               core::JournalEntry entry) {
  const auto ids = TRY(erasable(tx, copies));
  std::vector<core::MessageId> out;
  entry.act = core::Act::copy_erased;
  for (const auto& id : ids) {
    if (TRY(is_erased(tx, id))) continue;
    CHECK_OK(erase_one(tx, id, entry));
    out.push_back(id);
  }
  CHECK_OK(drop_drafts(node, tx, ids, entry));
  return out;
}

Result<bool> report_all(const Node& node, store::Transaction& tx, const Ids& ids, core::CopyState state,
                        const std::string& ground) {
  bool owes = false;
  for (const auto& id : ids) {
    const auto row = TRY(tx.find_message(id));
    if (!row || row->direction != store::Direction::incoming) continue;
    owes = TRY(report_copy(node, tx, id, state, ground)) || owes;
  }
  return owes;
}

}  // namespace

Result<bool> report_copy(const Node& node, store::Transaction& tx, const core::MessageId& id, core::CopyState state,
                         const std::string& ground) {
  const auto all = TRY(hearings(node, tx, id, state, ground));
  for (const auto& hearing : all) CHECK_OK(owe(node, tx, hearing.to, hearing.agreement, hearing.statement));
  return !all.empty();
}

namespace {

// Whether a statement is by who wrote this message, or by who answered for that when it was signed.
Result<bool> speaks_of_own(store::Transaction& tx, const core::MessageId& id, const core::Message& statement) {
  const auto written = TRY(parsed(TRY(tx.load_message(id)).statement.statement)).originator;
  return written == statement.originator ||
         core::answering(tx.directory(), written, statement.created) == statement.originator;
}

}  // namespace

Result<bool> end_use(const Node& node, store::Transaction& tx, const Ending& ending) {
  const auto said = core::read_consent(ending.id, ending.message);
  if (!said.has_value()) return false;
  const auto [decided, copies] = TRY(std::visit(FindEnded{node, tx, ending}, *said));
  bool owes = false;
  Ids locked;
  for (const auto& id : TRY(closure(tx, copies))) {
    if (!TRY(tx.lock(id, decided.lock, entry_of(node, ending, core::Act::copy_locked, id)))) continue;
    locked.insert(id);
    const auto record = TRY(tx.load_message(id));
    if (record.direction == store::Direction::outgoing) owes = TRY(recall_from(node, tx, record, decided)) || owes;
  }
  if (locked.empty()) return false;
  // Who wrote it says what it is; on the word of another, also of one who passed it on, it waits, shut, for a person's
  // act. Who takes back what he passed on speaks of his own message.
  bool erased = false;
  if (decided.cause == core::RecallCause::spill && ending.message.originator != node.identity.authority) {
    const bool takes_back = std::holds_alternative<core::Recall>(*said);
    const auto& about = takes_back ? *copies.begin() : decided.decision;
    if (TRY(speaks_of_own(tx, about, ending.message))) {
      TRY(erase_all(node, tx, copies, entry_of(node, ending, core::Act::copy_erased, ending.id)));
      erased = true;
    }
  }
  const auto state = erased ? core::CopyState::erased : core::CopyState::locked;
  return TRY(report_all(node, tx, locked, state, {})) || owes;
}

Result<bool> settle_arrival(const Node& node, store::Transaction& tx, const core::MessageId& id,
                            const std::optional<core::MessageId>& original, const std::string& actor) {
  bool owes = false;
  std::vector<core::MessageId> arrived = {id};
  if (original) arrived.push_back(*original);
  for (const auto& one : arrived)
    for (const auto& row : TRY(tx.consents_about(one))) {
      const auto message = TRY(parsed(row.statement));
      if (message.kind != "recall" && message.kind != "spill-notice") continue;
      owes = TRY(end_use(node, tx, {row.id, message, core::statement_digest(row.statement), actor})) || owes;
    }
  if (!original || TRY(tx.locked(id))) return owes;
  const auto row = TRY(tx.find_message(*original));
  if (!row || row->direction != store::Direction::carried || !TRY(tx.locked(*original))) return owes;
  if (TRY(is_spilled(tx, *original))) return owes;                                  // no grant frees it
  if (TRY(own_original(tx, TRY(tx.load_message(id)), {}, is_locked))) return owes;  // nor what other forwards brought
  core::JournalEntry entry;
  entry.actor = actor;
  entry.act = core::Act::copy_unlocked;
  entry.message = original;
  entry.data = node.agreements()->digest();
  CHECK_OK(tx.unlock(*original, entry));
  return owes;
}

Result<std::vector<core::MessageId>> erase_copy(const Node& node, store::Transaction& tx, const core::MessageId& id,
                                                const std::string& actor) {
  const auto row = TRY(tx.find_message(id));
  if (!row) return fail(Errc::not_found, "no such message");
  Ids copies = {id};
  if (row->direction == store::Direction::carried)
    for (const auto& carrier : TRY(tx.carriers(id))) copies.insert(carrier);
  core::JournalEntry entry;
  entry.actor = actor;
  entry.data = node.agreements()->digest();
  auto erased = TRY(erase_all(node, tx, copies, std::move(entry)));
  TRY(report_all(node, tx, {erased.begin(), erased.end()}, core::CopyState::erased, {}));
  return erased;
}

Result<bool> is_spilled(store::Transaction& tx, const core::MessageId& id) {
  for (const auto& lock : TRY(tx.locks(id)))
    for (const auto& row : TRY(statements_of(tx, lock, id))) {
      const auto said = core::read_consent(row.id, TRY(parsed(row.statement)));
      if (!said.has_value()) continue;
      if (std::holds_alternative<core::SpillNotice>(*said)) return true;
      const auto* recall = std::get_if<core::Recall>(&*said);
      if (recall != nullptr && recall->cause == core::RecallCause::spill) return true;
    }
  return false;
}

Result<std::optional<core::ReasonCode>> why_shut(store::Transaction& tx, const core::MessageId& id) {
  using None = std::optional<core::ReasonCode>;
  if (TRY(is_erased(tx, id))) return None(core::ReasonCode::no_longer_held);
  if (TRY(tx.locked(id))) return None(core::ReasonCode::copy_locked);
  return None();
}

}  // namespace chancery::service

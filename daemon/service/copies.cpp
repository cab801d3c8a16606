#include "daemon/service/copies.h"

#include <algorithm>
#include <deque>

#include "daemon/service/carried.h"
#include "daemon/service/consents.h"
#include "daemon/service/sealing.h"

namespace chancery::service {

Decided decided(const core::MessageId& lock, const core::MessageId& id, const core::Message& message) {
  Decided out{lock, id, message};
  const auto said = core::read_consent(id, message);
  const auto* notice = said.has_value() ? std::get_if<core::SpillNotice>(&*said) : nullptr;
  if (notice != nullptr) out.spilled = notice->message;
  return out;
}

namespace {

bool is_decision(const core::Message& message) {
  return message.kind == "consent-revocation" || message.kind == "spill-notice";
}

}  // namespace

Result<std::optional<Decided>> decided_by_recall(store::Transaction& tx, const core::MessageId& recall,
                                                 const core::MessageId& id) {
  using None = std::optional<Decided>;
  if (const auto row = TRY(tx.find_message(id))) {
    const auto message = TRY(stored_message(row->statement));
    return is_decision(message) ? None(decided(recall, id, message)) : None();
  }
  for (const auto& beside : TRY(tx.load_message(recall)).sources) {
    const auto message = TRY(stored_message(beside.statement));
    if (core::message_id(beside.statement, message.created) == id && is_decision(message))
      return None(decided(recall, id, message));
  }
  return None();
}

Result<HeldSources> made_from(store::Transaction& tx, const core::MessageId& id) {
  return HeldSources::gather({id}, [&tx](const core::MessageId& of) { return tx.load_message(of); });
}

namespace {

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
    left.push_back(forwarded_extent(TRY(stored_message(TRY(tx.load_message(carrier)).statement.statement))));
  }
  const auto held = TRY(tx.load_message(*record.original));
  const auto parts = TRY(stored_message(held.statement.statement)).parts;
  return bring_all(held.extent, parts, left) ? None() : None(*record.original);
}

}  // namespace

Result<Ids> works_of(store::Transaction& tx, const core::MessageId& id) {
  Ids reached, held;
  std::deque<core::MessageId> waiting = {id};
  while (!waiting.empty()) {
    for (const auto& made : TRY(tx.made_of(waiting.front()))) {
      if (!reached.insert(made).second) continue;
      waiting.push_back(made);
      if (TRY(tx.find_message(made))) held.insert(made);
    }
    waiting.pop_front();
  }
  return held;
}

// These, the originals they carry, and what was made of them.
Result<Ids> closure(store::Transaction& tx, const Ids& from, Follow follow) {
  Ids all, seen;
  std::deque<core::MessageId> waiting(from.begin(), from.end());
  while (!waiting.empty()) {
    const auto id = waiting.front();
    waiting.pop_front();
    if (!seen.insert(id).second) continue;
    for (const auto& made : TRY(tx.made_of(id))) {
      const auto row = TRY(tx.find_message(made));
      if (follow == Follow::all_works || (row && row->direction == store::Direction::outgoing)) waiting.push_back(made);
    }
    if (!TRY(tx.find_message(id))) continue;
    all.insert(id);
    const auto original = TRY(own_original(tx, TRY(tx.load_message(id)), all, is_locked));
    if (original) waiting.push_back(*original);
  }
  return all;
}

Result<Ids> with_originals(store::Transaction& tx, const Ids& copies) {
  auto all = copies;
  for (const auto& id : copies)
    if (const auto original = TRY(own_original(tx, TRY(tx.load_message(id)), copies, is_locked))) all.insert(*original);
  return all;
}

Result<bool> is_all_brought(store::Transaction& tx, const core::MessageId& forward) {
  return !TRY(own_original(tx, TRY(tx.load_message(forward)), {}, is_locked)).has_value();
}

// ---- telling

namespace {

// What a statement decides of a copy: a revocation or a notice, or the recall of who sent the copy, by a decision that
// ends it; one that locks it already may have been of the copy that brought it. Nothing for every other, whoever filed
// it.
Result<std::optional<Decided>> decided_about(store::Transaction& tx, const store::MessageRow& row,
                                             const core::MessageId& copy, const core::MessageId& lock) {
  using None = std::optional<Decided>;
  const auto message = TRY(stored_message(row.statement));
  const auto said = core::read_consent(row.id, message);
  const auto sources = TRY(made_from(tx, copy));
  const auto lookup = sources.lookup();
  const auto* held = lookup(copy);
  if (!said.has_value() || held == nullptr) return None();
  None found;
  if (const auto* recall = std::get_if<core::Recall>(&*said)) {
    found = TRY(decided_by_recall(tx, row.id, recall->decision));
    const bool of_copy = recall->copy == copy && message.originator == held->message.originator;
    if (!of_copy && !(found && found->spilled && row.id == lock)) return None();
  } else if (is_decision(message)) {
    found = decided(row.id, row.id, message);
  }
  return found && core::ends(tx.directory(), found->message, *held, lookup) ? found : None();
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
  const auto agreement = TRY(stored_message(TRY(tx.load_message(copy)).statement.statement)).agreement;
  std::set<std::pair<std::string, core::MessageId>> finders;
  for (const auto& lock : TRY(tx.locks(copy)))
    for (const auto& row : TRY(statements_of(tx, lock, copy))) {
      const auto by = TRY(decided_about(tx, row, copy, lock));
      if (!by) continue;
      const auto message = TRY(stored_message(row.statement));
      if (by->spilled)
        for (const auto& teller : {message.originator, by->message.originator}) finders.emplace(teller, *by->spilled);
      else
        comply(by->message.originator, core::subject_of(TRY(core::read_consent(by->id, by->message))),
               message.agreement);
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

}  // namespace

Result<bool> report_copy(const Node& node, store::Transaction& tx, const core::MessageId& id, core::CopyState state,
                         const std::string& ground) {
  const auto all = TRY(hearings(node, tx, id, state, ground));
  for (const auto& hearing : all) CHECK_OK(owe(node, tx, hearing.to, hearing.agreement, hearing.statement));
  return !all.empty();
}

Result<bool> report_copies(const Node& node, store::Transaction& tx, const Ids& ids) {
  bool owes = false;
  for (const auto& id : ids) {
    const auto row = TRY(tx.find_message(id));
    if (!row || row->direction != store::Direction::incoming) continue;
    const auto state = TRY(is_erased(tx, id)) ? core::CopyState::erased : core::CopyState::locked;
    owes = TRY(report_copy(node, tx, id, state, {})) || owes;
  }
  return owes;
}

namespace {

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
  for (const auto& id : TRY(closure(tx, copies, Follow::own_works))) {
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

}  // namespace

Result<std::vector<core::MessageId>> erase_copies(const Node& node, store::Transaction& tx, const Ids& copies,
                                                  core::JournalEntry entry) {
  std::vector<core::MessageId> out;
  entry.act = core::Act::copy_erased;
  for (const auto& id : copies) {
    if (TRY(is_erased(tx, id))) continue;
    CHECK_OK(erase_one(tx, id, entry));
    out.push_back(id);
  }
  CHECK_OK(drop_drafts(node, tx, copies, entry));
  return out;
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
  auto erased = TRY(erase_copies(node, tx, TRY(erasable(tx, copies)), std::move(entry)));
  TRY(report_copies(node, tx, {erased.begin(), erased.end()}));
  return erased;
}

Result<bool> is_spilled(store::Transaction& tx, const core::MessageId& id) {
  for (const auto& lock : TRY(tx.locks(id)))
    for (const auto& row : TRY(statements_of(tx, lock, id)))
      if (const auto by = TRY(decided_about(tx, row, id, lock)); by && by->spilled) return true;
  return false;
}

Result<std::optional<core::ReasonCode>> why_shut(store::Transaction& tx, const core::MessageId& id) {
  using None = std::optional<core::ReasonCode>;
  if (TRY(is_erased(tx, id))) return None(core::ReasonCode::no_longer_held);
  if (TRY(tx.locked(id))) return None(core::ReasonCode::copy_locked);
  return None();
}

Result<std::optional<core::ReasonCode>> why_unusable(store::Transaction& tx, const core::Message& message) {
  for (const auto& line : message.sources)
    if (const auto why = TRY(why_shut(tx, line.id))) return why;
  if (core::gives_out(message.kind))
    for (const auto& id : named_by_facts(message.facts))
      if (const auto why = TRY(why_shut(tx, id))) return why;
  return std::optional<core::ReasonCode>();
}

}  // namespace chancery::service

#include "daemon/service/reissue.h"

#include <algorithm>

#include "daemon/service/carried.h"
#include "daemon/service/copies.h"
#include "daemon/service/gate.h"
#include "daemon/service/sealing.h"
#include "daemon/wire/draft.h"

namespace chancery::service {

namespace {

// Whoever refuses again and again gets one message a key of his, and no more.
bool has_another_key(const core::Directory& directory, const store::WaitingReissue& it, Instant now) {
  const auto* current = directory.seal_key(it.peer, now);
  return current != nullptr && current->id() != it.used_key;
}

// The same statement for this recipient alone, decided for today.
core::Message again(const core::Message& first, const core::MessageId& id, const std::string& recipient, Instant now) {
  auto message = first;
  message.recipients = {recipient};
  message.created = now;
  std::erase_if(message.facts,
                [](const core::Fact& fact) { return fact.name == core::kReissueFact || fact.name == core::kWrapFact; });
  const auto root = core::reissue_of(first);  // however often it goes again, it is the first that is named
  message.facts.push_back({std::string(core::kReissueFact), core::to_string(root ? *root : id)});
  return message;
}

// What its officers wrote; the registry number is new. Nothing when we cannot open it ourselves any more: that must not
// keep the receipt from being recorded.
std::optional<core::Draft> texts_of(const Node& node, const store::MessageRecord& record,
                                    const core::Message& message) {
  auto parts = open_held(node, record, message);
  if (!parts.has_value() || parts->empty()) {
    node.log(log_line<LogEvent::reissue_failed>(core::to_string(record.id), "the stored message does not open"));
    return std::nullopt;
  }
  core::Draft draft;
  draft.parts = std::move(*parts);
  draft.parts.pop_back();
  return draft;
}

// Among the entries about the first one, too.
Result<void> note_first(store::Transaction& tx, const core::JournalEntry& about, const core::MessageId& first,
                        const core::MessageId& next) {
  auto entry = about;
  entry.act = core::Act::used;
  entry.message = first;
  entry.content = core::statement_digest(TRY(tx.load_message(next)).statement.statement);
  TRY(tx.append(std::move(entry)));
  return {};
}

// A copy that may no longer be used does not go again, nor what is made of one.
Result<std::optional<core::ReasonCode>> why_held_back(store::Transaction& tx, const core::MessageId& id,
                                                      const core::Message& first) {
  const auto why = TRY(why_shut(tx, id));
  return why ? why : TRY(why_unusable(tx, first));
}

Result<void> note_refused(store::Transaction& tx, core::JournalEntry entry, const core::MessageId& first,
                          const core::Decision& decision) {
  entry.act = core::Act::release_refused;
  entry.message = first;
  entry.decision = core::to_string(decision.verdict());
  entry.reasons = decision.codes();
  TRY(tx.append(std::move(entry)));
  return {};
}

// Seals, signs and dispatches it for this recipient alone, or journals why not.
Result<void> send_again(const Node& node, store::Transaction& tx, const store::MessageRecord& record,
                        const core::Message& first, const std::string& recipient) {
  const auto book = node.agreements();
  core::JournalEntry entry;
  entry.actor = "daemon";
  entry.data = book->digest();
  entry.subject = recipient;
  if (const auto why = TRY(why_held_back(tx, record.id, first)))
    return note_refused(tx, std::move(entry), record.id, refused(*why, recipient).decision);
  const auto draft = texts_of(node, record, first);
  if (!draft) return {};
  auto ids = named_by_facts(first.facts);
  ids.push_back(record.id);  // for what it was shown with
  for (const auto& line : first.sources) ids.push_back(line.id);
  const auto sources = TRY(HeldSources::gather(ids, [&tx](const core::MessageId& id) { return tx.load_message(id); }));

  Composed composed;
  composed.message = again(first, record.id, recipient, tx.now());
  composed.plan = core::plan_digest(composed.message, wire::part_digests(*draft));
  const auto world = world_of(node, *book, tx);
  const auto consents = TRY(consents_for(world.directory, composed.message, sources.lookup(), statements_about(tx)));
  composed.decision = release_gate(world, composed.message, sources.lookup(), consents);
  if (const auto* original = first.sources.empty() ? nullptr : sources.lookup()(first.sources.front().id))
    composed.wraps_original = wrap_gate(world, original->message, tx.now());
  if (composed.decision.allowed()) {
    const auto next = TRY(seal(node, tx, *draft, composed, sources, entry));
    return note_first(tx, entry, record.id, TRY(core::parse_message_id(next.id)));
  }
  entry.plan = composed.plan;
  return note_refused(tx, std::move(entry), record.id, composed.decision);
}

}  // namespace

bool asks_for_reissue(const core::Receipt& receipt) {
  return receipt.stage == core::Stage::refused &&
         receipt.reasons == std::vector<std::string>{core::to_string(core::ReasonCode::key_retired)};
}

Result<void> reissue(const Node& node, store::Transaction& tx, const core::Receipt& receipt) {
  const auto record = TRY(tx.load_message(receipt.message));
  const auto first = TRY(core::Message::parse(record.statement.statement));
  const auto used = wrap_for(receipt.receiver, first, record.wraps);
  if (!used) {
    node.log(log_line<LogEvent::reissue_failed>(core::to_string(record.id), "no stored wrap of its recipient"));
    return {};
  }
  const store::WaitingReissue it{receipt.receiver, record.id, used->key_id};
  if (has_another_key(tx.directory(), it, tx.now())) return send_again(node, tx, record, first, it.peer);
  node.log(
      log_line<LogEvent::reissue_waits>(core::to_string(record.id), core::to_string(core::ReasonCode::key_retired)));
  return tx.record_waiting_reissue(it);
}

Result<void> seal_for_another_key(const Node& node, store::Transaction& tx, const core::MessageId& id,
                                  const std::string& recipient) {
  const auto record = TRY(tx.load_message(id));
  return send_again(node, tx, record, TRY(core::Message::parse(record.statement.statement)), recipient);
}

Result<std::vector<store::WaitingReissue>> due_reissues(const Node& node) {
  const auto directory = node.store.directory();
  auto all = TRY(node.store.reader().waiting_reissues());
  std::erase_if(all, [&](const auto& one) { return !has_another_key(*directory, one, node.clock.now()); });
  return all;
}

Result<void> reissue(const Node& node, const store::WaitingReissue& due) {
  return node.store.run<void>(kReissueLeaves, [&](store::Transaction& tx) -> Result<void> {
    if (!has_another_key(tx.directory(), due, tx.now())) return {};
    if (!TRY(tx.take_waiting_reissue(due))) return {};
    const auto record = TRY(tx.load_message(due.message));
    return send_again(node, tx, record, TRY(core::Message::parse(record.statement.statement)), due.peer);
  });
}

}  // namespace chancery::service

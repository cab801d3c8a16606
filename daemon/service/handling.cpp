#include "daemon/service/handling.h"

#include "crypto/sealing.h"
#include "daemon/core/handling.h"
#include "daemon/service/views.h"

namespace chancery::service {

namespace {

// Nothing was refused: null.
using Refusal = std::optional<Refused>;

core::Label proposed_by(const core::World& world, const wire::HandlingRequest& request) {
  const auto* own = core::own_policy(world);
  core::Label label{{}, 0, request.classification, request.review, request.categories};
  if (own == nullptr) return label;
  label.policy = own->id;
  label.version = own->version;
  return label;
}

// Nobody marks what he may not read, nor so that he could not read it.
core::Decision decide(const core::World& world, const core::User& caller, const store::MessageRow& row,
                      const core::Message& message, const core::Label& proposed) {
  std::vector<core::Label> labels;
  if (row.handling) labels.push_back(*row.handling);
  if (world.agreements.labels().knows(proposed)) labels.push_back(proposed);
  auto out = core::decide_access(world, caller, core::Permission::handle, message, labels);
  const auto mark = core::decide_handling(world, caller, message, row.handling, proposed);
  for (const auto& reason : mark.reasons()) out.add(reason);
  return out;
}

core::JournalEntry entry_of(const core::User& caller, core::Act act, const core::MessageId& id,
                            const core::AgreementBook& book, const core::Decision& decision) {
  core::JournalEntry entry;
  entry.actor = caller.name;
  entry.act = act;
  entry.message = id;
  entry.decision = core::to_string(decision.verdict());
  entry.reasons = decision.codes();
  entry.data = book.digest();
  return entry;
}

Result<void> record(const Node& node, store::Transaction& tx, const core::MessageId& id, const core::Label& label,
                    const Digest& policy, const core::JournalEntry& entry) {
  const auto before = TRY(tx.handlings(id));
  core::Handling handling;
  handling.authority = node.identity.authority;
  handling.message = id;
  handling.label = label;
  handling.label_policy = policy;
  if (!before.empty()) handling.previous = core::statement_digest(before.back().statement.statement);
  handling.time = tx.now();
  handling.salt = tx.random().bytes(crypto::kSaltSize);
  const auto leaf = TRY(tx.sign(handling.to_text()));
  return tx.record_handling(handling, leaf, entry);
}

Result<Refusal> handle_act(const Node& node, store::Transaction& tx, const core::User& caller,
                           const core::MessageId& id, const wire::HandlingRequest& request) {
  const auto row = TRY(tx.find_message(id));
  if (!row) return Refusal(refused(core::ReasonCode::not_found, id.short_text()));
  const auto message = TRY(core::Message::parse(row->statement));
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  const auto label = proposed_by(world, request);
  auto decision = decide(world, caller, *row, message, label);
  if (TRY(tx.locked(id))) decision.add({core::ReasonCode::copy_locked, {}, {}, id.short_text()});
  if (!decision.allowed()) {
    TRY(tx.append(entry_of(caller, core::Act::handling_refused, id, *book, decision)));
    return Refusal(Refused{decision, message.agreement});
  }
  if (row->handling == label) return Refusal();
  CHECK_OK(record(node, tx, id, label, core::own_policy(world)->digest,
                  entry_of(caller, core::Act::handled, id, *book, decision)));
  return Refusal();
}

}  // namespace

Outcome<wire::MessageView> HandlingDesk::handle(const core::User& caller, const wire::HandlingRequest& request) {
  using Answer = std::variant<wire::MessageView, Refused>;
  const auto id = node_.store.reader().resolve(request.message);
  if (!id.has_value()) {
    const auto refusal = TRY(as_refusal(id.error()));
    return Answer(refused(refusal.decision.reasons().front().code, request.message));
  }
  auto refusal = TRY(
      node_.store.run<Refusal>(1, [&](store::Transaction& tx) { return handle_act(node_, tx, caller, *id, request); }));
  if (refusal) return Answer(std::move(*refusal));
  return Answer(TRY(message_view(node_, scene(node_), TRY(node_.store.reader().message_row(*id)))));
}

}  // namespace chancery::service

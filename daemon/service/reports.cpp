#include "daemon/service/reports.h"

#include <algorithm>

#include "daemon/service/sealing.h"

namespace chancery::service {

namespace {

constexpr std::uint32_t kAtOnce = 256;

const char* kind_of(const core::ConsentStatement& statement) {
  if (std::holds_alternative<core::TransferReport>(statement)) return "transfer-report";
  if (std::holds_alternative<core::Recall>(statement)) return "recall";
  return std::holds_alternative<core::SpillReceipt>(statement) ? "spill-receipt" : "consent-compliance";
}

// Who answers for a provider by now is told in its place; who holds a copy is told itself that it is taken back.
std::string told(const core::World& world, const std::string& recipient, const std::string& kind) {
  return kind == "recall" ? recipient : core::answering(world.directory, recipient, world.now);
}

// A report has no text: its label is the lowest there is.
core::Draft draft_of(const core::World& world, const store::OwedReport& owed) {
  core::Draft draft;
  draft.recipients = {told(world, owed.recipient, owed.kind)};
  draft.agreement = owed.agreement;
  draft.kind = owed.kind;
  draft.facts = owed.facts;
  const auto* policy = core::own_policy(world);
  if (policy != nullptr && !policy->classes.empty()) draft.classification = policy->classes.front().id;
  return draft;
}

enum class Going {
  sent,
  dropped,  // it is not for who was to hear it
  held,     // still owed, for a reason of its own
  waits,    // still owed: what keeps it keeps whatever is owed alike
};

// The rules say so of the statement itself, whoever it goes to and whenever.
bool is_of_its_own(const core::Decision& decision) {
  const auto& reasons = decision.reasons();
  return std::any_of(reasons.begin(), reasons.end(),
                     [](const core::Reason& reason) { return reason.code == core::ReasonCode::consent_terms; });
}

Result<Going> send(const Node& node, store::Transaction& tx, const store::OwedReport& owed) {
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  const auto drop = [&]() -> Result<Going> {
    TRY(tx.settle_owed(owed.ordinal));
    return Going::dropped;
  };
  if (told(world, owed.recipient, owed.kind) == world.self) return drop();
  const auto draft = draft_of(world, owed);
  auto ids = needed_ids(draft);
  // A decision we heard of ourselves by a recall stands beside that, and that is what locks the copy.
  if (owed.kind == "recall")
    for (const auto& named : named_by_facts(owed.facts))
      for (const auto& lock : TRY(tx.locks(named))) ids.push_back(lock);
  const auto sources = TRY(HeldSources::gather(ids, [&tx](const core::MessageId& id) { return tx.load_message(id); }));
  const auto composed = TRY(compose(world, draft, sources, statements_about(tx), {}));
  // Named as a provider by a carrier that did not prove it, and none by what is held here.
  if (is_of_its_own(composed.decision)) return owed.kind == "transfer-report" ? drop() : Going::held;
  if (!composed.decision.allowed()) return Going::waits;
  if (!TRY(tx.settle_owed(owed.ordinal))) return Going::sent;
  core::JournalEntry entry;
  entry.actor = "daemon";
  entry.data = book->digest();
  TRY(seal(node, tx, draft, composed, sources, std::move(entry)));
  return Going::sent;
}

// Up to the first that cannot go. Whether one went.
Result<bool> send_all(const Node& node, const store::OwedQueue& queue) {
  bool any = false;
  for (std::uint64_t after = 0;;) {
    const auto page = TRY(node.store.reader().owed_in(queue, after, kAtOnce));
    for (const auto& owed : page) {
      after = owed.ordinal;
      const auto went =
          node.store.run<Going>(kReportLeaves, [&](store::Transaction& tx) { return send(node, tx, owed); });
      if (!went.has_value()) {
        node.log(log_line<LogEvent::report_failed>(owed.recipient, went.error().detail));
        continue;
      }
      if (*went == Going::waits) return any;
      if (*went == Going::held) node.log(log_line<LogEvent::report_held>(owed.recipient, owed.kind));
      if (*went == Going::dropped) node.log(log_line<LogEvent::report_dropped>(owed.recipient, owed.kind));
      any = any || *went == Going::sent;
    }
    if (page.size() < kAtOnce) return any;
  }
}

}  // namespace

Result<void> owe(const Node& node, store::Transaction& tx, const std::string& provider, const std::string& agreement,
                 const core::ConsentStatement& statement) {
  // Who was never designated here cannot be told, and may be made up.
  const auto* entry = tx.directory().find(provider);
  const auto& self = node.identity.authority;
  if (provider == self || entry == nullptr || entry->history.empty()) return {};
  if (core::answering(tx.directory(), provider, tx.now()) == self) return {};
  return tx.record_owed({0, provider, agreement, kind_of(statement), core::facts_of(statement)});
}

Result<std::set<std::string>> send_reports(const Node& node) {
  std::set<std::string> reached;
  const auto at = scene(node);
  for (const auto& queue : TRY(node.store.reader().owed_queues()))
    if (TRY(send_all(node, queue))) reached.insert(told(at.world(), queue.recipient, queue.kind));
  return reached;
}

void tell_owed(const Node& node, const Lanes& lanes) {
  const auto told = send_reports(node);
  if (!told.has_value()) return node.log(log_line<LogEvent::report_failed>("-", told.error().detail));
  for (const auto& peer : *told) lanes.wake(peer);
}

}  // namespace chancery::service

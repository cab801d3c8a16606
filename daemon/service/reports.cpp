#include "daemon/service/reports.h"

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
std::string told(const core::World& world, const store::OwedReport& owed) {
  return owed.kind == "recall" ? owed.recipient : core::answering(world.directory, owed.recipient, world.now);
}

// A report has no text: its label is the lowest there is.
core::Draft draft_of(const core::World& world, const store::OwedReport& owed) {
  core::Draft draft;
  draft.recipients = {told(world, owed)};
  draft.agreement = owed.agreement;
  draft.kind = owed.kind;
  draft.facts = owed.facts;
  const auto* policy = core::own_policy(world);
  if (policy != nullptr && !policy->classes.empty()) draft.classification = policy->classes.front().id;
  return draft;
}

// False: it cannot go now, and is still owed.
Result<bool> send(const Node& node, store::Transaction& tx, const store::OwedReport& owed) {
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  if (told(world, owed) == world.self) return tx.settle_owed(owed.ordinal);
  const auto draft = draft_of(world, owed);
  auto ids = needed_ids(draft);
  // A decision we heard of ourselves by a recall stands beside that, and that is what locks the copy.
  if (owed.kind == "recall")
    for (const auto& named : named_by_facts(owed.facts))
      for (const auto& lock : TRY(tx.locks(named))) ids.push_back(lock);
  const auto sources = TRY(HeldSources::gather(ids, [&tx](const core::MessageId& id) { return tx.load_message(id); }));
  const auto composed = TRY(compose(world, draft, sources, statements_about(tx), {}));
  if (!composed.decision.allowed()) return false;
  if (!TRY(tx.settle_owed(owed.ordinal))) return true;
  core::JournalEntry entry;
  entry.actor = "daemon";
  entry.data = book->digest();
  TRY(seal(node, tx, draft, composed, sources, std::move(entry)));
  return true;
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
  std::uint64_t after = 0;
  while (true) {
    const auto at = scene(node);
    const auto page = TRY(node.store.reader().owed(after, kAtOnce));
    for (const auto& owed : page) {
      const auto sent =
          node.store.run<bool>(kReportLeaves, [&](store::Transaction& tx) { return send(node, tx, owed); });
      if (!sent.has_value()) node.log(LogLevel::error, "report", owed.recipient + ": " + sent.error().detail);
      if (sent.has_value() && *sent) reached.insert(told(at.world(), owed));
      after = owed.ordinal;
    }
    if (page.size() < kAtOnce) return reached;
  }
}

void tell_owed(const Node& node, const Lanes& lanes) {
  const auto told = send_reports(node);
  if (!told.has_value()) return node.log(LogLevel::error, "report", told.error().detail);
  for (const auto& peer : *told) lanes.wake(peer);
}

}  // namespace chancery::service

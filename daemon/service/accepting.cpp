// The act that takes in, refuses or defers what arrived; what goes before it is in arrival.cpp.
#include "daemon/core/registry_number.h"
#include "daemon/service/arrival_decision.h"
#include "daemon/service/ending.h"
#include "daemon/service/numbering.h"
#include "daemon/service/permit_issuing.h"

namespace chancery::service {

namespace {

using core::ReasonCode;

core::JournalEntry entry_of(const Arrived& arrived, core::Act act, const core::AgreementBook& book,
                            const core::Decision& decision) {
  core::JournalEntry entry;
  entry.actor = "peer:" + arrived.peer;
  entry.act = act;
  entry.message = arrived.id;
  entry.subject = arrived.message.originator;
  entry.decision = core::to_string(decision.verdict());
  entry.reasons = decision.codes();
  entry.data = book.digest();
  entry.content = arrived.digest;
  return entry;
}

core::Receipt receipt_of(const Node& node, store::Transaction& tx, const Arrived& arrived, const Digest& entry) {
  core::Receipt receipt;
  receipt.receiver = node.identity.authority;
  receipt.originator = arrived.message.originator;
  receipt.message = arrived.id;
  receipt.time = tx.now();
  receipt.entry = entry;
  receipt.salt = tx.random().bytes(crypto::kSaltSize);
  return receipt;
}

Result<Accepted> keep_conflict(store::Transaction& tx, const Arrived& arrived, const std::string& first) {
  core::JournalEntry entry;
  entry.actor = "peer:" + arrived.peer;
  entry.act = core::Act::conflict_recorded;
  entry.message = arrived.id;
  entry.subject = arrived.peer;
  entry.content = arrived.digest;
  CHECK_OK(tx.record_conflict({"message", arrived.peer, first, arrived.record.statement.statement, tx.now()}, entry));
  Accepted out;
  out.answer =
      answer(arrived.digest, wire::AnswerOutcome::rejected, {core::Reason{ReasonCode::id_conflict, "", "", ""}});
  out.conflict = true;
  return out;
}

// The same id gives the stored receipts, byte for byte.
Result<std::optional<Accepted>> known(const Node& node, store::Transaction& tx, const Arrived& arrived) {
  const auto row = TRY(tx.find_message(arrived.id));
  if (row && row->statement != arrived.record.statement.statement)
    return std::optional(TRY(keep_conflict(tx, arrived, row->statement)));
  Accepted out;
  bool answered = row && row->direction == store::Direction::incoming;
  for (auto& receipt : TRY(tx.receipts(arrived.id))) {
    if (receipt.receipt.receiver != node.identity.authority) continue;
    answered = true;
    // Issued in this very group: its signature comes with the first answer.
    if (!receipt.statement.signature.signature.empty()) out.stored.push_back(std::move(receipt.statement));
  }
  return answered ? std::optional(std::move(out)) : std::nullopt;
}

// What was decided on the link's thread holds while nothing it looked at has changed; what came by a permission is
// looked at again, because a revocation may have come since.
Result<core::Decision> decide_now(const Node& node, store::Transaction& tx, const Arrived& arrived,
                                  const std::shared_ptr<const core::AgreementBook>& book) {
  if (arrived.decision.allowed() && &tx.directory() == arrived.directory.get() && book == arrived.book &&
      arrived.permits.empty() && arrived.uses.empty())
    return arrived.decision;
  auto sources = arrived.sources;
  sources.complete(arrived.message, held_statements(tx));
  CHECK_OK(sources.add_recalled(arrived.message, [&tx](const core::MessageId& id) { return tx.load_message(id); }));
  const auto world = world_of(node, *book, tx);
  const auto consents = TRY(consents_of(tx.directory(), arrived, sources, statements_about(tx)));
  auto decision = decide(world, arrived, sources, consents);
  // Allowed only now, and still shut: it is opened when it comes again.
  if (decision.allowed() && !arrived.body) decision.add(reason(arrived, ReasonCode::not_now));
  return decision;
}

Accepted defer(const Arrived& arrived, const core::Decision& decision) {
  Accepted out;
  out.answer = answer(arrived.digest, wire::AnswerOutcome::deferred, decision.reasons());
  return out;
}

// The reason that speaks of consent, where there is one: it is what the provider asks for.
ReasonCode telling(const core::Decision& decision) {
  for (const auto& one : decision.reasons()) {
    const std::string_view code = core::to_string(one.code);
    if (code.starts_with("E-CONSENT") || code.starts_with("E-PERMIT") || code.starts_with("E-WRAP")) return one.code;
  }
  return decision.reasons().front().code;
}

// What is named without its proof cannot be judged; whoever the carrier says provided it hears of it by its name. A
// few: names may be made up.
Result<bool> owe_unproven(const Node& node, store::Transaction& tx, const Arrived& arrived, const Digest& entry,
                          const core::Decision& refused) {
  constexpr std::size_t kAtMost = 16;
  const auto sources = core::provenance(arrived.message, arrived.sources.lookup());
  auto unproven = sources.missing;
  unproven.insert(unproven.end(), sources.mismatched.begin(), sources.mismatched.end());
  std::size_t owed = 0;
  for (const auto& id : unproven)
    for (const auto& provider : arrived.message.providers) {
      if (provider == arrived.message.originator || owed == kAtMost) continue;
      core::TransferReport report;
      report.original = id;
      report.carrier = arrived.id;
      report.holder = arrived.message.originator;
      report.entry = entry;
      report.refused = telling(refused);
      CHECK_OK(owe(node, tx, provider, arrived.message.agreement, report));
      ++owed;
    }
  return owed > 0;
}

// Under what it came, or was tried: a permit of this step, or a detached grant, of which no permit speaks.
void name_grant(const Arrived& arrived, const core::ConsentNeed& need, Instant now, core::TransferReport& report) {
  if (const auto* grant = detached_for(arrived, need, now)) {
    report.grant = grant->id;
  } else if (const auto* shown = arrived.consents.permit(need)) {
    report.grant = shown->permit.grant;
    report.permit = shown->digest;
  } else {
    for (const auto& known : arrived.consents.grants)
      if (known.is_detached() && known.provider == need.provider && known.terms.original == need.original->id &&
          known.holder == arrived.message.originator)
        report.grant = known.id;
  }
}

// Every provider of something protected hears what reached us, and what became of it. Whether one is to hear.
Result<bool> owe_reports(const Node& node, store::Transaction& tx, const Arrived& arrived,
                         const core::AgreementBook& book, const Digest& entry, const core::Decision* refused) {
  const auto world = world_of(node, book, tx);
  bool owes = false;
  for (const auto& need : core::consent_needs(world, arrived.message, arrived.sources.lookup())) {
    if (need.receiver != node.identity.authority) continue;
    core::TransferReport report;
    report.original = need.original->id;
    report.carrier = arrived.id;
    report.holder = arrived.message.originator;
    report.extent = need.extent;
    report.entry = entry;
    name_grant(arrived, need, world.now, report);
    if (refused != nullptr) report.refused = telling(*refused);
    CHECK_OK(owe(node, tx, need.provider, need.original->message.agreement, report));
    owes = true;
  }
  if (refused != nullptr) owes = TRY(owe_unproven(node, tx, arrived, entry, *refused)) || owes;
  return owes;
}

// Those it came by; whatever else was shown is not ours to keep.
Result<void> keep_permits(const Node& node, store::Transaction& tx, const Arrived& arrived,
                          const core::AgreementBook& book) {
  const auto world = world_of(node, book, tx);
  std::set<Digest> used;
  for (const auto& need : core::consent_needs(world, arrived.message, arrived.sources.lookup()))
    if (const auto* shown = need.receiver == node.identity.authority ? arrived.consents.permit(need) : nullptr)
      used.insert(shown->digest);
  for (const auto& record : arrived.permits) {
    if (!used.contains(core::statement_digest(record.statement.statement))) continue;
    auto entry = entry_of(arrived, core::Act::permit_recorded, book, core::Decision::allow());
    entry.subject = record.permit.provider;
    entry.decision.clear();
    entry.content = core::statement_digest(record.statement.statement);
    CHECK_OK(tx.record_permit(record, std::nullopt, entry));
  }
  for (const auto& use : arrived.uses) {
    auto entry = entry_of(arrived, core::Act::detached_used, book, core::Decision::allow());
    entry.decision.clear();
    CHECK_OK(tx.record_detached_use(use, entry));
  }
  return {};
}

// Locked first, answered second: what it says of others, and what was said of it before it came. Whether somebody is to
// hear of it.
Result<bool> end_copies(const Node& node, store::Transaction& tx, const Arrived& arrived) {
  const auto actor = "peer:" + arrived.peer;
  const bool ended = TRY(end_use(node, tx, {arrived.id, arrived.message, arrived.digest, actor}));
  const auto original = arrived.carried ? std::optional(arrived.carried->id) : std::nullopt;
  return TRY(settle_arrival(node, tx, arrived.id, arrived.message, original, actor)) || ended;
}

Result<Accepted> refuse(const Node& node, store::Transaction& tx, const Arrived& arrived,
                        const core::AgreementBook& book, const core::Decision& decision) {
  const auto entry = TRY(tx.append(entry_of(arrived, core::Act::acceptance_refused, book, decision)));
  auto receipt = receipt_of(node, tx, arrived, entry);
  receipt.stage = core::Stage::refused;
  receipt.reasons = decision.codes();
  Accepted out;
  out.issued.push_back(TRY(tx.issue_receipt(receipt)));
  out.owes = TRY(owe_reports(node, tx, arrived, book, entry, &decision));
  return out;
}

// Durable before `delivered` is signed: adopted beforehand, and again only where an erasure came between.
Result<void> keep_attachments(store::Transaction& tx, const Arrived& arrived, const core::MessageId& id,
                              const std::vector<ArrivingAttachments::Opened>& attachments) {
  std::vector<store::Attached> all;
  for (const auto& one : attachments) {
    if (!arrived.arriving->is_adopted(arrived.peer, one.root))
      CHECK_OK(arrived.arriving->adopt(arrived.peer, one.root));
    CHECK_OK(tx.record_attachment({one.root, {}, {}, {}, one.plain, one.sealed, {}}));
    all.push_back({one.root, false});
  }
  return tx.attach(id, all);
}

Result<void> keep_carried(const Node& node, store::Transaction& tx, const Arrived& arrived,
                          const core::AgreementBook& book) {
  if (!arrived.carried) return {};
  core::JournalEntry entry;
  entry.actor = "peer:" + arrived.peer;
  entry.act = core::Act::carried;
  entry.message = arrived.carried->id;
  entry.data = book.digest();
  entry.content = arrived.digest;
  // What was spilled does not come back by another way.
  if (TRY(is_spilled(tx, arrived.carried->id))) {
    TRY(tx.append(std::move(entry)));
    return {};
  }
  CHECK_OK(tx.record_carried(TRY(with_held_parts(node, tx, *arrived.carried)), entry));
  // What stays erased holds none.
  if (arrived.carried_attachments.empty() || TRY(tx.load_message(arrived.carried->id)).sealed_key.empty()) return {};
  CHECK_OK(keep_attachments(tx, arrived, arrived.carried->id, arrived.carried_attachments));
  std::vector<store::Attached> passed;
  for (const auto& one : arrived.carried_attachments) passed.push_back({one.root, true});
  return tx.attach(arrived.id, passed);
}

Result<Accepted> take_in(const Node& node, store::Transaction& tx, const Arrived& arrived,
                         const core::AgreementBook& book, const core::Decision& decision) {
  auto record = arrived.record;
  record.number = TRY(next_number(tx, std::string(core::kIncomingPrefix)));
  const auto entry = TRY(tx.record_inbound(record, entry_of(arrived, core::Act::accepted, book, decision)));
  CHECK_OK(keep_attachments(tx, arrived, arrived.id, arrived.attachments));
  CHECK_OK(keep_carried(node, tx, arrived, book));
  CHECK_OK(keep_permits(node, tx, arrived, book));
  CHECK_OK(note_report(tx, arrived.id, arrived.message));
  auto receipt = receipt_of(node, tx, arrived, entry);
  receipt.stage = core::Stage::delivered;
  Accepted out;
  const bool owes = TRY(owe_reports(node, tx, arrived, book, entry, nullptr));
  out.owes = TRY(end_copies(node, tx, arrived)) || owes;
  out.issued.push_back(TRY(tx.issue_receipt(receipt)));
  return out;
}

}  // namespace

Result<Accepted> accept(const Node& node, store::Transaction& tx, const Arrived& arrived) {
  if (auto before = TRY(known(node, tx, arrived))) return std::move(*before);
  if (!TRY(tx.dispatched(arrived.peer, arrived.id))) {
    Accepted out;
    out.answer = answer(arrived.digest, wire::AnswerOutcome::expected, TRY(tx.inbound_head(arrived.peer)));
    return out;
  }
  const auto book = node.agreements();
  // A receipt comes again as it was signed: everything waits. And what still came on a stream that is about to be
  // closed waits at its originator.
  const bool parked = core::why_parked(tx.directory(), arrived.peer, tx.now(), node.revocation_grace).has_value();
  if (parked || !tx.can_sign()) {
    core::Decision not_now;
    not_now.add(reason(arrived, ReasonCode::not_now));
    return defer(arrived, not_now);
  }
  const auto decision = TRY(decide_now(node, tx, arrived, book));
  switch (decision.verdict()) {
    case core::Verdict::refuse:
      return refuse(node, tx, arrived, *book, decision);
    case core::Verdict::defer:
      return defer(arrived, decision);
    case core::Verdict::allow:
      break;
  }
  return take_in(node, tx, arrived, *book, decision);
}

}  // namespace chancery::service

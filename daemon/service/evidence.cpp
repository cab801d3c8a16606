#include "daemon/service/evidence.h"

#include <algorithm>

#include "daemon/service/views.h"

namespace chancery::service {

namespace {

// What is asked for, and whose signature it carries.
struct Found {
  core::MessageId message;
  store::SignedStatement statement;
  std::string signer;
  std::string name;
  std::vector<core::Label> labels{};  // of the message
  std::optional<core::Label> own_label{};
};
using Search = Result<std::variant<Found, Refused>>;

std::string stem_of(const store::MessageRecord& record) {
  return record.number.empty() ? record.id.short_text() : record.number;
}

// The record in force of how the message is handled here.
Search find_handling(const Node& node, const store::MessageRecord& record) {
  using Answer = std::variant<Found, Refused>;
  auto all = TRY(node.store.reader().handlings(record.id));
  if (all.empty()) return Answer(refused(core::ReasonCode::not_found, "handling"));
  return Answer(
      Found{record.id, std::move(all.back().statement), node.identity.authority, stem_of(record) + "-handling"});
}

Search find_receipt(const Node& node, const wire::EvidenceQuery& query, const store::MessageRecord& record) {
  using Answer = std::variant<Found, Refused>;
  auto all = TRY(node.store.reader().receipts(record.id));
  std::erase_if(all, [&](const store::ReceiptRecord& one) {
    return one.receipt.stage != *query.receipt || (!query.recipient.empty() && one.receipt.receiver != query.recipient);
  });
  if (all.empty()) return Answer(refused(core::ReasonCode::not_found, core::to_string(*query.receipt)));
  if (all.size() > 1) return Answer(refused(core::ReasonCode::ambiguous_id, core::to_string(*query.receipt)));
  const auto& receipt = all.front().receipt;
  return Answer(Found{record.id, all.front().statement, receipt.receiver,
                      stem_of(record) + "-" + core::to_string(receipt.stage) + "-" + receipt.receiver});
}

Search find(const Node& node, const wire::EvidenceQuery& query) {
  using Answer = std::variant<Found, Refused>;
  const auto id = node.store.reader().resolve(query.message);
  if (!id.has_value()) {
    const auto refusal = TRY(as_refusal(id.error()));
    return Answer(refused(refusal.decision.reasons().front().code, query.message));
  }
  const auto record = TRY(node.store.reader().message(*id));
  if (query.receipt) return find_receipt(node, query, record);
  if (query.handling) return find_handling(node, record);
  const auto message = TRY(core::Message::parse(record.statement.statement));
  return Answer(Found{record.id, record.statement, message.originator, stem_of(record)});
}

// What is handed out says on it how it is marked: by whom it comes from, and here. The name of a restricted message's
// folder does too.
Result<void> add_marks(const Node& node, Found& found) {
  const auto at = scene(node);
  const auto view = TRY(message_view(node, at, TRY(node.store.reader().message_row(found.message))));
  found.labels = view.message.labels;
  found.own_label = view.own_label;
  if (found.signer == view.message.originator && view.restricted) found.name += "-" + view.own_marking;
  return {};
}

// The designation that came with the certificate the statement was signed under.
Result<wire::EvidenceView> complete(const Node& node, Found found) {
  for (const auto& record : TRY(node.store.reader().designations(found.signer))) {
    const auto& all = record.certificates;
    const auto it = std::find_if(all.begin(), all.end(), [&](const Bytes& der) {
      return crypto::sha256(der) == found.statement.signature.key_id;
    });
    if (it == all.end()) continue;
    const auto& [text, signature, path] = record.statement;
    return wire::EvidenceView{std::move(found.statement),
                              *it,
                              all.front(),
                              std::move(found.name),
                              wire::DesignationItem{signature, path, text, all},
                              std::move(found.labels),
                              std::move(found.own_label)};
  }
  return fail(Errc::corrupt, "no certificate of the signer is stored");
}

core::JournalEntry entry_of(const core::User& caller, const Found& found) {
  core::JournalEntry entry;
  entry.actor = caller.name;
  entry.act = core::Act::exported;
  entry.message = found.message;
  entry.content = core::statement_digest(found.statement.statement);
  return entry;
}

}  // namespace

EvidenceExport::EvidenceExport(Node node) : node_(std::move(node)) {}

Outcome<wire::EvidenceView> EvidenceExport::run(const core::User& caller, const wire::EvidenceQuery& query) {
  using Answer = std::variant<wire::EvidenceView, Refused>;
  const auto permission = core::Permission::export_evidence;
  if (!core::permits(caller.role, permission))
    return Answer(refused(core::ReasonCode::role, core::to_string(permission)));
  auto found = TRY(find(node_, query));
  if (auto* refusal = std::get_if<Refused>(&found)) return Answer(std::move(*refusal));
  CHECK_OK(add_marks(node_, std::get<Found>(found)));
  const auto entry = entry_of(caller, std::get<Found>(found));
  auto evidence = TRY(complete(node_, std::get<Found>(std::move(found))));
  TRY(node_.store.run<Digest>(0, [&](store::Transaction& tx) { return tx.append(entry); }));
  return Answer(std::move(evidence));
}

}  // namespace chancery::service

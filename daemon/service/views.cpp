#include "daemon/service/views.h"

#include <algorithm>

#include "daemon/core/handling.h"

namespace chancery::service {

namespace {

std::vector<core::Reason> reasons_of(const core::Agreement* agreement, const core::Receipt& receipt) {
  std::vector<core::Reason> out;
  for (const auto& text : receipt.reasons) {
    const auto code = core::parse_reason(text);
    if (!code.has_value()) continue;  // of a newer peer; its evidence keeps it
    out.push_back(agreement == nullptr ? core::Reason{*code, {}, {}, {}} : agreement->reason(*code));
  }
  return out;
}

const store::ReceiptRecord* furthest_of(const std::vector<store::ReceiptRecord>& receipts,
                                        const std::string& receiver) {
  const store::ReceiptRecord* out = nullptr;
  for (const auto& record : receipts)
    if (record.receipt.receiver == receiver && (out == nullptr || out->receipt.stage < record.receipt.stage))
      out = &record;
  return out;
}

void add_queued(const std::vector<store::OutboxRow>& rows, const core::Agreement* agreement, wire::DeliveryView& out) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.peer == out.recipient; });
  if (row == rows.end()) return;
  out.attempts = row->attempts;
  if (!out.stage.empty()) return;
  out.stage = row->state == store::OutboxState::closed ? "void" : "queued";
  if (row->state == store::OutboxState::closed) {
    const auto code = core::parse_reason(row->waiting_for);
    if (code.has_value())
      out.reasons.push_back(agreement == nullptr ? core::Reason{*code, {}, {}, {}} : agreement->reason(*code));
    return;
  }
  out.next_attempt = row->next_attempt;
  out.waiting_for = row->waiting_for;
}

// What waits for a peer with which nothing is exchanged now waits for that.
void add_parked(const Node& node, wire::DeliveryView& out) {
  if (out.stage != "queued") return;
  const auto why = why_parked(node, out.recipient);
  if (!why) return;
  out.stage = "parked";
  out.waiting_for = core::to_string(*why);
  out.next_attempt.reset();
}

wire::DeliveryView delivery_view(const std::string& recipient, const core::Agreement* agreement,
                                 const std::vector<store::ReceiptRecord>& receipts,
                                 const std::vector<store::OutboxRow>& rows) {
  wire::DeliveryView out;
  out.recipient = recipient;
  const auto* receipt = furthest_of(receipts, recipient);
  if (receipt != nullptr) {
    out.stage = core::to_string(receipt->receipt.stage);
    out.time = receipt->receipt.time;
    out.reasons = reasons_of(agreement, receipt->receipt);
  }
  add_queued(rows, agreement, out);
  return out;
}

Result<void> add_deliveries(const Node& node, const Scene& at, wire::MessageView& view) {
  const auto receipts = TRY(node.store.reader().receipts(view.id));
  const auto rows = TRY(node.store.reader().deliveries(view.id));
  const auto* agreement = at.book->find(view.message.agreement, view.message.agreement_version);
  for (const auto& recipient : view.message.recipients) {
    view.deliveries.push_back(delivery_view(recipient, agreement, receipts, rows));
    add_parked(node, view.deliveries.back());
  }
  return {};
}

Result<void> add_stage(const Node& node, const Scene& at, wire::MessageView& view) {
  const auto stage = furthest(TRY(node.store.reader().receipts(view.id)), at.self);
  if (stage) view.stage = core::to_string(*stage);
  return {};
}

Result<void> add_sources(const Node& node, const Scene& at, wire::MessageView& view) {
  for (const auto& line : view.message.sources) {
    wire::SourceView source{line.id, line.relation, {}, {}, {}, line.extent};
    const auto row = node.store.reader().message_row(line.id);
    if (row.has_value()) {
      const auto message = TRY(core::Message::parse(row->statement));
      source.originator = message.originator;
      source.agreement = message.agreement;
      source.providers = message.providers;
      source.asked = core::asked_for(*at.directory, message, at.self, at.now);
    }
    if (!row.has_value() && row.error().code != Errc::not_found) return tl::unexpected(row.error());
    view.sources.push_back(std::move(source));
  }
  return {};
}

// What the label says here, and what somebody here said besides.
void add_marks(const Scene& at, const store::MessageRow& row, wire::MessageView& view) {
  const auto world = at.world();
  const auto* own = core::own_policy(world);
  view.own_label = core::held_as(world, view.message, row.handling);
  view.handled = row.handling.has_value();
  view.own_marking = view.own_label ? view.own_label->classification : marking_under(own, view.message);
  const auto* of = own == nullptr ? nullptr : own->find(view.own_marking);
  view.restricted = core::is_restricted(world, view.message) || (of != nullptr && (of->restricted || of->state_secret));
}

}  // namespace

std::string marking_under(const core::LabelPolicy* policy, const core::Message& message) {
  const core::LabelClass* highest = nullptr;
  for (const auto& label : message.labels) {
    const auto* meaning = policy == nullptr ? nullptr : policy->meaning(label);
    if (meaning != nullptr && (highest == nullptr || highest->rank < meaning->rank)) highest = meaning;
  }
  return highest == nullptr ? std::string() : highest->id;
}

std::optional<core::Stage> furthest(const std::vector<store::ReceiptRecord>& receipts, const std::string& receiver) {
  const auto* record = furthest_of(receipts, receiver);
  return record == nullptr ? std::nullopt : std::optional(record->receipt.stage);
}

Result<wire::MessageView> message_view(const Node& node, const Scene& at, const store::MessageRow& row) {
  wire::MessageView view;
  view.id = row.id;
  view.number = row.number;
  view.their_number = row.their_number;
  view.incoming = row.direction != store::Direction::outgoing;
  view.message = TRY(core::Message::parse(row.statement));
  add_marks(at, row, view);
  view.recorded = row.recorded;
  view.asked = core::asked_for(*at.directory, view.message, at.self, at.now);
  view.cursor = row.ordinal;
  CHECK_OK(view.incoming ? add_stage(node, at, view) : add_deliveries(node, at, view));
  CHECK_OK(add_sources(node, at, view));
  return view;
}

}  // namespace chancery::service

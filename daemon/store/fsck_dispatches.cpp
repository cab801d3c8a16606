#include <algorithm>

#include "daemon/core/decision.h"
#include "daemon/store/fsck_check.h"

namespace chancery::store {

void FsckCheck::dispatched() {
  for (const auto& [id, recipient] : owed_) find(place_of("message", to_string(id)), "no dispatch to " + recipient);
}

void FsckCheck::check_link(const std::string& where, const core::Dispatch& d, std::optional<core::Dispatch>& last,
                           const std::string& last_text) {
  const bool same = last && last->sender == d.sender && last->recipient == d.recipient && last->epoch == d.epoch;
  const auto sequence = same ? last->sequence + 1 : 1;
  const auto previous = same ? std::optional<Digest>(core::statement_digest(last_text)) : std::optional<Digest>();
  const bool restored = std::holds_alternative<core::DispatchRestored>(d.item);
  if (d.sequence != sequence || (d.previous != previous && !restored)) find(where, "does not follow the one before");
  last = d;
}

void FsckCheck::check_state(const Query& q, const std::string& where, const core::Dispatch& d) {
  const auto* sent = std::get_if<core::DispatchMessage>(&d.item);
  const auto message = sent != nullptr ? std::optional<core::MessageId>(sent->id) : std::nullopt;
  if (message != q.optional_id(4)) find(where, "filed under another message");
  if (!message) return;
  owed_.erase({*message, d.recipient});
  const auto held = messages_.find(*message);
  if (held == messages_.end() || held->second != Direction::outgoing) find(where, "its message is not there");
  bool delivered = false;
  bool refused = false;
  for (const auto& receipt : receipts_[{*message, d.recipient}]) {
    delivered = delivered || receipt.stage == core::Stage::delivered;
    refused = refused || receipt.stage == core::Stage::refused;
  }
  const auto state = static_cast<OutboxState>(q.integer(3));
  const bool again = state == OutboxState::queued && delivered && restored_.contains(d.recipient);
  if ((delivered != (state == OutboxState::delivered) && !again) || refused != (state == OutboxState::refused))
    find(where, "its state is not that of the receipts");
}

Result<void> FsckCheck::outbox() {
  std::optional<core::Dispatch> last;
  std::string last_text;
  {
    auto peers = database_.query("SELECT DISTINCT sender FROM inbound_dispatch WHERE epoch > 1");
    while (TRY(peers.next())) restored_.insert(peers.text(0));
  }
  std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, bool> closed;  // whether a void explains it
  auto q = database_.query(
      "SELECT peer, epoch, sequence, state, message, statement, batch, leaf, path FROM outbox "
      "ORDER BY peer, epoch, sequence");
  while (TRY(q.next())) {
    ++report.dispatches;
    const auto where = place_of("dispatch to", q.text(0)) + " " + q.text(1) + "/" + q.text(2);
    const auto text = q.text(5);
    const auto d = core::Dispatch::parse(text);
    if (!d) {
      find(where, d.error().detail);
      continue;
    }
    if (d->recipient != q.text(0) || d->epoch != q.number(1) || d->sequence != q.number(2))
      find(where, "filed under another key");
    check_link(where, *d, last, last_text);
    last_text = text;
    check_signed(q, 5, where, self_);
    check_state(q, where, *d);
    if (!q.null(4) && static_cast<OutboxState>(q.integer(3)) == OutboxState::closed)
      closed.emplace(std::tuple{d->recipient, d->epoch, d->sequence}, false);
    if (const auto* voided = std::get_if<core::DispatchVoid>(&d->item)) {
      const auto row = closed.find({d->recipient, d->epoch, voided->sequence});
      if (row != closed.end()) row->second = true;
    }
  }
  for (const auto& [key, explained] : closed)
    if (!explained)
      find(place_of("dispatch to", std::get<0>(key)) + " " + std::to_string(std::get<1>(key)) + "/" +
               std::to_string(std::get<2>(key)),
           "closed, and nothing voids it");
  return {};
}

// What goes again is what its recipient refused for the key. Of what a restored one had before, only the receipt it
// signed then is kept.
Result<void> FsckCheck::reissues() {
  const std::vector<std::string> retired = {core::to_string(core::ReasonCode::key_retired)};
  auto q = database_.query("SELECT peer, message FROM reissue ORDER BY peer, message");
  while (TRY(q.next())) {
    const auto id = q.message_id(1);
    const auto& told = receipts_[{id, q.text(0)}];
    if (std::none_of(told.begin(), told.end(), [&](const core::Receipt& receipt) {
          return (receipt.stage == core::Stage::refused && receipt.reasons == retired) ||
                 (receipt.stage == core::Stage::delivered && restored_.contains(q.text(0)));
        }))
      find(place_of("reissue of", to_string(id)), q.text(0) + " did not refuse it for its seal key");
  }
  return {};
}

Result<void> FsckCheck::inbound() {
  std::optional<core::Dispatch> last;
  std::string last_text;
  auto q = database_.query(
      "SELECT sender, epoch, sequence, missing, message, statement, batch, leaf, path FROM inbound_dispatch "
      "ORDER BY sender, epoch, sequence");
  while (TRY(q.next())) {
    ++report.dispatches;
    const auto where = place_of("dispatch of", q.text(0)) + " " + q.text(1) + "/" + q.text(2);
    const auto text = q.text(5);
    const auto d = core::Dispatch::parse(text);
    if (!d) {
      find(where, d.error().detail);
      continue;
    }
    if (d->sender != q.text(0) || d->epoch != q.number(1) || d->sequence != q.number(2))
      find(where, "filed under another key");
    check_link(where, *d, last, last_text);
    last_text = text;
    check_signed(q, 5, where, d->sender);
    const auto* sent = std::get_if<core::DispatchMessage>(&d->item);
    if (sent == nullptr) continue;
    const auto held = messages_.find(sent->id);
    if (q.integer(3) != 0 && held != messages_.end() && held->second == Direction::incoming)
      find(where, "waits for a message that is there");
  }
  return {};
}

}  // namespace chancery::store

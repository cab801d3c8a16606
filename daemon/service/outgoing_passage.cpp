// What a message has to have to go: its permits and its attachments; what is sent is in outgoing.cpp.
#include "daemon/service/gate.h"
#include "daemon/service/outgoing.h"
#include "daemon/service/voiding.h"

namespace chancery::service {

namespace {

constexpr std::size_t kAsked = 128;          // asked for in a frame
constexpr Duration kAskAgain = seconds(30);  // for what does not come

}  // namespace

// What the message takes along. Nothing: it does not go now. It waits for a permit that its provider is asked for while
// the stream to the receiver is up, or is closed because no grant covers it any more.
std::optional<Passage> Outgoing::passage_of(const store::OutboxRow& row, store::OutgoingMessage& message) {
  auto out = passage(node_, peer_, message);
  if (!out.has_value()) {
    failed("permit", out.error());
    return std::nullopt;
  }
  if (passage_gate(node_, peer_, message, *out)) {
    const auto why = not_counted(*out);
    if (!why.has_value()) failed("uses", why.error());
    if (why.has_value() && *why) close(row, core::to_string(**why));
    return why.has_value() && !*why ? std::optional(std::move(*out)) : std::nullopt;
  }
  if (out->closed) {
    close(row, core::to_string(*out->closed));
    return std::nullopt;
  }
  wait_with({row}, core::ReasonCode::permit_awaited);
  for (const auto& [provider, request] : out->missing) permits_->ask(provider, request);
  return std::nullopt;
}

// Looked at again after a while, or when what they wait for comes. One act for all: each is waited for.
void Outgoing::wait_with(const std::vector<store::OutboxRow>& rows, core::ReasonCode code) {
  if (rows.empty()) return;
  const auto next = node_.clock.now() + kAskAgain;
  const auto done = node_.store.run<void>(0, [&](store::Transaction& tx) -> Result<void> {
    for (const auto& row : rows)
      CHECK_OK(tx.postpone(peer_, row.epoch, row.sequence, row.attempts, next, core::to_string(code)));
    return {};
  });
  if (!done.has_value()) failed("outbox", done.error());
  const std::lock_guard lock(mutex_);
  if (!next_due_ || next < *next_due_) next_due_ = next;
}

// False: it does not go now.
bool Outgoing::has_its_attachments(const store::OutboxRow& row, const store::OutgoingMessage& message) {
  // Most have none, and are not looked up.
  if (!message.original && message.statement.statement.find("\nattachment ") == std::string::npos) return true;
  const auto ready = sending_.ready(row);
  if (ready.has_value() && *ready) return true;
  if (!ready.has_value() && ready.error().code == Errc::not_found) {
    close(row, core::to_string(core::ReasonCode::no_longer_held));
    return false;
  }
  if (!ready.has_value()) failed("attachment", ready.error());
  without_attachments_.push_back(row);
  return false;
}

void Outgoing::add_attachments(wire::Frame& frame) { sending_.add(frame); }

// Waits for the writer: counted before it goes.
Result<std::optional<core::ReasonCode>> Outgoing::not_counted(const Passage& passage) const {
  if (passage.uses.empty()) return std::optional<core::ReasonCode>();
  return node_.store.run<std::optional<core::ReasonCode>>(
      0, [&](store::Transaction& tx) { return count_uses(node_, tx, passage.uses); });
}

void Outgoing::add_permit_requests(wire::Frame& frame) { frame.permit_requests = permits_->take(peer_, kAsked); }

// A permit we asked this peer for: what was to go by it is closed.
bool Outgoing::permit_refused(const wire::Answer& answer, Acts& acts) {
  const auto request = permits_->settle(peer_, answer.digest);
  if (!request) return false;
  if (answer.outcome == wire::AnswerOutcome::deferred || answer.reasons.empty()) return true;
  const std::string code = core::to_string(answer.reasons.front().code);
  const auto rows = node_.store.reader().deliveries(request->carrier);
  if (!rows.has_value()) return true;
  for (const auto& row : *rows) {
    if (row.peer != request->receiver || row.state != store::OutboxState::queued) continue;
    node_.log(log_line<LogEvent::permit_refused>(peer_, code));
    acts.push_back(store::Store::work<void>(
        1, [row, code, provider = peer_](store::Transaction& tx) { return close_refused(tx, row, code, provider); },
        [self = shared_from_this(), receiver = row.peer](const Result<void>& done, const store::Commit&) {
          if (!done.has_value()) return self->failed("void", done.error());
          self->permits_->wake(receiver);
        }));
  }
  return true;
}

}  // namespace chancery::service

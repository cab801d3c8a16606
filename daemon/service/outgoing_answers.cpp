// What time and a peer's answers do to what is on its way; what is sent is in outgoing.cpp.
#include <algorithm>

#include "daemon/service/outgoing.h"
#include "daemon/service/voiding.h"

namespace chancery::service {

namespace {

constexpr std::int64_t kLooks = 8;  // for what is overdue, while an answer may take its time

}  // namespace

// ---- time

void Outgoing::postpone_overdue() {
  if (between(looked_overdue_, now()).ms < options_.answer.ms / kLooks) return;
  looked_overdue_ = now();
  std::vector<InFlight> overdue;
  {
    const std::lock_guard lock(mutex_);
    overdue = window_.overdue(now() - in_ms(options_.answer), now());
  }
  Acts acts;
  for (const auto& message : overdue) postpone(message, "no-answer", acts);
  if (!acts.empty()) node_.store.post_all(std::move(acts));
}

// What was sent and is still not confirmed may be lost: it goes again.
void Outgoing::rewind_in_time() {
  if (between(rewound_, now()) < options_.answer) return;
  rewound_ = now();
  all_taken_ = false;
  receipts_due_ = true;
  const std::lock_guard lock(mutex_);
  next_dispatch_.reset();
  receipts_after_ = 0;
}

// ---- answers

Outgoing::Acts Outgoing::answered(const std::vector<wire::Answer>& answers) {
  Acts acts;
  for (const auto& answer : answers) {
    switch (answer.outcome) {
      case wire::AnswerOutcome::taken:
        if (answer.expected_sequence > 0)
          taken(answer.expected_epoch, answer.expected_sequence - 1, acts);
        else
          receipt_taken(answer.digest, acts);
        break;
      case wire::AnswerOutcome::expected:
        expected(answer, acts);
        break;
      case wire::AnswerOutcome::rejected:
      case wire::AnswerOutcome::deferred:
        not_taken(answer, acts);
        break;
    }
  }
  return acts;
}

// Messages that waited for what is complete now are due.
Outgoing::Acts Outgoing::told(const std::vector<wire::AttachmentState>& states) {
  Acts acts;
  for (const auto& state : states)
    for (const auto& id : sending_.told(state))
      acts.push_back(store::Store::work<void>(
          0, [peer = peer_, id](store::Transaction& tx) { return tx.make_due(peer, id); },
          [self = shared_from_this()](const Result<void>& done, const store::Commit&) {
            if (!done.has_value()) self->failed("outbox", done.error());
          }));
  return acts;
}

// Never more than we sent.
void Outgoing::taken(std::uint64_t epoch, std::uint64_t up_to, Acts& acts) {
  {
    const std::lock_guard lock(mutex_);
    // Of an epoch before a restore the peer may have more than we know of.
    if (next_dispatch_ && epoch == next_dispatch_->epoch && epoch < node_.store.epoch())
      up_to = std::min(up_to, next_dispatch_->sequence - 1);
    if (!next_dispatch_ || epoch != next_dispatch_->epoch || up_to >= next_dispatch_->sequence) return;
    if (epoch == first_untaken_.epoch && up_to < first_untaken_.sequence) return;
    first_untaken_ = {epoch, up_to + 1};
    setbacks_ = 0;
  }
  acts.push_back(store::Store::work<void>(
      0, [peer = peer_, epoch, up_to](store::Transaction& tx) { return tx.mark_dispatch_taken(peer, epoch, up_to); },
      [self = shared_from_this()](const Result<void>& done, const store::Commit&) {
        if (!done.has_value()) self->failed("outbox", done.error());
      },
      store::Repeat::allowed));
}

void Outgoing::go_back(std::uint64_t epoch, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (!next_dispatch_ || epoch != next_dispatch_->epoch || sequence >= next_dispatch_->sequence) return;
  next_dispatch_->sequence = sequence;
  first_untaken_.sequence = std::min(first_untaken_.sequence, sequence);
  // A peer that asks again and again does not keep us busy.
  const auto pause = core::next_attempt(options_.retry, setbacks_, Instant{0}, chance());
  if (setbacks_++ > 0) dispatches_from_ = now() + in_ms({pause.ms});
}

void Outgoing::receipt_taken(const Digest& digest, Acts& acts) {
  acts.push_back(store::Store::work<void>(
      0, [peer = peer_, digest](store::Transaction& tx) { return tx.mark_receipt_taken(peer, digest); },
      [self = shared_from_this()](const Result<void>& done, const store::Commit&) {
        if (!done.has_value()) self->failed("receipts", done.error());
      },
      store::Repeat::allowed));
}

// Its number is not there yet: it goes again behind it. If the peer says it has the number, it waits like any other.
void Outgoing::expected(const wire::Answer& answer, Acts& acts) {
  if (answer.expected_sequence == 0) return;
  if (answer.expected_sequence > 1) taken(answer.expected_epoch, answer.expected_sequence - 1, acts);
  go_back(answer.expected_epoch, answer.expected_sequence);
  std::optional<InFlight> stuck;
  {
    const std::lock_guard lock(mutex_);
    const auto* message = window_.find(answer.digest);
    if (message == nullptr) return;
    if (message->epoch == answer.expected_epoch && message->sequence >= answer.expected_sequence) {
      window_.remove(core::MessageId(message->id));
      refetch_ = true;
    } else {
      stuck = *message;
    }
  }
  if (stuck) postpone(*stuck, "dispatch", acts);
}

void Outgoing::not_taken(const wire::Answer& answer, Acts& acts) {
  const auto unknown =
      answer.outcome == wire::AnswerOutcome::deferred ? core::ReasonCode::not_now : core::ReasonCode::verify_failed;
  const std::string code = core::to_string(answer.reasons.empty() ? unknown : answer.reasons.front().code);
  std::optional<InFlight> message;
  {
    const std::lock_guard lock(mutex_);
    if (const auto* found = window_.find(answer.digest)) message = *found;
  }
  // Dispatches and receipts go again with the next rewinding.
  if (message) {
    if (code == core::to_string(core::ReasonCode::attachment_incomplete)) sending_.doubt(message->id);
    return postpone(*message, code, acts);
  }
  if (permit_refused(answer, acts)) return;
  node_.log(log_line<LogEvent::send_refused>(peer_, code));
}

void Outgoing::postpone(const InFlight& message, const std::string& waiting_for, Acts& acts) {
  const auto attempts = message.attempts + 1;
  const auto next = core::next_attempt(options_.retry, attempts, node_.clock.now(), chance());
  acts.push_back(store::Store::work<void>(
      0,
      [peer = peer_, message, attempts, next, waiting_for](store::Transaction& tx) {
        return tx.postpone(peer, message.epoch, message.sequence, attempts, next, waiting_for);
      },
      [self = shared_from_this(), id = message.id, next](const Result<void>& done, const store::Commit&) {
        if (!done.has_value()) return self->failed("outbox", done.error());
        const std::lock_guard lock(self->mutex_);
        self->window_.remove(id);
        self->went_.insert(id);  // whatever its row says of attempts later
        if (!self->next_due_ || next < *self->next_due_) self->next_due_ = next;
      },
      store::Repeat::allowed));
}

// Waits for the writer: closed before it could be found due again.
void Outgoing::close(const store::OutboxRow& row, const std::string& code) {
  const auto done =
      node_.store.run<void>(1, [&](store::Transaction& tx) { return void_dispatch(tx, row, code, "daemon"); });
  if (!done.has_value()) {
    failed("void", done.error());
    return wait_with({row}, core::ReasonCode::not_now);
  }
  {
    const std::lock_guard lock(mutex_);
    announced_.erase(*row.message);
    went_.erase(*row.message);
    sending_.settle(*row.message);
  }
  node_.log(log_line<LogEvent::send_voided>(peer_, row.sequence, code));
}

std::uint32_t Outgoing::chance() const {
  const auto bytes = node_.random.bytes(4);
  return static_cast<std::uint32_t>(read_be(bytes));
}

void Outgoing::failed(const char* act, const Error& error) const {
  node_.log(log_line<LogEvent::send_failed>(act, peer_, to_string(error.code), error.detail));
}

}  // namespace chancery::service

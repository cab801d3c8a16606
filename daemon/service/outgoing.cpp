#include "daemon/service/outgoing.h"

#include <algorithm>

#include "daemon/service/gate.h"
#include "daemon/service/voiding.h"

namespace chancery::service {

namespace {

constexpr std::size_t kFrameBudget = 900 * 1024;
constexpr std::size_t kSignature = 600;                              // about
constexpr std::uint32_t kDispatches = 256;                           // a frame
constexpr std::uint64_t kUnconfirmed = 512;                          // dispatches sent and not confirmed
constexpr std::uint64_t kVoids = 256;                                // closing others, not confirmed
constexpr std::uint64_t kAnnounced = core::kMissingWindow - kVoids;  // messages not answered whose dispatch went
constexpr std::uint32_t kReceipts = 64;                              // a frame
constexpr std::size_t kPermits = 128;                                // a frame
constexpr Duration kAskAgain = seconds(30);                          // for a permit that does not come
constexpr std::uint32_t kFetch = 512;                                // outbox rows beyond the window
constexpr std::size_t kMaxReplies = 16 * 1024;                       // waiting for a peer that does not read
constexpr Duration kRefetch{50};  // how long a more urgent message may stand behind fetched ones
constexpr Duration kPoll = seconds(1);

}  // namespace

Outgoing::Outgoing(Node node, std::string peer, const ExchangeOptions& options, std::shared_ptr<PermitRequests> permits)
    : node_(std::move(node)),
      peer_(std::move(peer)),
      options_(options),
      permits_(std::move(permits)),
      window_(options.window_messages, options.window_bytes) {}

void Outgoing::restart() {
  const std::lock_guard lock(mutex_);
  greet_ = true;
  refetch_ = true;
  replies_.clear();
  answers_.clear();
  issued_.clear();
  permits_->restart(peer_);
  window_.clear();
  next_dispatch_.reset();
  announced_.clear();
  setbacks_ = 0;
  dispatches_from_ = {};
  receipts_after_ = 0;
}

void Outgoing::greet() {
  const std::lock_guard lock(mutex_);
  greet_ = true;
}

void Outgoing::wake() {
  const std::lock_guard lock(mutex_);
  refetch_ = true;
}

bool Outgoing::reply(Reply reply) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : reply.settled) {
    window_.remove(id);
    announced_.erase(id);
  }
  replies_.insert(replies_.end(), std::make_move_iterator(reply.receipts.begin()),
                  std::make_move_iterator(reply.receipts.end()));
  answers_.insert(answers_.end(), std::make_move_iterator(reply.answers.begin()),
                  std::make_move_iterator(reply.answers.end()));
  issued_.insert(issued_.end(), std::make_move_iterator(reply.permits.begin()),
                 std::make_move_iterator(reply.permits.end()));
  return replies_.size() + answers_.size() + issued_.size() <= kMaxReplies;
}

bool Outgoing::in_flight(const core::MessageId& id) const {
  const std::lock_guard lock(mutex_);
  return window_.contains(id);
}

// ---- composing

wire::Frame Outgoing::compose() {
  wire::Frame frame;
  postpone_overdue();
  rewind_in_time();
  refill();  // before the dispatches: what is ready has its number, and that goes first
  if (std::exchange(needs_room_, false)) add_messages(frame);
  if (frame.messages.empty()) {
    add_greeting(frame);
    add_replies(frame);
    add_dispatches(frame);
    add_receipts(frame);
    add_permit_requests(frame);
    add_messages(frame);
    add_heartbeat(frame);
  }
  if (!frame.empty()) sent_ = now();
  return frame;
}

Duration Outgoing::patience() const {
  const std::lock_guard lock(mutex_);
  auto wait = std::min({kPoll.ms, options_.heartbeat.ms / 2, options_.answer.ms / 2});
  if (next_due_) wait = std::min(wait, (*next_due_ - node_.clock.now()).ms);
  if (dispatches_from_ > now()) wait = std::min(wait, between(now(), dispatches_from_).ms);
  return {std::max(wait, std::int64_t{1})};
}

void Outgoing::add_greeting(wire::Frame& frame) {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(greet_, false)) return;
  }
  const auto& self = node_.identity.authority;
  auto designations = node_.store.reader().designations(self);
  auto keys = node_.store.reader().seal_keys(self);
  if (!designations.has_value()) return failed("greeting", designations.error());
  if (!keys.has_value()) return failed("greeting", keys.error());
  std::reverse(designations->begin(), designations->end());  // oldest first: each follows the one before
  for (auto& record : *designations)
    frame.designations.push_back({std::move(record.statement.signature), std::move(record.statement.path),
                                  std::move(record.statement.statement), std::move(record.certificates)});
  std::reverse(keys->begin(), keys->end());
  for (const auto& record : *keys) frame.seal_keys.push_back(frame.add(record.statement));
  add_data_versions(frame);
}

void Outgoing::add_data_versions(wire::Frame& frame) const {
  const auto book = node_.agreements();
  for (const auto& policy : book->labels().policies())
    frame.data_versions.push_back({"label/" + policy.id, policy.version, policy.digest});
  for (const auto& agreement : book->agreements())
    frame.data_versions.push_back({"agreement/" + agreement.id, agreement.version, book->digest()});
}

void Outgoing::add_replies(wire::Frame& frame) {
  const std::lock_guard lock(mutex_);
  auto size = frame.size();
  std::size_t taken_receipts = 0, taken_answers = 0;
  for (; taken_receipts < replies_.size() && size < kFrameBudget; ++taken_receipts) {
    frame.receipts.push_back(frame.add(replies_[taken_receipts]));
    size += frame.receipts.back().size() + kSignature;
  }
  for (; taken_answers < answers_.size() && size < kFrameBudget; ++taken_answers) {
    frame.answers.push_back(std::move(answers_[taken_answers]));
    size += kSignature;
  }
  std::size_t taken_permits = 0;
  for (; taken_permits < issued_.size() && taken_permits < kPermits && size < kFrameBudget; ++taken_permits) {
    auto& [statement, wrap] = issued_[taken_permits];
    frame.permits.push_back({frame.add(statement), std::move(wrap)});
    size += frame.permits.back().size() + kSignature;
  }
  issued_.erase(issued_.begin(), issued_.begin() + static_cast<std::ptrdiff_t>(taken_permits));
  replies_.erase(replies_.begin(), replies_.begin() + static_cast<std::ptrdiff_t>(taken_receipts));
  answers_.erase(answers_.begin(), answers_.begin() + static_cast<std::ptrdiff_t>(taken_answers));
}

// With the lock held. Not further than the peer records: what runs into its window is for nothing.
std::optional<Outgoing::Position> Outgoing::next_in_window() const {
  const bool unconfirmed = next_dispatch_->epoch == first_untaken_.epoch &&
                           next_dispatch_->sequence >= first_untaken_.sequence + kUnconfirmed;
  return unconfirmed || announced_.size() >= kAnnounced ? std::nullopt : next_dispatch_;
}

// Where in our chain to the peer sending goes on; nothing when it has confirmed all of it, or its window is full.
Result<std::optional<Outgoing::Position>> Outgoing::position() {
  {
    const std::lock_guard lock(mutex_);
    if (now() < dispatches_from_) return std::optional<Position>();
    if (next_dispatch_) return next_in_window();
  }
  const auto rows = TRY(node_.store.reader().untaken(peer_, 1));
  if (rows.empty()) return std::optional<Position>();
  const Position first{rows.front().epoch, rows.front().sequence};
  const auto announced = TRY(node_.store.reader().queued_before(peer_, first.epoch, first.sequence));
  const std::lock_guard lock(mutex_);
  first_untaken_ = first;
  next_dispatch_ = first;
  announced_ = {announced.begin(), announced.end()};
  return next_in_window();
}

void Outgoing::add_dispatches(wire::Frame& frame) {
  const auto from = position();
  if (!from.has_value()) return failed("outbox", from.error());
  if (!*from || frame.size() >= kFrameBudget / 2) return;
  const auto rows = node_.store.reader().dispatches_from(peer_, (*from)->epoch, (*from)->sequence, kDispatches);
  if (!rows.has_value()) return failed("outbox", rows.error());
  const std::lock_guard lock(mutex_);
  if (!next_dispatch_ || next_dispatch_->sequence != (*from)->sequence) return;  // the peer asked for others meanwhile
  for (const auto& row : *rows) {
    if (announced_.size() >= kAnnounced) break;
    frame.dispatches.push_back(frame.add(row.dispatch));
    if (row.message && row.state == store::OutboxState::queued) announced_.insert(*row.message);
    ++next_dispatch_->sequence;
  }
}

void Outgoing::add_receipts(wire::Frame& frame) {
  if (frame.size() >= kFrameBudget) return;
  std::uint64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    after = receipts_after_;
  }
  const auto receipts = node_.store.reader().unsent_receipts(peer_, after, kReceipts);
  if (!receipts.has_value()) return failed("receipts", receipts.error());
  if (receipts->empty()) return;
  for (const auto& receipt : *receipts) frame.receipts.push_back(frame.add(receipt.statement));
  const std::lock_guard lock(mutex_);
  if (receipts_after_ == after) receipts_after_ = receipts->back().ordinal;
}

// Rows that are due and not in flight. A read while some are still ready costs, and finds what is more urgent.
void Outgoing::refill() {
  std::size_t flying = 0;
  {
    const std::lock_guard lock(mutex_);
    if (next_due_ && *next_due_ <= node_.clock.now()) refetch_ = true;
    const bool aged = between(fetched_, now()) >= (ready_.empty() ? kPoll : kRefetch);
    if (window_.full() || !(aged || (refetch_ && ready_.empty()))) return;
    if (!ready_.empty() && !refetch_) return;
    refetch_ = false;
    next_due_.reset();
    flying = window_.size();
  }
  const auto limit = static_cast<std::uint32_t>(flying) + kFetch;
  auto rows = node_.store.reader().due(peer_, node_.clock.now(), limit);
  if (!rows.has_value()) return failed("outbox", rows.error());
  ready_.clear();
  const std::lock_guard lock(mutex_);
  if (rows->size() == limit) refetch_ = true;
  for (auto& row : *rows)
    if (row.message && !window_.contains(*row.message)) ready_.push_back(std::move(row));
  fetched_ = now();
}

void Outgoing::add_messages(wire::Frame& frame) {
  std::deque<store::OutboxRow> later;
  while (!ready_.empty() && frame.messages.size() < options_.frame_messages && frame.size() < kFrameBudget) {
    auto row = std::move(ready_.front());
    ready_.pop_front();
    {
      const std::lock_guard lock(mutex_);
      if (window_.full()) {
        later.push_back(std::move(row));
        break;
      }
      const bool sent = !next_dispatch_ || row.epoch < next_dispatch_->epoch ||
                        (row.epoch == next_dispatch_->epoch && row.sequence < next_dispatch_->sequence);
      if (!sent || now() < dispatches_from_) {  // its number goes first
        later.push_back(std::move(row));
        continue;
      }
    }
    if (add_message(row, frame)) continue;
    later.push_back(std::move(row));
    break;
  }
  ready_.insert(ready_.begin(), std::make_move_iterator(later.begin()), std::make_move_iterator(later.end()));
}

// What is closed stays missing at the peer until the dispatch that says so comes behind all others. So only few are
// closed at a time, lest its window fills with messages that never come; the others are sent, and the peer refuses
// them.
Result<std::optional<std::string>> Outgoing::why_closed(const store::OutboxRow& row,
                                                        const store::OutgoingMessage& message) const {
  auto code = why_not_sent(row, message.statement.statement, node_.clock.now());
  if (message.locked) code = core::to_string(core::ReasonCode::copy_locked);
  if (message.erased) code = core::to_string(core::ReasonCode::no_longer_held);
  if (code && TRY(node_.store.reader().untaken_voids(peer_)) >= kVoids) return std::optional<std::string>();
  return code;
}

// False when the frame has no room for it.
bool Outgoing::add_message(const store::OutboxRow& row, wire::Frame& frame) {
  auto message = node_.store.reader().outgoing(*row.message);
  if (!message.has_value()) {
    failed("outbox", message.error());
    return true;
  }
  const auto code = why_closed(row, *message);
  if (!code.has_value()) {
    failed("outbox", code.error());
    return true;
  }
  if (*code) {
    close(row, **code);
    return true;
  }
  const auto passage = passage_of(row, *message);
  if (!passage) return true;
  InFlight flying{
      *row.message, core::statement_digest(message->statement.statement), row.epoch, row.sequence, row.attempts, 0,
      now()};
  const bool alone = frame.empty(), first = frame.messages.empty();
  auto item = to_item(node_, peer_, std::move(*message), *passage, frame);
  if (!item.has_value()) {
    failed("outbox", item.error());
    return true;
  }
  flying.bytes = item->size();
  if (frame.size() + flying.bytes + wire::kFrameSlack > wire::kMaxFrame) {
    needs_room_ = first && !alone;
    if (!alone) return false;
    // It fits no frame, whatever else waits.
    close(row, core::to_string(core::ReasonCode::limit_exceeded));
    return true;
  }
  frame.messages.push_back(std::move(*item));
  const std::lock_guard lock(mutex_);
  window_.add(flying);
  return true;
}

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
  const auto next = node_.clock.now() + kAskAgain;
  const auto done = node_.store.run<void>(0, [&](store::Transaction& tx) {
    return tx.postpone(peer_, row.epoch, row.sequence, row.attempts, next,
                       core::to_string(core::ReasonCode::permit_awaited));
  });
  if (!done.has_value()) failed("outbox", done.error());
  for (const auto& [provider, request] : out->missing) permits_->ask(provider, request);
  const std::lock_guard lock(mutex_);
  if (!next_due_ || next < *next_due_) next_due_ = next;
  return std::nullopt;
}

// Waits for the writer: counted before it goes.
Result<std::optional<core::ReasonCode>> Outgoing::not_counted(const Passage& passage) const {
  if (passage.uses.empty()) return std::optional<core::ReasonCode>();
  return node_.store.run<std::optional<core::ReasonCode>>(
      0, [&](store::Transaction& tx) { return count_uses(node_, tx, passage.uses); });
}

void Outgoing::add_permit_requests(wire::Frame& frame) { frame.permit_requests = permits_->take(peer_, kPermits); }

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
    node_.log(LogLevel::warning, "permit-refused", peer_ + " " + code);
    acts.push_back(store::Store::work<void>(
        1, [row, code, provider = peer_](store::Transaction& tx) { return close_refused(tx, row, code, provider); },
        [self = shared_from_this(), receiver = row.peer](const Result<void>& done, const store::Commit&) {
          if (!done.has_value()) return self->failed("void", done.error());
          self->permits_->wake(receiver);
        }));
  }
  return true;
}

void Outgoing::add_heartbeat(wire::Frame& frame) {
  if (!frame.empty() || between(sent_, now()) < options_.heartbeat) return;
  const std::lock_guard lock(mutex_);
  frame.heartbeat.emplace();
  if (!next_dispatch_) return;
  frame.heartbeat->epoch = next_dispatch_->epoch;
  frame.heartbeat->sequence = next_dispatch_->sequence - 1;
}

}  // namespace chancery::service

#include "daemon/service/outgoing.h"

#include <algorithm>

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
constexpr std::size_t kStates = 128;                                 // a frame
constexpr std::uint32_t kFetch = 512;           // outbox rows beyond the window; all are read again when there is news
constexpr std::size_t kMaxReplies = 16 * 1024;  // waiting for a peer that does not read
constexpr Duration kRefetch{50};                // how long a more urgent message may stand behind fetched ones
constexpr Duration kPoll = seconds(1);

}  // namespace

Outgoing::Outgoing(Node node, std::string peer, const ExchangeOptions& options, std::shared_ptr<PermitRequests> permits,
                   std::shared_ptr<Histories> histories)
    : node_(std::move(node)),
      peer_(std::move(peer)),
      options_(options),
      permits_(std::move(permits)),
      histories_(std::move(histories)),
      sending_(node_, options_.retry),
      before_us_(node_.store.reader().last_sent(peer_)),
      window_(options.window_messages, options.window_bytes) {}

void Outgoing::meet(bool agrees) {
  const std::lock_guard lock(mutex_);
  met_ = agrees;
}

void Outgoing::restart() {
  due_again(core::ReasonCode::attachment_incomplete);  // offered anew; until then it waits for nothing
  needs_room_ = false;
  const std::lock_guard lock(mutex_);
  show_ = true;
  told_.clear();
  greet_ = true;
  refetch_ = true;
  replies_.clear();
  answers_.clear();
  issued_.clear();
  states_.clear();
  sending_.restart();
  permits_->restart(peer_);
  for (const auto& id : window_.ids()) went_.insert(id);
  window_.clear();
  next_dispatch_.reset();
  announced_.clear();
  setbacks_ = 0;
  dispatches_from_ = {};
  receipts_after_ = 0;
  upcoming_.forget();
  all_taken_ = false;
  receipts_due_ = true;
}

void Outgoing::keys_came() { due_again(core::ReasonCode::recipient_key_missing); }

void Outgoing::due_again(core::ReasonCode code) {
  store::Store::Work due = store::Store::work<void>(
      0, [peer = peer_, code](store::Transaction& tx) { return tx.make_due(peer, std::string(core::to_string(code))); },
      [self = shared_from_this()](const Result<void>& done, const store::Commit&) {
        if (!done.has_value()) self->failed("outbox", done.error());
      });
  node_.store.post_all({std::move(due)});
}

void Outgoing::leave() {
  upcoming_.forget();
  node_.store.news().leave(peer_);
}

void Outgoing::greet() {
  const std::lock_guard lock(mutex_);
  greet_ = true;
}

void Outgoing::tell(const wire::AttachmentState& state) {
  const std::lock_guard lock(mutex_);
  states_.push_back(state);
}

bool Outgoing::reply(Reply reply) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : reply.settled) {
    window_.remove(id);
    announced_.erase(id);
    went_.erase(id);
    sending_.settle(id);
  }
  states_.insert(states_.end(), reply.attachment_states.begin(), reply.attachment_states.end());
  replies_.insert(replies_.end(), std::make_move_iterator(reply.receipts.begin()),
                  std::make_move_iterator(reply.receipts.end()));
  answers_.insert(answers_.end(), std::make_move_iterator(reply.answers.begin()),
                  std::make_move_iterator(reply.answers.end()));
  issued_.insert(issued_.end(), std::make_move_iterator(reply.permits.begin()),
                 std::make_move_iterator(reply.permits.end()));
  return replies_.size() + answers_.size() + issued_.size() + states_.size() <= kMaxReplies;
}

bool Outgoing::in_flight(const core::MessageId& id) const {
  const std::lock_guard lock(mutex_);
  return window_.contains(id);
}

// ---- composing

wire::Frame Outgoing::compose() {
  wire::Frame frame;
  if (node_.store.suspended() || !add_shown(frame)) return {};
  if (!met()) {
    add_greeting(frame);
    add_heartbeat(frame);
  } else {
    add_what_waits(frame);
  }
  // Made of what waited in memory, while the peer may have been suspended, withdrawn or revoked.
  if (why_parked(node_, peer_)) return {};
  if (!frame.empty()) sent_ = now();
  return frame;
}

void Outgoing::add_what_waits(wire::Frame& frame) {
  postpone_overdue();
  rewind_in_time();
  hear();
  refill();  // before the dispatches: what is ready has its number, and that goes first
  if (std::exchange(needs_room_, false)) add_messages(frame);
  if (frame.messages.empty()) {
    add_greeting(frame);
    add_replies(frame);
    add_dispatches(frame);
    add_receipts(frame);
    add_permit_requests(frame);
    add_messages(frame);
    add_attachments(frame);
    add_heartbeat(frame);
  }
}

bool Outgoing::met() const {
  const std::lock_guard lock(mutex_);
  return met_;
}

Duration Outgoing::patience() const {
  const std::lock_guard lock(mutex_);
  auto wait = std::min({kPoll.ms, options_.heartbeat.ms / 2, options_.answer.ms / 2});
  if (next_due_) wait = std::min(wait, (*next_due_ - node_.clock.now()).ms);
  if (dispatches_from_ > now()) wait = std::min(wait, between(now(), dispatches_from_).ms);
  wait = std::min(wait, sending_.patience().ms);
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
  const auto states = std::min(states_.size(), kStates);
  frame.attachment_states.assign(states_.begin(), states_.begin() + static_cast<std::ptrdiff_t>(states));
  states_.erase(states_.begin(), states_.begin() + static_cast<std::ptrdiff_t>(states));
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
std::optional<Position> Outgoing::next_in_window() const {
  const bool unconfirmed = next_dispatch_->epoch == first_untaken_.epoch &&
                           next_dispatch_->sequence >= first_untaken_.sequence + kUnconfirmed;
  return unconfirmed || announced_.size() >= kAnnounced ? std::nullopt : next_dispatch_;
}

// Where in our chain to the peer sending goes on; nothing when it has confirmed all of it, or its window is full.
Result<std::optional<Position>> Outgoing::position() {
  {
    const std::lock_guard lock(mutex_);
    if (now() < dispatches_from_) return std::optional<Position>();
    if (next_dispatch_) return next_in_window();
  }
  if (all_taken_) return std::optional<Position>();
  const auto rows = TRY(node_.store.reader().untaken(peer_, 1));
  all_taken_ = rows.empty();
  if (all_taken_) return std::optional<Position>();
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
  const auto rows = dispatches_at(**from);
  if (!rows.has_value()) return failed("outbox", rows.error());
  const std::lock_guard lock(mutex_);
  // The next epoch follows when this one is confirmed.
  if (rows->empty() && next_dispatch_ && next_dispatch_->epoch < node_.store.epoch() &&
      first_untaken_.sequence >= next_dispatch_->sequence)
    next_dispatch_.reset();
  if (!next_dispatch_ || next_dispatch_->sequence != (*from)->sequence) return;  // the peer asked for others meanwhile
  for (const auto& row : *rows) {
    if (announced_.size() >= kAnnounced) break;
    frame.dispatches.push_back(frame.add(row->dispatch));
    if (row->message && row->state == store::OutboxState::queued) announced_.insert(*row->message);
    ++next_dispatch_->sequence;
  }
}

Result<std::vector<std::shared_ptr<const store::OutboxRow>>> Outgoing::dispatches_at(Position from) {
  auto told = upcoming_.from(from, kDispatches);
  if (!told.empty() || upcoming_.is_end(from)) return told;
  auto rows = TRY(node_.store.reader().dispatches_from(peer_, from.epoch, from.sequence, kDispatches));
  // What is committed after this is told.
  if (rows.size() < kDispatches) upcoming_.reached({from.epoch, from.sequence + rows.size()});
  for (auto& row : rows) told.push_back(std::make_shared<const store::OutboxRow>(std::move(row)));
  return told;
}

void Outgoing::add_receipts(wire::Frame& frame) {
  if (!receipts_due_ || frame.size() >= kFrameBudget) return;
  std::uint64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    after = receipts_after_;
  }
  const auto receipts = node_.store.reader().unsent_receipts(peer_, after, kReceipts);
  if (!receipts.has_value()) return failed("receipts", receipts.error());
  receipts_due_ = receipts->size() == kReceipts;
  if (receipts->empty()) return;
  for (const auto& receipt : *receipts) frame.receipts.push_back(frame.add(receipt.statement));
  const std::lock_guard lock(mutex_);
  if (receipts_after_ == after) receipts_after_ = receipts->back().ordinal;
}

// What was committed since. While enough waits here, the rest stays with the store, but not that something was locked,
// erased or voided: none of it goes after that.
void Outgoing::hear() {
  if (upcoming_.full() && !node_.store.news().changed(peer_)) return;
  auto news = node_.store.news().take(peer_);
  if (news.changed || news.more || !news.dispatches.empty()) all_taken_ = false;
  receipts_due_ = receipts_due_ || news.receipts;
  const std::lock_guard lock(mutex_);
  refetch_ = refetch_ || news.changed || news.more;
  upcoming_.hear(std::move(news), window_);
}

// Rows that are due and not in flight. A read while some are still ready costs, and finds what is more urgent.
void Outgoing::refill() {
  std::size_t flying = 0;
  {
    const std::lock_guard lock(mutex_);
    if (next_due_ && *next_due_ <= node_.clock.now()) refetch_ = true;
    const bool aged = between(fetched_, now()) >= (upcoming_.messages().empty() ? kPoll : kRefetch);
    if (window_.full() || (!aged && (!refetch_ || upcoming_.read() != 0))) return;
    if (!upcoming_.messages().empty() && !refetch_) return;
    refetch_ = false;
    next_due_.reset();
    flying = window_.size();
  }
  const auto limit = static_cast<std::uint32_t>(flying + upcoming_.told()) + kFetch;
  auto rows = node_.store.reader().due(peer_, node_.clock.now(), limit);
  if (!rows.has_value()) return failed("outbox", rows.error());
  {
    const std::lock_guard lock(mutex_);
    if (rows->size() == limit) refetch_ = true;
    upcoming_.read(std::move(*rows), window_);
  }
  fetched_ = now();
  hear();  // what was read is not told again
}

// Its number goes first.
bool Outgoing::has_its_number(const store::OutboxRow& row) const {
  return (!next_dispatch_ || Position{row.epoch, row.sequence} < *next_dispatch_) && now() >= dispatches_from_;
}

void Outgoing::add_messages(wire::Frame& frame) {
  take_messages(frame);
  wait_with(std::exchange(without_attachments_, {}), core::ReasonCode::attachment_incomplete);
}

void Outgoing::take_messages(wire::Frame& frame) {
  auto& messages = upcoming_.messages();
  for (auto next = messages.begin(); next != messages.end();) {
    if (frame.messages.size() >= options_.frame_messages || frame.size() >= kFrameBudget) return;
    // What went before may have waited for the writer, who may have locked or erased what comes now.
    if (node_.store.news().changed(peer_)) {
      hear();
      refill();
      next = messages.begin();
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      if (window_.full()) return;
      if (!has_its_number(*next->second.row)) {
        ++next;
        continue;
      }
    }
    if (!add_message(next->second, frame)) return;
    next = upcoming_.done(next);
  }
}

// What is closed stays missing at the peer until the dispatch that says so comes behind all others. So only few are
// closed at a time, lest its window fills with messages that never come; the others are sent, and the peer refuses
// them, or takes them where no more than the key they are sealed to is out of use.
Result<bool> Outgoing::may_close() const { return TRY(node_.store.reader().untaken_voids(peer_)) < kVoids; }

Result<std::optional<std::string>> Outgoing::why_closed(const store::OutboxRow& row,
                                                        const store::OutgoingMessage& message) const {
  auto code = why_not_sent(row, message.statement.statement, node_.clock.now());
  if (message.locked) code = core::to_string(core::ReasonCode::copy_locked);
  if (message.erased) code = core::to_string(core::ReasonCode::no_longer_held);
  if (code && !TRY(may_close())) return std::optional<std::string>();
  return code;
}

Result<store::OutgoingMessage> Outgoing::content_of(const UpcomingMessage& upcoming) const {
  return upcoming.content ? *upcoming.content : node_.store.reader().outgoing(*upcoming.row->message);
}

// False when the frame has no room for it.
bool Outgoing::add_message(const UpcomingMessage& upcoming, wire::Frame& frame) {
  const auto& row = *upcoming.row;
  auto message = content_of(upcoming);
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
  if (is_sealed_to_retired(row, *message) && may_close().value_or(false)) {
    seal_anew(row);
    return true;
  }
  if (!has_its_attachments(row, *message)) return true;
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

// First on a stream, and when nothing else was for a while. False when it cannot be read: then nothing goes.
bool Outgoing::add_shown(wire::Frame& frame) {
  {
    const std::lock_guard lock(mutex_);
    if (!show_) return true;
  }
  const auto shown = histories_->show(peer_, frame);
  if (!shown.has_value()) {
    failed("history", shown.error());
    return false;
  }
  const std::lock_guard lock(mutex_);
  show_ = false;
  return true;
}

// What we have of the peer, and beside what our history grew by, that.
void Outgoing::add_heartbeat(wire::Frame& frame) {
  if (frame.empty() && between(sent_, now()) >= options_.heartbeat) {
    {
      const std::lock_guard lock(mutex_);
      show_ = true;
    }
    if (!add_shown(frame)) return;
  }
  const bool show = frame.heartbeat.has_value();
  const std::lock_guard lock(mutex_);
  if (met_ && (show || !frame.receipts.empty() || !frame.dispatches.empty())) {
    wire::Heartbeat own = frame.heartbeat ? std::move(*frame.heartbeat) : wire::Heartbeat();
    histories_->tell(own, told_);
    if (show || !own.checkpoints.empty()) frame.heartbeat = std::move(own);
  }
  if (!show || !next_dispatch_) return;
  frame.heartbeat->epoch = next_dispatch_->epoch;
  frame.heartbeat->sequence = next_dispatch_->sequence - 1;
}

}  // namespace chancery::service

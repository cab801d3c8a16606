// What goes to one peer next (protocol section 5): on a new stream first our designations, seal keys and data versions;
// then replies, dispatches in order, receipts the peer has not confirmed, and messages by precedence as far as the
// window reaches. Nothing is taken out of the outbox here: what is not answered stays due.
#pragma once

#include <deque>
#include <set>

#include "daemon/service/exchange.h"
#include "daemon/service/histories.h"
#include "daemon/service/receive.h"
#include "daemon/service/sending_attachments.h"
#include "daemon/service/upcoming.h"

namespace chancery::service {

// Thread-safe; `compose` is for one thread. Owned by shared_ptr because acts may end after the lane.
class Outgoing : public std::enable_shared_from_this<Outgoing> {
 public:
  using Acts = std::vector<store::Store::Work>;

  Outgoing(Node node, std::string peer, const ExchangeOptions& options, std::shared_ptr<PermitRequests> permits,
           std::shared_ptr<Histories> histories);

  // Whether the peer has shown what it has of us, and it stands in our store. Until then it gets who we are and what we
  // have of it, and nothing else.
  void meet(bool agrees);
  [[nodiscard]] bool met() const;
  void restart();    // a new stream: nothing is known about what arrived on the last
  void leave();      // the stream is over; of the composing thread
  void greet();      // our keys changed
  void keys_came();  // the peer stated seal keys: what waited for one is due
  // Queues what goes back. False when the peer takes nothing and too much waits.
  bool reply(Reply reply);
  // What answers change in the outbox, to be posted.
  [[nodiscard]] Acts answered(const std::vector<wire::Answer>& answers);
  // What it says of attachments we send it, likewise; and what is said of those it sends us.
  [[nodiscard]] Acts told(const std::vector<wire::AttachmentState>& states);
  void tell(const wire::AttachmentState& state);
  [[nodiscard]] bool in_flight(const core::MessageId& id) const;

  // The next frame, empty when nothing is due.
  wire::Frame compose();
  // How long nothing will be due unless something comes.
  [[nodiscard]] Duration patience() const;

 private:
  void due_again(core::ReasonCode code);  // what waits for it
  void add_what_waits(wire::Frame& frame);
  void add_greeting(wire::Frame& frame);
  void add_data_versions(wire::Frame& frame) const;
  void add_replies(wire::Frame& frame);
  void add_dispatches(wire::Frame& frame);
  void add_receipts(wire::Frame& frame);
  void add_messages(wire::Frame& frame);
  void take_messages(wire::Frame& frame);
  bool add_message(const UpcomingMessage& upcoming, wire::Frame& frame);
  Result<store::OutgoingMessage> content_of(const UpcomingMessage& upcoming) const;
  [[nodiscard]] bool has_its_number(const store::OutboxRow& row) const;
  [[nodiscard]] bool never_went(const store::OutboxRow& row) const;
  [[nodiscard]] bool is_sealed_to_retired(const store::OutboxRow& row, const store::OutgoingMessage& message) const;
  void seal_anew(const store::OutboxRow& row);
  bool has_its_attachments(const store::OutboxRow& row, const store::OutgoingMessage& message);
  void wait_with(const std::vector<store::OutboxRow>& rows, core::ReasonCode code);
  void add_attachments(wire::Frame& frame);
  [[nodiscard]] Result<std::optional<core::ReasonCode>> not_counted(const Passage& passage) const;
  std::optional<Passage> passage_of(const store::OutboxRow& row, store::OutgoingMessage& message);
  void add_permit_requests(wire::Frame& frame);
  bool add_shown(wire::Frame& frame);
  void add_heartbeat(wire::Frame& frame);
  void hear();
  void refill();
  void postpone_overdue();
  void rewind_in_time();
  Result<std::optional<Position>> position();
  Result<std::vector<std::shared_ptr<const store::OutboxRow>>> dispatches_at(Position from);
  [[nodiscard]] std::optional<Position> next_in_window() const;
  [[nodiscard]] Result<bool> may_close() const;
  Result<std::optional<std::string>> why_closed(const store::OutboxRow& row,
                                                const store::OutgoingMessage& message) const;

  void taken(std::uint64_t epoch, std::uint64_t up_to, Acts& acts);
  void go_back(std::uint64_t epoch, std::uint64_t sequence);
  void receipt_taken(const Digest& digest, Acts& acts);
  void not_taken(const wire::Answer& answer, Acts& acts);
  void expected(const wire::Answer& answer, Acts& acts);
  void postpone(const InFlight& message, const std::string& waiting_for, Acts& acts);
  void close(const store::OutboxRow& row, const std::string& code);
  bool permit_refused(const wire::Answer& answer, Acts& acts);
  [[nodiscard]] std::uint32_t chance() const;
  void failed(const char* act, const Error& error) const;

  const Node node_;
  const std::string peer_;
  const ExchangeOptions options_;
  const std::shared_ptr<PermitRequests> permits_;
  const std::shared_ptr<Histories> histories_;
  SendingAttachments sending_;
  const Result<core::ChainHead> before_us_;  // the last dispatch of before our start: what had it may have gone

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  bool met_ = false;
  bool show_ = true;  // what we have of the peer
  std::string told_;  // our checkpoint that went last
  bool greet_ = true;
  bool refetch_ = true;  // the outbox may hold more than upcoming_ shows
  std::vector<store::SignedStatement> replies_;
  std::vector<wire::Answer> answers_;
  std::vector<std::pair<store::SignedStatement, Bytes>> issued_;  // permits, with their wraps
  std::vector<wire::AttachmentState> states_;                     // of what comes from it
  Window window_;
  std::set<core::MessageId> went_;         // and were not answered, or not taken, yet
  std::optional<Position> next_dispatch_;  // nothing until asked of the store
  Position first_untaken_;
  std::set<core::MessageId> announced_;  // queued messages whose dispatch went
  std::uint32_t setbacks_ = 0;           // `expected` answers since the last progress
  Steady dispatches_from_;               // not before
  std::uint64_t receipts_after_ = 0;
  std::optional<Instant> next_due_;

  // Of the composing thread:
  Upcoming upcoming_;
  bool all_taken_ = false;    // the peer has confirmed all dispatches, as the outbox said when it was read
  bool receipts_due_ = true;  // the store may have some to send
  Steady fetched_;
  std::vector<store::OutboxRow> without_attachments_;  // of those looked at now, what waits for them
  bool needs_room_ = false;                            // what is first of them fits only a frame of its own
  Steady looked_overdue_;
  Steady rewound_;
  Steady sent_;
};

}  // namespace chancery::service

// What goes to one peer next (protocol section 5): on a new stream first our designations, seal keys and data versions;
// then replies, dispatches in order, receipts the peer has not confirmed, and messages by precedence as far as the
// window reaches. Nothing is taken out of the outbox here: what is not answered stays due.
#pragma once

#include <deque>
#include <set>

#include "daemon/service/exchange.h"
#include "daemon/service/receive.h"
#include "daemon/service/window.h"

namespace chancery::service {

// Thread-safe; `compose` is for one thread. Owned by shared_ptr because acts may end after the lane.
class Outgoing : public std::enable_shared_from_this<Outgoing> {
 public:
  using Acts = std::vector<store::Store::Work>;

  Outgoing(Node node, std::string peer, const ExchangeOptions& options, std::shared_ptr<PermitRequests> permits);

  void restart();  // a new stream: nothing is known about what arrived on the last
  void greet();    // our keys changed
  void wake();     // something was committed for this peer
  // Queues what goes back. False when the peer takes nothing and too much waits.
  bool reply(Reply reply);
  // What answers change in the outbox, to be posted.
  [[nodiscard]] Acts answered(const std::vector<wire::Answer>& answers);
  [[nodiscard]] bool in_flight(const core::MessageId& id) const;

  // The next frame, empty when nothing is due.
  wire::Frame compose();
  // How long nothing will be due unless something comes.
  [[nodiscard]] Duration patience() const;

 private:
  struct Position {
    std::uint64_t epoch = 1;
    std::uint64_t sequence = 1;  // sent next
  };

  void add_greeting(wire::Frame& frame);
  void add_data_versions(wire::Frame& frame) const;
  void add_replies(wire::Frame& frame);
  void add_dispatches(wire::Frame& frame);
  void add_receipts(wire::Frame& frame);
  void add_messages(wire::Frame& frame);
  bool add_message(const store::OutboxRow& row, wire::Frame& frame);
  [[nodiscard]] Result<std::optional<core::ReasonCode>> not_counted(const Passage& passage) const;
  std::optional<Passage> passage_of(const store::OutboxRow& row, store::OutgoingMessage& message);
  void add_permit_requests(wire::Frame& frame);
  void add_heartbeat(wire::Frame& frame);
  void refill();
  void postpone_overdue();
  void rewind_in_time();
  Result<std::optional<Position>> position();
  [[nodiscard]] std::optional<Position> next_in_window() const;
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
  void failed(const std::string& event, const Error& error) const;

  const Node node_;
  const std::string peer_;
  const ExchangeOptions options_;
  const std::shared_ptr<PermitRequests> permits_;

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  bool greet_ = true;
  bool refetch_ = true;  // the outbox may hold more than ready_ shows
  std::vector<store::SignedStatement> replies_;
  std::vector<wire::Answer> answers_;
  std::vector<std::pair<store::SignedStatement, Bytes>> issued_;  // permits, with their wraps
  Window window_;
  std::optional<Position> next_dispatch_;  // nothing until asked of the store
  Position first_untaken_;
  std::set<core::MessageId> announced_;  // queued messages whose dispatch went
  std::uint32_t setbacks_ = 0;           // `expected` answers since the last progress
  Steady dispatches_from_;               // not before
  std::uint64_t receipts_after_ = 0;
  std::optional<Instant> next_due_;

  // Of the composing thread:
  std::deque<store::OutboxRow> ready_;
  Steady fetched_;
  bool needs_room_ = false;  // what is first in ready_ fits only a frame of its own
  Steady rewound_;
  Steady sent_;
};

}  // namespace chancery::service

// What goes to one peer next: its dispatches in the order of their numbers, and its messages in the order they go in,
// by precedence and then by number. What was committed while the lane is up is told by the store (PeerNews); the outbox
// is read for what was there before, comes due again, or was too much to tell. Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <tuple>

#include "daemon/service/window.h"
#include "daemon/store/peer_news.h"

namespace chancery::service {

// Where in our chain to a peer.
struct Position {
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 1;
  auto operator<=>(const Position&) const = default;
};

struct UpcomingMessage {
  std::shared_ptr<const store::OutboxRow> row;
  std::shared_ptr<const store::OutgoingMessage> content;  // null: the store has it
  bool told = false;                                      // else read
  std::size_t bytes = 0;                                  // of the content
};

class Upcoming {
 public:
  using Order = std::tuple<int, std::uint64_t, std::uint64_t>;  // precedence downwards, epoch, number
  using Messages = std::map<Order, UpcomingMessage>;

  // Nothing is known any more.
  void forget();
  // Leaves out what is in flight.
  void hear(store::News news, const Window& window);
  // Takes no more news for now: what waits here is enough.
  [[nodiscard]] bool full() const { return messages_.size() >= kEnough; }

  // ---- messages
  // What was read of the outbox replaces what was read before.
  void read(std::vector<store::OutboxRow> rows, const Window& window);
  [[nodiscard]] Messages& messages() { return messages_; }
  // How many were read, and how many told.
  [[nodiscard]] std::size_t read() const { return read_; }
  [[nodiscard]] std::size_t told() const { return messages_.size() - read_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  Messages::iterator done(Messages::iterator message);

  // ---- dispatches
  // The one at this place and those after it; none where the outbox has to be asked.
  std::vector<std::shared_ptr<const store::OutboxRow>> from(Position position, std::size_t at_most);
  // Whether nothing stands at this place yet.
  [[nodiscard]] bool is_end(Position position) const { return end_ == position; }
  // The outbox was read up to there.
  void reached(Position end) { end_ = end; }

 private:
  static constexpr std::size_t kEnough = 1024;
  static constexpr std::size_t kContents = std::size_t{4}
                                           << 20;  // bytes; what is told beyond them is read when it goes

  Messages messages_;
  std::size_t read_ = 0;   // of them
  std::size_t bytes_ = 0;  // of their contents
  std::deque<std::shared_ptr<const store::OutboxRow>> chain_;
  std::optional<Position> end_;
};

}  // namespace chancery::service

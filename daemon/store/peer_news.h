// What was committed for each peer and its lane has not taken yet, in memory, so that what goes at once is not read
// back from the encrypted file. It is no more than a shorter way to what the outbox says: it is bounded, and where it
// does not tell all it says so, and the outbox is read. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "daemon/store/transaction.h"

namespace chancery::store {

// A dispatch that was signed, and what its message consists of: null when the outbox has to be asked.
struct NewDispatch {
  OutboxRow row;
  std::shared_ptr<const OutgoingMessage> message;
  std::size_t bytes = 0;  // of memory, about
};

// What was committed for one peer since it was asked last.
struct News {
  std::vector<NewDispatch> dispatches;  // in the order of their numbers, none left out
  bool more = false;                    // after these others were dispatched, which the outbox has
  bool changed = false;                 // the outbox, or what may go of it: what was told before no longer holds
  bool receipts = false;                // receipts of ours were queued
};

// What one group adds.
class GroupNews {
 public:
  // In the act that records it.
  void recorded(const MessageRecord& message, LeafRef leaf);
  void dispatched(OutboxRow row, LeafRef leaf);
  void changed(const std::string& peer) { changes_.push_back({peer, true}); }  // empty: of any peer
  void queued_receipt(const std::string& peer) { changes_.push_back({peer, false}); }

  void begin_act();
  void undo_act();
  void clear();

 private:
  friend class PeerNews;
  struct Message {
    LeafRef leaf;
    std::shared_ptr<OutgoingMessage> content;
  };
  struct Dispatched {
    LeafRef leaf;
    OutboxRow row;
  };
  struct Change {
    std::string peer;
    bool outbox = false;  // else a receipt
  };
  std::vector<Message> messages_;
  std::vector<Dispatched> dispatched_;
  std::vector<Change> changes_;
  std::size_t messages_before_ = 0, dispatched_before_ = 0, changes_before_ = 0;  // the act
};

class PeerNews {
 public:
  using Signed = std::function<SignedStatement(LeafRef)>;
  // After COMMIT. What the group signed gets its signatures here.
  void put(GroupNews group, const Signed& signed_statement);
  // Kept for this peer from the first call on, until `leave`. The first one says that the outbox is to be read.
  News take(const std::string& peer);
  // Whether what it was told before no longer holds: asked where nothing is taken because enough waits there.
  [[nodiscard]] bool changed(const std::string& peer) const;
  void leave(const std::string& peer);

 private:
  static constexpr std::size_t kMaxPerPeer = std::size_t{4} << 20;
  static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  // of all peers

  struct Waiting {
    News news;
    std::size_t bytes = 0;
  };
  void add(NewDispatch dispatch);
  void tell(const GroupNews::Change& change);

  mutable std::mutex mutex_;
  std::map<std::string, Waiting> waiting_;  // guarded by mutex_; of peers whose lane asks
  std::size_t bytes_ = 0;                   // guarded by mutex_
};

}  // namespace chancery::store

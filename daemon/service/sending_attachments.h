// Attachments on their way to one peer (protocol section 5): offered message by message, the most urgent first, then
// the oldest; sent from where the peer says, a few chunks ahead of what it has confirmed, so that messages pass beside
// them. Chunks go by the precedence of their messages, in turns among equals. Nothing durable: a new stream begins with
// offers.
//
// Thread-safe. The lock is not held while files or the store are read: the writer's thread comes here, too.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "crypto/attachment.h"
#include "daemon/core/delivery.h"
#include "daemon/service/node.h"
#include "daemon/service/window.h"
#include "daemon/wire/frame.h"

namespace chancery::service {

class SendingAttachments {
 public:
  // `node` outlives this. What failed is tried again by `retry`, also on another stream.
  SendingAttachments(const Node& node, const core::RetryPolicy& retry) : node_(node), retry_(retry) {}

  void restart();
  // Whether the peer has all attachments that go with this message; what it has not is offered and sent, and the
  // message waits. True also when the peer will never take them: its refusal of the message is signed. not_found: one
  // of them is not here any more.
  Result<bool> ready(const store::OutboxRow& row);
  // The peer has not all it needs, whatever it said before: asked again, later each time.
  void doubt(const core::MessageId& message);
  // Taken, refused or closed: it needs nothing any more.
  void settle(const core::MessageId& message);

  // Offers, and as many chunks as the frame has room for beside what else is in it. For one thread.
  void add(wire::Frame& frame);
  // What may go, or be tried again, now that the peer has said this.
  std::vector<core::MessageId> told(const wire::AttachmentState& state);
  // How long nothing will be due unless something comes.
  [[nodiscard]] Duration patience() const;

 private:
  // A message that waits for its attachments.
  struct Waiting {
    core::Precedence precedence = core::Precedence::routine;
    std::uint64_t epoch = 1, sequence = 0;
    std::vector<Digest> roots;
    std::uint64_t length = 0;  // of all of them
    bool asked = false;        // on this stream
    bool offered = false;
    bool never = false;          // the peer will never take them
    std::uint32_t failures = 0;  // of transfers
    Steady not_before;           // after a failure
    Steady room_after;           // the peer had no room
    Steady heard;                // or asked
    std::uint64_t turn = 0;      // of its last chunk
  };
  using Waitings = std::map<core::MessageId, Waiting>;
  struct Sending {
    std::uint64_t length = 0;
    std::uint64_t chunks = 0;
    std::shared_ptr<const crypto::ChunkTree> tree;  // while chunks are sent
    bool wanted = false;                            // the peer has said from where
    bool complete = false;
    std::uint64_t next = 0;       // chunk sent next
    std::uint64_t confirmed = 0;  // chunks before it are there
    [[nodiscard]] bool goes() const;
  };
  struct Chunk {
    core::MessageId message;
    Digest root;
    std::uint64_t index = 0;
    std::uint64_t length = 0;
    std::shared_ptr<const crypto::ChunkTree> tree;
  };

  [[nodiscard]] Result<Sending> described(const Digest& root) const;
  [[nodiscard]] bool all_complete(const Waiting& waiting) const;
  [[nodiscard]] bool may_go(const Waiting& waiting) const;
  [[nodiscard]] bool stalled(const Waiting& waiting) const;
  [[nodiscard]] std::vector<Waitings::value_type*> by_rank();
  void take_back(Waiting& waiting);
  void failed(Waiting& waiting);
  void put_off(const Digest& root, const std::vector<core::Reason>& reasons);
  void lost(const Digest& root, Sending& sending);
  void offer(wire::Frame& frame);
  [[nodiscard]] std::optional<Chunk> next_chunk();
  [[nodiscard]] Result<Bytes> read(Chunk& chunk) const;
  void sent(Chunk chunk, Bytes sealed, wire::Frame& frame);

  const Node& node_;
  const core::RetryPolicy retry_;
  mutable std::mutex mutex_;
  Waitings waiting_;                   // guarded by mutex_
  std::map<Digest, Sending> sending_;  // guarded by mutex_
  std::uint64_t turns_ = 0;            // guarded by mutex_
};

}  // namespace chancery::service

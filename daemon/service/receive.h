// Takes in the frames of peers: verified once, opened on the caller's thread, one act a message, and one reply a frame
// when the last of its acts is committed.
#pragma once

#include <atomic>

#include "daemon/service/arriving_attachments.h"
#include "daemon/service/peer_statements.h"
#include "daemon/service/permits.h"
#include "daemon/service/quota.h"

namespace chancery::service {

// What goes back for one frame, and what it settled here.
struct Reply {
  std::vector<store::SignedStatement> receipts;
  std::vector<wire::Answer> answers;
  std::vector<core::MessageId> settled;                           // ours that this peer took or refused
  std::vector<std::pair<store::SignedStatement, Bytes>> permits;  // with their wraps
  std::vector<wire::AttachmentState> attachment_states;
  bool owes = false;  // a provider is to hear of what came
};

// Thread-safe; owned by shared_ptr because acts may be committed after its last caller has gone.
class Receiver : public std::enable_shared_from_this<Receiver> {
 public:
  Receiver(Node node, std::shared_ptr<PermitRequests> permits, std::shared_ptr<ArrivingAttachments> attachments)
      : node_(std::move(node)),
        permits_(std::move(permits)),
        attachments_(std::move(attachments)),
        keys_(node_),
        certificates_(node_.store) {}

  // Whether this message is on its way to the peer.
  using Sent = std::function<bool(const core::MessageId&)>;
  // Called once, on the writer's thread, this one, or that of attachments; must not block.
  using Done = std::function<void(Reply)>;

  // Everything in a frame but its answers, which are for the lane: what they change comes in `also` and is posted with
  // the acts of the frame. Blocks for the processor work, and for the writer when designations or seal keys are new.
  // Returns how many bytes of it were of no use: chunks of attachments that nobody offered, or that are none.
  std::size_t take(const std::string& peer, wire::Frame frame, const Sent& sent, std::vector<store::Store::Work> also,
                   Done done);

  [[nodiscard]] SealKeys& keys() { return keys_; }
  void count_rejected(std::uint64_t items) { rejected_ += items; }
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }
  [[nodiscard]] std::vector<QuotaUse> quotas(const std::string& peer) const;

 private:
  class Work;
  static constexpr std::size_t kRestores = 4;
  void take_keys(const std::string& peer, const wire::Frame& frame);
  void take_dispatches(const Intake& intake, const wire::Frame& frame, FrameVerifier& verifier,
                       const std::shared_ptr<Work>& work);
  void take_message(const Intake& intake, wire::MessageItem& item, FrameVerifier& verifier,
                    const std::shared_ptr<Work>& work);
  [[nodiscard]] Accepted postponed(const Arrived& arrived) const;
  void take_receipts(const Intake& intake, const wire::Frame& frame, FrameVerifier& verifier, const Sent& sent,
                     const std::shared_ptr<Work>& work);
  void take_permit_requests(const Intake& intake, const wire::Frame& frame, const std::shared_ptr<Work>& work);
  void take_permits(const Intake& intake, wire::Frame& frame, FrameVerifier& verifier,
                    const std::shared_ptr<Work>& work);
  void compare_head(const std::string& peer, const wire::Heartbeat& heartbeat, const std::shared_ptr<Work>& work);
  void compare_data(const std::string& peer, const std::vector<wire::DataVersion>& versions) const;
  void take_offers(const Intake& intake, const wire::Frame& frame, const std::shared_ptr<Work>& work);
  std::size_t take_chunks(const std::string& peer, const wire::Frame& frame, Work& work);
  void record(std::vector<PeerReceipt> receipts, std::uint32_t leaves, const std::string& peer,
              const std::shared_ptr<Work>& work);
  void add(std::function<Result<Recorded>(store::Transaction&)> act, const std::shared_ptr<Work>& work,
           std::uint32_t leaves = 0);
  void answered(wire::Answer answer, Work& work);
  [[nodiscard]] bool was_sent(const std::string& peer, const core::MessageId& id, const Sent& sent) const;
  void failed(const char* act, const Error& error) const;

  Node node_;
  const std::shared_ptr<PermitRequests> permits_;
  const std::shared_ptr<ArrivingAttachments> attachments_;
  SealKeys keys_;
  Certificates certificates_;
  std::atomic<std::uint64_t> rejected_{0};
  Quota unasked_reports_;
  Quota refused_permits_;
  Quota restores_{kRestores, days(1)};
};

}  // namespace chancery::service

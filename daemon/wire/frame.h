// PeerFrame as values, and its bytes. Nothing in a frame is trusted: statements are verified by the service before they
// are parsed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/attachment.h"
#include "crypto/batch.h"
#include "crypto/extract.h"
#include "daemon/core/consent.h"

namespace chancery::v1 {
class PeerFrame;
}

namespace chancery::wire {

inline constexpr std::size_t kMaxFrame = std::size_t{1} << 20;
inline constexpr std::size_t kFrameSlack = 16 * 1024;  // for signatures and lengths beside one item, amply

// A statement with one of its proofs pointing into the signatures of its frame.
struct Proven {
  std::string statement;
  std::uint32_t signature = 0;  // index into Frame::signatures
  crypto::Path path;
  bool operator==(const Proven&) const = default;
  // About what it takes on the wire; the signature it points to is counted once a frame.
  [[nodiscard]] std::size_t size() const;
};

struct CarriedMessage {
  Proven statement;
  std::vector<Bytes> ciphertexts;
  Bytes wraps;
  Bytes forwarder_wrap;
  Bytes grant_wrap;                         // for the receiver, of a detached grant among the sources
  std::vector<crypto::PartLeaves> omitted;  // of every part left out, in order
  bool operator==(const CarriedMessage&) const = default;
  [[nodiscard]] std::size_t size() const;
};

// A permit and the wrap that came with it; empty where it names none.
struct PermitItem {
  Proven statement;
  Bytes wrap;
  bool operator==(const PermitItem&) const = default;
  [[nodiscard]] std::size_t size() const { return statement.size() + wrap.size(); }
};

struct MessageItem {
  Proven statement;
  std::vector<Bytes> ciphertexts;
  Bytes wraps;
  std::vector<Proven> sources;
  std::optional<CarriedMessage> forwarded;
  std::vector<PermitItem> permits;
  Bytes grant_wraps;  // that a detached grant names
  bool operator==(const MessageItem&) const = default;
  [[nodiscard]] std::size_t size() const;
};

struct DesignationItem {
  crypto::BatchSignature signature;
  crypto::Path path;
  std::string statement;
  std::vector<Bytes> certificates;
  bool operator==(const DesignationItem&) const = default;
};

enum class AnswerOutcome {
  rejected,
  deferred,
  expected,  // the dispatch wanted next
  taken,     // recorded: a receipt, or the dispatches before `expected`
};

struct Answer {
  Digest digest;  // of the statement it answers
  AnswerOutcome outcome = AnswerOutcome::rejected;
  std::vector<core::Reason> reasons;
  std::uint64_t expected_epoch = 0;
  std::uint64_t expected_sequence = 0;  // 0: this is not about dispatches
  bool operator==(const Answer&) const = default;
};

struct DataVersion {
  std::string name;
  std::uint32_t version = 0;
  Digest digest;
  bool operator==(const DataVersion&) const = default;
};

struct Heartbeat {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::vector<std::string> checkpoints;
  std::optional<Proven> taken = {};
  Bytes log_key = {};
  bool operator==(const Heartbeat&) const = default;
};

// An attachment of a message that is on its way.
struct AttachmentOffer {
  core::MessageId message;
  Digest root;
  std::uint64_t length = 0;  // one a sealed attachment can have
  bool operator==(const AttachmentOffer&) const = default;
};

// How far the peer has it.
struct AttachmentState {
  Digest root;
  std::uint64_t chunks = 0;
  bool complete = false;
  std::vector<core::Reason> reasons;  // why none is taken now
  bool operator==(const AttachmentState&) const = default;
};

struct AttachmentChunk {
  Digest root;
  std::uint64_t index = 0;
  Bytes sealed;
  std::vector<Digest> path;
  bool operator==(const AttachmentChunk&) const = default;
  [[nodiscard]] std::size_t size() const;
};

struct Frame {
  std::vector<crypto::BatchSignature> signatures;
  std::vector<DesignationItem> designations;
  std::vector<Proven> seal_keys;
  std::vector<Proven> dispatches;
  std::vector<MessageItem> messages;
  std::vector<Proven> receipts;
  std::vector<Answer> answers;
  std::vector<DataVersion> data_versions;
  std::optional<Heartbeat> heartbeat;
  std::vector<core::PermitRequest> permit_requests;
  std::vector<PermitItem> permits;
  std::vector<AttachmentOffer> offers;
  std::vector<AttachmentState> attachment_states;
  std::vector<AttachmentChunk> chunks;
  bool operator==(const Frame&) const = default;

  // Adds the statement's signature once a frame and returns what points to it.
  Proven add(const crypto::SignedStatement& statement);
  [[nodiscard]] bool empty() const;
  // About what it takes on the wire.
  [[nodiscard]] std::size_t size() const;
};

// Malformed: a proof that points nowhere, a digest or path of the wrong length, an unknown outcome, a statement without
// proof, more than one proof of a statement (one suite so far), anything over its limit. Total: never throws.
Result<Frame> to_frame(const v1::PeerFrame& message);
void to_proto(const Frame& frame, v1::PeerFrame& message);

// The same through bytes; for tests, fuzzing and links without gRPC.
Result<Frame> decode_frame(BytesView bytes);
Bytes encode_frame(const Frame& frame);

}  // namespace chancery::wire

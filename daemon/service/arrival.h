// One message from a peer: what can be known of it before the writer is asked, and the act that takes it in.
#pragma once

#include <variant>

#include "daemon/service/arriving_attachments.h"
#include "daemon/service/carried.h"

namespace chancery::service {

// Of one frame; references outlive the frame's acts.
struct Intake {
  const Node& node;
  SealKeys& keys;
  ArrivingAttachments& attachments;
  std::string peer;
  std::shared_ptr<const core::Directory> directory;  // the one every change of what is agreed replaces, too
  std::shared_ptr<const core::JointActBook> joint_acts;
  std::shared_ptr<const core::AgreementBook> book;
  Instant now;

  [[nodiscard]] core::World world() const {
    return {*book, *directory, *joint_acts, node.identity.authority, now, node.identity.suite};
  }
};

// A message whose originator's signature holds, opened as far as the rules allow.
struct Arrived {
  std::string peer;
  core::MessageId id;
  Digest digest;
  core::Message message;
  crypto::Suite suite = crypto::Suite::p256;
  store::MessageRecord record;
  std::optional<store::MessageRecord> carried;
  std::optional<core::OpenedBody> body;                          // once opened
  std::optional<core::CarriedWrap> wrap;                         // of a forward
  ArrivingAttachments* arriving = nullptr;                       // outlives the act
  std::vector<ArrivingAttachments::Opened> attachments;          // of the message, once all were opened
  std::vector<ArrivingAttachments::Opened> carried_attachments;  // of the parts of an original that it carries
  Sources sources;
  std::vector<store::PermitRecord> permits;  // shown, each its provider's
  core::Consents consents;                   // as the decision saw them
  std::vector<store::UseRecord> uses;        // of detached grants, by which it came
  core::Decision found;                      // what opening showed, beside the rules
  core::Decision decision;                   // of all this, under:
  std::shared_ptr<const core::Directory> directory;
  std::shared_ptr<const core::AgreementBook> book;

  // All that may have come for it.
  [[nodiscard]] std::vector<Digest> attachment_roots() const;
};

// On the link's thread. An answer where nothing signed may be said: rejected or deferred.
std::variant<wire::Answer, Arrived> arrive(const Intake& intake, wire::MessageItem& item, FrameVerifier& verifier);

// What the act did.
struct Accepted {
  std::vector<store::LeafRef> issued;          // receipts signed now
  std::vector<store::SignedStatement> stored;  // receipts signed before, byte for byte
  std::optional<wire::Answer> answer;
  bool conflict = false;  // evidence was kept
  bool owes = false;      // a provider is to hear of it

  // It was taken in or refused for good, now or before.
  [[nodiscard]] bool settles() const { return !issued.empty() || !stored.empty(); }
};

// The act: known already, deferred, refused with a signed receipt and nothing else stored, or accepted. Signs at most
// one leaf.
Result<Accepted> accept(const Node& node, store::Transaction& tx, const Arrived& arrived);

wire::Answer answer(const Digest& statement, wire::AnswerOutcome outcome, std::vector<core::Reason> reasons);
// `expected` or `taken`: the dispatch wanted next.
wire::Answer answer(const Digest& statement, wire::AnswerOutcome outcome, const core::ChainHead& head);

}  // namespace chancery::service

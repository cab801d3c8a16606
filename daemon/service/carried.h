// Sources that travel with a message, and the original inside a forward (protocol sections 3 and 8).
#pragma once

#include "daemon/core/acceptance.h"
#include "daemon/service/consents.h"
#include "daemon/service/seal_keys.h"
#include "daemon/wire/body.h"

namespace chancery::service {

// The statements a message names as its sources: those that came with it and hold, and those held here.
class Sources {
 public:
  // The statement text of a message held here, if any.
  using Held = std::function<std::optional<std::string>(const core::MessageId&)>;

  void add(const core::Message& message, store::SignedStatement statement);
  // Those that came and are grants.
  [[nodiscard]] std::vector<core::Grant> grants() const;
  // Fills in what `message` names and nobody sent, from what is held, and whatever those name in turn.
  void complete(const core::Message& message, const Held& held);
  // What a recall takes back may be made of statements that are held beside it alone. Errors: those of `load`.
  Result<void> add_recalled(const core::Message& message, const HeldSources::Load& load);
  [[nodiscard]] core::SourceLookup lookup() const;
  // What came with the message and proves its sources and the grants it came under, to be kept with it. Whatever else
  // came is not ours to keep.
  [[nodiscard]] std::vector<store::SignedStatement> needed(const core::Message& message,
                                                           const std::set<core::MessageId>& grants) const;

 private:
  void fill(const core::Message& message, const Held& held);
  void find_reissued(core::SourceStatement& source, const Held& held) const;

  std::map<core::MessageId, core::SourceStatement> known_;
  std::map<core::MessageId, store::SignedStatement> came_;
};

// The statements of messages held here.
Sources::Held held_statements(store::Store& store);
Sources::Held held_statements(store::Transaction& tx);

// The messages of a verified statement, its author's and in time; an error is malformed or unauthenticated.
Result<core::Message> verified_message(const wire::Proven& proven, const Finding& finding);

// Takes over the sources that hold; what does not hold proves nothing and is left out. False when one is signed under a
// key we may still learn of.
bool take_sources(const wire::MessageItem& item, FrameVerifier& verifier, Sources& sources);

// The original of a forward, as far as it can be judged before it is opened.
struct CarriedOriginal {
  core::Message message;
  core::MessageId id;
  store::SignedStatement statement;
  std::optional<core::CarriedWrap> wrap;  // none when there is nothing to open it with
  std::optional<crypto::Wrap> key;        // that wrap
  std::optional<core::Permit> permit;     // it came with
  std::optional<core::Grant> grant;       // the detached one that names the wrap, once consents are known
  core::Extent extent;                    // that the forward names
  bool fits = true;                       // what came is exactly that
};
// Malformed when it came whole and its parts or wraps are not those its originator signed, or a second wrap came beside
// the originator's. Of an extract they say only whether they fit: it was cut by the forwarder, who answers for it.
Result<CarriedOriginal> judge_carried(const std::string& self, const core::Directory& directory,
                                      const wire::CarriedMessage& carried, const core::Extent& extent,
                                      const std::vector<store::PermitRecord>& permits, FrameVerifier& verifier);

// Opens it: the record to keep beside the forward. Errors as SealKeys::unwrap, and unauthenticated when the body does
// not match its commitments.
struct OpenedOriginal {
  store::MessageRecord record;
  std::vector<wire::Manifest> attachments;  // in the parts that came
};
Result<OpenedOriginal> open_carried(const Node& node, SealKeys& keys, const std::string& forwarder,
                                    CarriedOriginal original, wire::CarriedMessage& carried);

// A body opened with its key, all commitments checked.
struct Opened {
  std::vector<Bytes> parts;
  Bytes sealed_key;  // for us, at rest
};
Result<Opened> open_sealed(const Node& node, const crypto::SecretBytes& key, const core::Message& message,
                           std::string_view statement, const core::MessageId& id,
                           const std::vector<Bytes>& ciphertexts);

crypto::BodyCommitments commitments_of(const core::Message& message);
// What is held of a message, with the keys of its parts.
Result<crypto::KeyedExtract> held_extract(const Node& node, const store::MessageRecord& record,
                                          const core::Message& message);
// What came, with what was held of it before: parts of one original come in several forwards.
Result<store::MessageRecord> with_held_parts(const Node& node, store::Transaction& tx,
                                             const store::MessageRecord& came);
// Which parts of its original a message forwards; all when it forwards none.
core::Extent forwarded_extent(const core::Message& message);
// Whether the forwarder wraps the original's key for him: whom it was not written to; of parts alone everybody but its
// originator, because no wrap of the whole goes with them.
bool needs_forwarder_wrap(const core::Message& original, const core::Extent& extent, const std::string& recipient);

// Whether parts and wraps are those the statement commits to.
bool matches(const core::Message& message, const std::vector<Bytes>& ciphertexts, BytesView wraps);
// The wrap signed for this recipient; nothing when the wraps are not one a recipient, in their order.
std::optional<crypto::Wrap> wrap_for(const std::string& self, const core::Message& message, BytesView wraps);

// What a message of ours takes along to a peer beside itself (permits.h).
struct Passage {
  std::vector<store::UseRecord> uses;  // of detached grants; none goes before it is counted
  Bytes grant_wrap;                    // of one of those, for what a forward carries
  std::vector<store::PermitRecord> permits;
  std::vector<store::SignedStatement> grants;
  std::vector<std::pair<std::string, core::PermitRequest>> missing;  // provider and what to ask
  std::optional<core::ReasonCode> closed;                            // no grant covers it any more
};

// One message of the outbox as it travels to this recipient, its signatures added to the frame.
Result<wire::MessageItem> to_item(const Node& node, const std::string& recipient, store::OutgoingMessage message,
                                  const Passage& passage, wire::Frame& frame);

}  // namespace chancery::service

// What is kept, as values. Statements are the exact bytes that were signed or received.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/batch.h"
#include "crypto/extract.h"
#include "crypto/revocation_list.h"
#include "daemon/core/consent.h"
#include "daemon/core/directory.h"
#include "daemon/core/dispatch.h"
#include "daemon/core/handling.h"
#include "daemon/core/journal_entry.h"
#include "daemon/core/permit.h"
#include "daemon/core/receipt.h"

namespace chancery::store {

using crypto::SignedStatement;

enum class Direction {
  outgoing,
  incoming,
  carried,  // the original inside a forward that was accepted
};

// A message with its sealed body; of a carried original perhaps some parts of it.
struct MessageRecord {
  std::uint64_t ordinal = 0;  // order of recording here; 0 until recorded
  core::MessageId id;
  Direction direction = Direction::outgoing;
  SignedStatement statement;
  std::vector<Bytes> ciphertexts;
  Bytes wraps;
  Bytes sealed_key;          // content key, or the keys of these parts, under the storage key, aad = message id; empty
                             // when erased
  std::string number;        // our registry number
  std::string their_number;  // the originator's, for incoming
  Instant recorded;
  std::vector<SignedStatement> sources;     // statements of its sources that came with it or were held at release
  std::optional<core::MessageId> original;  // of a forward: the carried original
  // Wraps its author made of the key of another message: of a forward we sign, of the original it carries, in recipient
  // order; of a detached grant, of the original it is about, in the order of its `wrap` facts.
  Bytes made_wraps;
  std::optional<core::MessageId> about;  // of a statement of consent: the original, or the grant, it speaks of
  bool quiet = false;                    // made by a daemon: in no box
  bool joint_act = false;                // a statement of one: counted with the others
  std::optional<core::Label> handling;   // how it is handled here, as record_handling said last; read, never written
  core::Extent extent = {};              // which parts these are; then `wraps` is empty
  std::vector<crypto::PartLeaves> omitted = {};  // of each other part, in order
  // The agreement data under which nothing in it is restricted, where that was looked at; never written.
  std::optional<Digest> open_under = {};
};

// One line of a list: no body.
struct MessageRow {
  std::uint64_t ordinal = 0;
  core::MessageId id;
  Direction direction = Direction::outgoing;
  std::string statement;
  std::string number;
  std::string their_number;
  Instant recorded;
  std::optional<core::Label> handling;  // how it is handled here; none when nobody marked it
};

// The text of a message was erased, is there again, has more parts, or stands under another ordinal now: what of it can
// be read is what the row of this ordinal, if there is one, has.
struct TextChange {
  std::uint64_t number = 0;  // in order of change
  std::uint64_t ordinal = 0;
};

// Whether made_wraps are those a grant names, all of them and in their order; none of a grant that names none.
bool are_wraps_of(const core::Grant& grant, BytesView made_wraps);

enum class DraftState { waiting, released, declined };
const char* to_string(DraftState state);

// What an officer wrote and another person has to release.
struct DraftRecord {
  std::uint64_t id = 0;  // "DRAFT-<id>"
  std::string officer;
  DraftState state = DraftState::waiting;
  Digest plan;
  Bytes sealed;  // the draft as Desk carried it, under the storage key, aad = "draft"; empty once decided
  Instant created;
  std::optional<core::MessageId> message;  // once released
};

// One dispatch to a peer and what became of its message.
enum class OutboxState {
  queued,     // not answered
  delivered,  // `delivered` receipt stored
  refused,    // `refused` receipt stored
  closed,     // voided by a later dispatch, or a void itself that was taken in
};
const char* to_string(OutboxState state);

struct OutboxRow {
  std::string peer;
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 0;
  SignedStatement dispatch;
  std::optional<core::MessageId> message;  // of a `message` item
  core::Precedence precedence = core::Precedence::routine;
  OutboxState state = OutboxState::queued;
  bool dispatch_taken = false;  // the peer recorded the dispatch
  std::uint32_t attempts = 0;
  Instant next_attempt;
  std::string waiting_for;  // code of the last deferral or failure; of a closed one, why it was closed
};

// What goes to a peer: everything a frame needs about one message.
struct OutgoingMessage {
  core::MessageId id;
  SignedStatement statement;
  std::vector<Bytes> ciphertexts;
  Bytes wraps;
  std::vector<SignedStatement> sources;
  std::optional<core::MessageId> original;  // load it beside: MessageRecord of the carried original
  Bytes made_wraps;                         // of a forward a frame carries the receiver's alone
  bool locked = false;
  bool erased = false;
};

struct ReceiptRecord {
  core::Receipt receipt;
  SignedStatement statement;
};

// A receipt of ours that no re-sent message asks for again, until its originator confirmed it: `read`, `acknowledged`
// and `answered`, which issue_receipt queues by itself, and what answered a message whose number was closed later.
struct UnsentReceipt {
  std::uint64_t ordinal = 0;  // in order of issue
  SignedStatement statement;
};

// A message of ours that goes to this peer again once it shows another seal key than the one that ran out.
struct WaitingReissue {
  std::string peer;
  core::MessageId message;
  Digest used_key;
};

// A permit with the wrap that came with it: issued by us, given to us as the holder, or shown to us as the receiver.
struct PermitRecord {
  core::Permit permit;
  SignedStatement statement;
  Bytes wrap;  // empty where it names none
};

// What a permit is for: one receiver of one carrier, under a grant. A disclosure has no receiver.
struct PermittedUse {
  core::MessageId grant;
  core::MessageId carrier;
  std::string receiver;
};

// One use of a grant: one receiver of one carrier, by a permit or under a detached grant.
struct UseRecord {
  core::MessageId grant;
  core::MessageId carrier;
  std::string receiver;
  std::string provider;   // who gave the grant
  bool detached = false;  // no permit speaks of it
  bool refused = false;   // of a detached one: its receiver signed that it took nothing in; read, never written
};

// What was decided about keeping the text of a message.
enum class ErasureState {
  proposed,  // by one person; another has to do the same
  erased,    // its key, wraps and parts are gone; statement and evidence stay
  retained,  // not erased, under a ground of national law
};

struct ErasureRecord {
  ErasureState state = ErasureState::proposed;
  std::string officer;  // who proposed, or decided
  std::string ground;   // why it is kept; empty: it is to be erased
  bool operator==(const ErasureRecord&) const = default;
};

// What we have to tell a provider, in a message of our daemon's own.
struct OwedReport {
  std::uint64_t ordinal = 0;
  std::string recipient;
  std::string agreement;
  std::string kind;
  std::vector<core::Fact> facts;
};

// Reports that are owed alike: what keeps one of them from going keeps the others, too.
struct OwedQueue {
  std::string recipient;
  std::string agreement;
  std::string kind;
};

// How a message of others is handled here, as the authority signed it.
struct HandlingRecord {
  core::Handling handling;
  SignedStatement statement;
};

// A message of ours of which an approver signed that it has the text of a held one from elsewhere.
struct IndependentRecord {
  core::MessageId message;
  core::MessageId source;
  Bytes sealed_reason;  // under the storage key, aad = the message's id
};

// A sealed file held here. Its chunks are in AttachmentFiles, under its root.
struct AttachmentRecord {
  Digest root;                   // of the sealed chunks
  std::string officer;           // who uploaded it here; empty where it came from a peer
  std::optional<Digest> upload;  // what the upload was begun as
  Bytes sealed_manifest;         // of an upload the part that opens it, under the storage key, aad = root; else empty
  std::vector<Digest> plain;     // leaf hashes of the plaintext chunks
  std::vector<Digest> sealed;    // and of the sealed ones
  Instant recorded;
};

// What goes with a message: its own attachments, and those of the original that a forward carries.
struct Attached {
  Digest root;
  bool carried = false;  // the original's: it is held as long as that is
  auto operator<=>(const Attached&) const = default;
};

struct PeerRecord {
  std::string authority;
  core::PeerState state = core::PeerState::unverified;
  Bytes anchor;             // DER
  std::string reason = {};  // why it is suspended, in the administrator's words
};

// Of one anchor; the newest, and older ones that say of a certificate what no newer one says.
struct RevocationRecord {
  Digest anchor;
  Bytes list;  // DER
};

struct DesignationRecord {
  SignedStatement statement;
  std::vector<Bytes> certificates;  // DER, as they came
};

struct SealKeyRecord {
  SignedStatement statement;
  Bytes
      sealed_private_key;  // ours: PKCS#8 PEM under the storage key, aad = key id; empty for peers, and once destroyed
};

struct UserRecord {
  core::User user;
  Bytes certificate;  // DER; its SHA-256 is the pin
};

// Two statements that exclude each other, kept as evidence.
struct ConflictRecord {
  std::string kind;     // "receipt", "dispatch", "message", "designation"
  std::string subject;  // authority
  std::string first;
  std::string second;
  Instant recorded;
};

struct JournalRow {
  crypto::LeafIndex index;
  std::string entry;
};

// The answer an idempotency key got.
struct SubmitOutcome {
  Digest draft;  // digest of the draft's bytes
  std::string id;
  std::string number;
  bool awaiting_approval = false;
};

}  // namespace chancery::store

// What the Desk asks and shows, as values: requests checked, views filled by the services, and their protobuf. The
// messages themselves are named in daemon/wire/draft.h and daemon/wire/body.h.
#pragma once

#include <map>

#include "daemon/core/access.h"
#include "daemon/core/consent.h"
#include "daemon/core/delivery.h"
#include "daemon/core/dissemination.h"
#include "daemon/core/draft.h"
#include "daemon/core/journal_entry.h"
#include "daemon/core/quotation.h"
#include "daemon/core/receipt.h"
#include "daemon/wire/frame.h"

namespace chancery::v1 {
class Accepted;
class AddPeerRequest;
class AddUserRequest;
class AgreementView;
class ApproveRequest;
class CheckLabelRequest;
class CheckLabelResponse;
class ListConsentsRequest;
class ListConsentsResponse;
class ListJointActsResponse;
class ShowDisseminationResponse;
class DraftView;
class EraseRequest;
class EraseResponse;
class Evidence;
class ExportRequest;
class HandleRequest;
class LabelPolicyView;
class ListRequest;
class ListResponse;
class MessageView;
class PeerView;
class PreviewRequest;
class PreviewResponse;
class ReadBody;
class Refusal;
class StatusResponse;
class SubmitRequest;
class UserView;
class ResumePeerRequest;
class SuspendPeerRequest;
class VerifyPeerRequest;
}  // namespace chancery::v1

namespace chancery::wire {

// ---- requests. Errors: malformed, with the field's name before the colon.

inline constexpr std::size_t kIdempotencyKeySize = 16;
inline constexpr std::size_t kMaxSubmissions = 64;  // drafts in one frame of SubmitMany
inline constexpr std::size_t kMaxName = 128;        // how a message is named: id, prefix or registry number

struct Submission {
  Bytes draft;  // as Desk carried it (carried_bytes)
  Bytes key;    // kIdempotencyKeySize
  std::optional<Digest> plan;
};
Result<Submission> to_submission(const v1::SubmitRequest& request);
Result<Bytes> to_previewed(const v1::PreviewRequest& request);  // the draft's bytes

struct Approval {
  std::uint64_t draft = 0;
  std::optional<Digest> plan;  // always there unless declined or only previewed
  bool decline = false;
  bool preview = false;
};
Result<Approval> to_approval(const v1::ApproveRequest& request);
std::string draft_name(std::uint64_t id);  // "DRAFT-3"
Result<std::uint64_t> parse_draft_name(std::string_view name);

enum class DeskBox { inbox, outbox, drafts };
struct ListQuery {
  DeskBox box = DeskBox::inbox;
  std::uint32_t limit = 100;  // 1 to 1000
  std::uint64_t before = 0;
  std::string message;  // only this one; then the box does not matter, unless it is drafts
};
Result<ListQuery> to_list_query(const v1::ListRequest& request);
Result<ListQuery> to_list_query(const v1::ListConsentsRequest& request);

struct EvidenceQuery {
  std::string message;
  std::optional<core::Stage> receipt;
  std::string recipient;
  bool handling = false;  // how it is handled here, instead
};
Result<EvidenceQuery> to_evidence_query(const v1::ExportRequest& request);

// How a message of others shall be handled here.
struct HandlingRequest {
  std::string message;
  std::string classification;
  std::string review;
  std::vector<std::string> categories;  // sorted
};
Result<HandlingRequest> to_handling_request(const v1::HandleRequest& request);

struct NewUser {
  core::User user;
  crypto::Certificate certificate;
};
Result<NewUser> to_new_user(const v1::AddUserRequest& request);
Result<DesignationItem> to_designation(const v1::AddPeerRequest& request);
// A designation bundle as it is kept in a file: one serialised DesignationItem.
Result<DesignationItem> decode_designation(BytesView bytes);
Bytes encode_designation(const DesignationItem& item);

struct AnchorCheck {
  std::string authority;
  Digest anchor;
};
Result<AnchorCheck> to_anchor_check(const v1::VerifyPeerRequest& request);

// Suspend or resume.
struct PeerDecision {
  std::string authority;
  core::PeerState state = core::PeerState::suspended;
  std::string reason;  // one line of at most 200 bytes
};
Result<PeerDecision> to_peer_decision(const v1::SuspendPeerRequest& request);
Result<PeerDecision> to_peer_decision(const v1::ResumePeerRequest& request);

struct LabelQuery {
  std::string classification;
  std::vector<std::string> categories;
  std::vector<std::string> recipients;
  std::string agreement;
};
Result<LabelQuery> to_label_query(const v1::CheckLabelRequest& request);

// A name of a message as a caller writes it: 1 to kMaxName printable ASCII characters without spaces.
Result<void> check_name(std::string_view name);

// ---- answers

void to_proto(const core::Decision& decision, const std::string& agreement, v1::Refusal& out);
void to_proto(const std::vector<core::Passage>& passages, v1::Refusal& out);

struct RecipientPreview {
  std::string authority;
  std::string party;
  std::vector<std::string> may;
  std::vector<std::string> may_not;
  std::string marking;
  std::optional<core::Label> label;
  bool operator==(const RecipientPreview&) const = default;
};

struct Preview {
  Digest plan;
  std::vector<RecipientPreview> recipients;
  std::vector<std::string> not_sent_to;
  std::vector<std::string> labels;
  bool needs_approval = false;
  core::Decision decision;  // a refusal stands in the answer when it does not allow
  std::string agreement;
  std::string statement;
  std::vector<core::Passage> passages = {};  // of the refusal
  std::vector<core::RuleFinding> rules = {};
};
void to_proto(const Preview& view, v1::PreviewResponse& out);

struct Accepted {
  std::string id;
  std::string number;
  bool awaiting_approval = false;
  std::optional<Digest> plan;
  bool repeated = false;
  bool operator==(const Accepted&) const = default;
};
void to_proto(const Accepted& view, v1::Accepted& out);

struct DeliveryView {
  std::string recipient;
  std::string stage;
  std::optional<Instant> time;
  std::uint32_t attempts = 0;
  std::optional<Instant> next_attempt;
  std::vector<core::Reason> reasons;
  std::string waiting_for;
};

struct SourceView {
  core::MessageId id;
  core::Relation relation = core::Relation::quotes;
  std::string originator;  // empty when its statement is not at hand
  std::string agreement;
  std::vector<std::string> providers;
  core::Extent extent = {};
  std::vector<std::string> asked = {};  // core::asked_for
};

struct MessageView {
  core::MessageId id;
  std::string number;
  std::string their_number;
  bool incoming = false;
  core::Message message;  // the statement
  bool restricted = false;
  std::string own_marking;
  std::optional<core::Label> own_label;
  bool handled = false;
  Instant recorded;
  std::string stage;
  std::vector<DeliveryView> deliveries;
  std::vector<SourceView> sources;
  std::uint64_t cursor = 0;
  std::vector<std::string> asked = {};  // core::asked_for
};
void to_proto(const MessageView& view, v1::MessageView& out);

struct DraftView {
  std::uint64_t id = 0;
  std::string officer;
  std::string state;
  Digest plan;
  Instant created;
  std::optional<core::Draft> draft;  // none for who may not see its text, and once it was decided
  std::optional<Preview> preview;
  std::string number;
};
void to_proto(const DraftView& view, v1::DraftView& out);

struct Listing {
  std::vector<MessageView> messages;
  std::vector<DraftView> drafts;
  std::uint64_t next = 0;
};
void to_proto(const Listing& view, v1::ListResponse& out);

// One statement of consent.
struct ConsentView {
  struct Row {
    core::MessageId id;
    std::string number;
    std::string their_number;
    bool incoming = false;
    std::uint64_t cursor = 0;
  };
  Row row;
  core::Message message;
  core::MessageId original;
  std::string original_number;
  std::optional<core::MessageId> answers;
  std::string state;
  std::string holder;
  std::optional<core::ConsentTerms> terms;  // of a request and a grant
  std::optional<core::Onward> onward;
  std::optional<Digest> paper;
  std::optional<core::Disclosure> disclosure;
  std::uint64_t used = 0;
  std::optional<Instant> effective;
};
struct ConsentListing {
  std::vector<ConsentView> consents;
  std::uint64_t next = 0;
};
void to_proto(const ConsentListing& view, v1::ListConsentsResponse& out);

struct TransferView {
  std::string holder;
  std::string receiver;
  core::MessageId carrier;
  std::optional<core::MessageId> grant;
  std::string grant_number;
  std::optional<core::Relation> relation;
  core::Extent extent;
  Instant time;
  core::StepState state = core::StepState::permitted;
  std::optional<core::ReasonCode> reason;
  std::optional<core::MessageId> report;
  std::optional<Instant> permit_until;         // of the last permit we gave for it
  std::optional<Instant> detached_until;       // under a detached grant: when that ends
  std::string ground;                          // of a retained copy
  std::optional<std::uint64_t> waiting_hours;  // of a copy whose permission ended and whose holder has not answered
};
struct DisseminationView {
  MessageView message;
  std::vector<TransferView> transfers;
  std::optional<core::Coverage> coverage;  // once a permission was revoked
};
void to_proto(const DisseminationView& view, v1::ShowDisseminationResponse& out);

// What the Parties proposed and accepted.
struct VersionView {
  core::Version version;
  std::string number_here;
  std::string originator;
  std::string kind;
  bool lapsed = false;
  std::vector<std::string> suites;
};
struct SubjectView {
  core::Subject subject;
  std::vector<VersionView> versions;
  std::optional<Digest> in_force;
  std::vector<core::Evidence> evidence;
};
struct RequiredView {
  std::string agreement;
  std::vector<std::string> parties;
  std::vector<std::string> authorities;
};
struct JointActListing {
  std::vector<SubjectView> subjects;
  std::vector<RequiredView> required;
};
void to_proto(const JointActListing& view, v1::ListJointActsResponse& out);
// What is to become of the text of a message.
struct ErasureOrder {
  std::string message;
  std::string retain;  // the ground to keep a locked copy under; empty: it is erased
};
Result<ErasureOrder> to_erasure_order(const v1::EraseRequest& request);
struct ErasureView {
  core::MessageId id;
  std::string number;
  std::string state;         // proposed erased retained
  std::uint64_t copies = 0;  // erased with it, itself among them
};
void to_proto(const ErasureView& view, v1::EraseResponse& out);

struct Check {
  std::string name;   // signature certificate designation commitments journal label
  std::string state;  // good bad unknown
  std::string detail;
  bool operator==(const Check&) const = default;
};

struct ReadView {
  MessageView message;
  std::vector<Bytes> parts;            // opened; each parses
  std::vector<std::uint32_t> numbers;  // of each of them, by the originator's count from 0
  std::vector<Check> checks;
  std::vector<ReadView> original;  // of a forward: one
  std::vector<core::IndependentSource> independent = {};
};
void to_proto(const ReadView& view, v1::ReadBody& out);

struct EvidenceView {
  crypto::SignedStatement statement;
  Bytes certificate;  // DER
  Bytes anchor;       // DER
  std::string name;
  std::optional<DesignationItem> designation;
  std::vector<core::Label> labels;
  std::optional<core::Label> own_label;
};
void to_proto(const EvidenceView& view, v1::Evidence& out);

struct UserView {
  core::User user;
  Digest certificate;
  Instant until;
};
void to_proto(const UserView& view, v1::UserView& out);

struct PeerView {
  std::string authority;
  std::string party;
  core::PeerState state = core::PeerState::unverified;
  bool connected = false;
  std::optional<Instant> last_contact;
  std::uint64_t queued = 0;
  std::optional<Instant> certificate_until;  // of its signing key
  Digest anchor;
  std::string endpoint;
  std::vector<std::string> agreements;
  std::uint64_t serial = 0;
  std::optional<Instant> seal_key_until;
  std::int64_t skew_ms = 0;
  std::string last_error;
  std::vector<core::Successor> successors = {};
  std::string parked = {};  // a code: why nothing is exchanged with it now
  std::string reason = {};  // of its suspension
};
void to_proto(const PeerView& view, v1::PeerView& out);

struct StatusView {
  std::string authority;
  std::string party;
  std::string version;
  Instant started;
  std::uint64_t unread = 0;
  std::uint64_t waiting_drafts = 0;
  std::uint64_t queued = 0;
  std::uint64_t journal_size = 0;
  Digest checkpoint;
  std::uint64_t conflicts = 0;
  std::vector<PeerView> peers;
  Digest data;
  core::User caller;
  std::uint64_t rejected = 0;
  std::string parked = {};  // a code: why nobody exchanges anything with us now
};
void to_proto(const StatusView& view, v1::StatusResponse& out);

struct LabelCheck {
  std::string recipient;
  core::Decision decision;
  std::string marking;
};
void to_proto(const std::vector<LabelCheck>& checks, v1::CheckLabelResponse& out);

// Data the daemon decides by.
void to_proto(const core::Agreement& agreement, v1::AgreementView& out);
void to_proto(const core::LabelPolicy& policy, bool own, v1::LabelPolicyView& out);

}  // namespace chancery::wire

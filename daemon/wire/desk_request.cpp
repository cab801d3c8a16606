#include <algorithm>

#include "chancery/v1/desk.pb.h"
#include "chancery/v1/peer_exchange.pb.h"
#include "daemon/wire/desk.h"
#include "daemon/wire/draft.h"

namespace chancery::wire {

namespace {

constexpr std::uint32_t kMaxListed = 1000;
constexpr std::size_t kMaxCertificate = 64 * 1024;
constexpr std::size_t kMaxCategories = 256;
constexpr std::string_view kDraftPrefix = "DRAFT-";

tl::unexpected<Error> wrong_request(std::string_view field, std::string_view what) {
  return fail(Errc::malformed, std::string(field).append(": ").append(what));
}

Result<Digest> digest(std::string_view field, const std::string& text) {
  auto parsed = parse_digest(text);
  if (!parsed.has_value()) return wrong_request(field, "not sha256:<64 hex digits>");
  return parsed;
}

Result<std::optional<Digest>> optional_digest(std::string_view field, const std::string& text) {
  if (text.empty()) return std::optional<Digest>();
  return std::optional<Digest>(TRY(digest(field, text)));
}

Result<std::string> named(std::string_view field, const std::string& name) {
  if (!check_name(name).has_value()) return wrong_request(field, "not a name of a message");
  return name;
}

Result<DeskBox> box_of(const v1::ListRequest& request) {
  switch (request.box()) {
    case v1::BOX_INBOX:
      return DeskBox::inbox;
    case v1::BOX_OUTBOX:
      return DeskBox::outbox;
    case v1::BOX_DRAFTS:
      return DeskBox::drafts;
    case v1::BOX_UNSPECIFIED:
    default:  // any other number may have come
      if (!request.message().empty() && request.box() == v1::BOX_UNSPECIFIED) return DeskBox::inbox;
      return wrong_request("box", "none");
  }
}

Result<crypto::Certificate> certificate(std::string_view field, const std::string& bytes) {
  if (bytes.size() > kMaxCertificate) return wrong_request(field, "too large");
  const bool pem = bytes.find("-----BEGIN CERTIFICATE-----") != std::string::npos;
  auto parsed = pem ? crypto::Certificate::from_pem(bytes) : crypto::Certificate::from_der(as_bytes(bytes));
  if (!parsed.has_value()) return wrong_request(field, "not a certificate");
  return parsed;
}

// Through a frame, where designations travel: one reading of them, one set of limits.
Result<DesignationItem> designation_of(const v1::DesignationItem& item) {
  v1::PeerFrame frame;
  *frame.add_designations() = item;
  auto read = to_frame(frame);
  if (!read.has_value()) return wrong_request("designation", read.error().detail);
  return std::move(read->designations.front());
}

Result<std::vector<std::string>> sorted_tokens(std::string_view field,
                                               const google::protobuf::RepeatedPtrField<std::string>& values,
                                               core::Form form, std::size_t limit) {
  if (static_cast<std::size_t>(values.size()) > limit) return wrong_request(field, "too many");
  for (const auto& value : values)
    if (!form(value)) return wrong_request(field, "not of its form");
  std::vector<std::string> all(values.begin(), values.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace

Result<void> check_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !core::is_word(name))
    return wrong_request("message", "not a name of a message");
  return {};
}

std::string draft_name(std::uint64_t id) { return std::string(kDraftPrefix) + std::to_string(id); }

Result<std::uint64_t> parse_draft_name(std::string_view name) {
  if (name.substr(0, kDraftPrefix.size()) != kDraftPrefix) return wrong_request("draft", "not DRAFT-<number>");
  auto id = core::parse_ordinal(name.substr(kDraftPrefix.size()));
  if (!id.has_value()) return wrong_request("draft", "not DRAFT-<number>");
  return id;
}

Result<Submission> to_submission(const v1::SubmitRequest& request) {
  if (!request.has_draft()) return wrong_request("draft", "none");
  if (request.idempotency_key().size() != kIdempotencyKeySize) return wrong_request("idempotency_key", "not 16 bytes");
  auto plan = TRY(optional_digest("plan", request.plan()));
  return Submission{carried_bytes(request.draft()), to_bytes(request.idempotency_key()), plan};
}

Result<Bytes> to_previewed(const v1::PreviewRequest& request) {
  if (!request.has_draft()) return wrong_request("draft", "none");
  return carried_bytes(request.draft());
}

Result<ErasureOrder> to_erasure_order(const v1::EraseRequest& request) {
  CHECK_OK(check_name(request.message()));
  if (!request.retain().empty() && !core::is_ground(request.retain())) return fail(Errc::malformed, "retain");
  return ErasureOrder{request.message(), request.retain()};
}

Result<Approval> to_approval(const v1::ApproveRequest& request) {
  Approval approval{TRY(parse_draft_name(request.draft())), TRY(optional_digest("plan", request.plan())),
                    request.decline(), request.preview()};
  if (!approval.decline && !approval.preview && !approval.plan) return wrong_request("plan", "none");
  return approval;
}

Result<ListQuery> to_list_query(const v1::ListRequest& request) {
  ListQuery query;
  query.box = TRY(box_of(request));
  if (request.limit() > kMaxListed) return wrong_request("limit", "more than 1000");
  if (request.limit() != 0) query.limit = request.limit();
  query.before = request.before();
  if (!request.message().empty()) query.message = TRY(named("message", request.message()));
  return query;
}

Result<ListQuery> to_list_query(const v1::ListConsentsRequest& request) {
  ListQuery query;
  if (request.limit() > kMaxListed) return wrong_request("limit", "more than 1000");
  if (request.limit() != 0) query.limit = request.limit();
  query.before = request.before();
  if (!request.message().empty()) query.message = TRY(named("message", request.message()));
  return query;
}

Result<EvidenceQuery> to_evidence_query(const v1::ExportRequest& request) {
  EvidenceQuery query{TRY(named("message", request.message())), std::nullopt, request.recipient(), false};
  if (!request.recipient().empty() && !core::is_authority_id(request.recipient()))
    return wrong_request("recipient", "not an authority");
  query.handling = request.handling();
  if (query.handling && !request.receipt().empty()) return wrong_request("handling", "not beside a receipt");
  if (request.receipt().empty()) return query;
  auto stage = core::parse_stage(request.receipt());
  if (!stage.has_value()) return wrong_request("receipt", "not a stage");
  query.receipt = *stage;
  return query;
}

Result<HandlingRequest> to_handling_request(const v1::HandleRequest& request) {
  HandlingRequest out;
  out.message = TRY(named("message", request.message()));
  if (!core::is_identifier(request.label())) return wrong_request("label", "not a class");
  if (!request.review().empty() && !core::is_date(request.review())) return wrong_request("review", "not a date");
  out.classification = request.label();
  out.review = request.review();
  out.categories = TRY(sorted_tokens("categories", request.categories(), core::is_identifier, kMaxCategories));
  return out;
}

Result<NewUser> to_new_user(const v1::AddUserRequest& request) {
  if (!core::is_user_name(request.name())) return wrong_request("name", "not a user name");
  const auto role = core::parse_role(request.role());
  if (!role.has_value()) return wrong_request("role", "not a role");
  if (!request.clearance().empty() && !core::is_identifier(request.clearance()))
    return wrong_request("clearance", "not a class");
  auto categories = TRY(sorted_tokens("categories", request.categories(), core::is_identifier, kMaxCategories));
  auto pinned = TRY(certificate("certificate", request.certificate()));
  return NewUser{{request.name(), *role, request.clearance(), std::move(categories)}, std::move(pinned)};
}

Result<DesignationItem> to_designation(const v1::AddPeerRequest& request) {
  if (!request.has_designation()) return wrong_request("designation", "none");
  return designation_of(request.designation());
}

Result<DesignationItem> decode_designation(BytesView bytes) {
  v1::DesignationItem item;
  if (bytes.size() > kMaxFrame || !item.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return wrong_request("designation", "not a designation bundle");
  return designation_of(item);
}

Bytes encode_designation(const DesignationItem& item) {
  Frame frame;
  frame.designations = {item};
  v1::PeerFrame message;
  to_proto(frame, message);
  return to_bytes(message.designations(0).SerializeAsString());
}

Result<AnchorCheck> to_anchor_check(const v1::VerifyPeerRequest& request) {
  if (!core::is_authority_id(request.authority())) return wrong_request("authority", "not an authority");
  const auto anchor = TRY(digest("anchor", request.anchor()));
  return AnchorCheck{request.authority(), anchor};
}

namespace {

template <class Request>
Result<PeerDecision> peer_decision(const Request& request, core::PeerState state) {
  if (!core::is_authority_id(request.authority())) return wrong_request("authority", "not an authority");
  if (!core::is_line(request.reason())) return wrong_request("reason", "not one line of at most 200 bytes");
  return PeerDecision{request.authority(), state, request.reason()};
}

}  // namespace

Result<PeerDecision> to_peer_decision(const v1::SuspendPeerRequest& request) {
  return peer_decision(request, core::PeerState::suspended);
}

Result<PeerDecision> to_peer_decision(const v1::ResumePeerRequest& request) {
  return peer_decision(request, core::PeerState::active);
}

Result<LabelQuery> to_label_query(const v1::CheckLabelRequest& request) {
  LabelQuery query;
  if (!core::is_identifier(request.label())) return wrong_request("label", "not a class");
  if (!core::is_identifier(request.agreement())) return wrong_request("agreement", "not an agreement");
  query.classification = request.label();
  query.agreement = request.agreement();
  query.categories = TRY(sorted_tokens("categories", request.categories(), core::is_identifier, kMaxCategories));
  query.recipients =
      TRY(sorted_tokens("recipients", request.recipients(), core::is_authority_id, core::kMaxRecipients));
  return query;
}

}  // namespace chancery::wire

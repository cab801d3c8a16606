#include "daemon/service/arrival.h"

#include <algorithm>

#include "daemon/service/arrival_decision.h"
#include "daemon/service/permits.h"

namespace chancery::service {

namespace {

using core::ReasonCode;
using wire::AnswerOutcome;

wire::Answer rejected(const Digest& digest, ReasonCode code) {
  return answer(digest, AnswerOutcome::rejected, {core::Reason{code, "", "", ""}});
}

wire::Answer deferred(const Digest& digest, ReasonCode code) {
  return answer(digest, AnswerOutcome::deferred, {core::Reason{code, "", "", ""}});
}

// Why a body stays shut: an answer, or an error where we could not find out.
Result<ReasonCode> why_unopened(const Error& error) {
  switch (error.code) {
    case Errc::stale:
      return ReasonCode::key_retired;
    case Errc::not_found:
    case Errc::malformed:
    case Errc::unauthenticated:
      return ReasonCode::unopenable;
    case Errc::forbidden:
    case Errc::conflict:
    case Errc::busy:
    case Errc::unavailable:
    case Errc::corrupt:
    case Errc::internal:
      break;
  }
  return fail(error.code, error.detail);
}

// Opens what came; a body that does not open is a finding. An error: try again later.
Result<void> note(Arrived& arrived, const Result<void>& opened) {
  if (!opened.has_value()) arrived.found.add(reason(arrived, TRY(why_unopened(opened.error()))));
  return {};
}

// Whether the manifests in the parts that were opened are those of the lines: all of them and in order, or some where
// parts were left out.
bool are_named(const std::vector<wire::Manifest>& manifests, const core::Message& message, bool whole) {
  if (whole && manifests.size() != message.attachments.size()) return false;
  auto line = message.attachments.begin();
  for (const auto& manifest : manifests) {
    line = std::find(line, message.attachments.end(), manifest.line);
    if (line == message.attachments.end()) return false;
    ++line;
  }
  return true;
}

// Opens what is complete; what is not keeps the message waiting.
Result<void> open_attachments(const Intake& intake, const std::vector<wire::Manifest>& manifests, Arrived& arrived,
                              std::vector<ArrivingAttachments::Opened>& out) {
  for (const auto& manifest : manifests) {
    auto opened = intake.attachments.open(arrived.peer, manifest);
    if (auto* whole = std::get_if<ArrivingAttachments::Opened>(&opened)) {
      out.push_back(std::move(*whole));
      continue;
    }
    switch (std::get<ArrivingAttachments::Shut>(opened)) {
      case ArrivingAttachments::Shut::incomplete:
        arrived.found.add(reason(arrived, ReasonCode::attachment_incomplete));
        break;
      case ArrivingAttachments::Shut::unopenable:
        return fail(Errc::unauthenticated, "an attachment is not what its manifest says");
    }
  }
  return {};
}

// A key we never had may be one we have lost: whoever sent it seals it anew, under one that we have.
Result<crypto::SecretBytes> content_key(const Intake& intake, const Arrived& arrived, const crypto::Wrap& wrap) {
  const auto header = core::header_digest(arrived.record.statement.statement);
  auto key = intake.keys.unwrap(arrived.message.originator, wrap, header);
  if (!key.has_value() && key.error().code == Errc::not_found) return fail(Errc::stale, key.error().detail);
  return key;
}

Result<void> open_own(const Intake& intake, Arrived& arrived) {
  const auto wrap = wrap_for(intake.node.identity.authority, arrived.message, arrived.record.wraps);
  if (!wrap) return fail(Errc::malformed, "no wrap for us");
  const auto& statement = arrived.record.statement.statement;
  const auto key = TRY(content_key(intake, arrived, *wrap));
  auto opened = TRY(open_sealed(intake.node, key, arrived.message, statement, arrived.id, arrived.record.ciphertexts));
  auto body = TRY(wire::parse_body(opened.parts));
  if (!are_named(body.attachments, arrived.message, true)) return fail(Errc::malformed, "attachments");
  CHECK_OK(open_attachments(intake, body.attachments, arrived, arrived.attachments));
  arrived.body = std::move(body.opened);
  arrived.record.their_number = std::move(body.number);
  arrived.record.sealed_key = std::move(opened.sealed_key);
  return {};
}

Result<void> open_original(const Intake& intake, CarriedOriginal original, wire::CarriedMessage& carried,
                           Arrived& arrived) {
  if (original.wrap && !original.key) return fail(Errc::malformed, "not a wrap");
  arrived.record.original = original.id;
  const auto message = original.message;
  auto opened = TRY(open_carried(intake.node, intake.keys, arrived.message.originator, std::move(original), carried));
  if (!are_named(opened.attachments, message, opened.record.extent.is_all() && !opened.record.sealed_key.empty()))
    return fail(Errc::unauthenticated, "attachments of the original");
  CHECK_OK(open_attachments(intake, opened.attachments, arrived, arrived.carried_attachments));
  arrived.carried = std::move(opened.record);
  return {};
}

// The original of a forward becomes a source and says by which wrap it opens. Malformed: it is not what it commits to.
Result<std::optional<CarriedOriginal>> take_carried(const Intake& intake, const wire::MessageItem& item,
                                                    FrameVerifier& verifier, Arrived& arrived) {
  if (!item.forwarded) return std::optional<CarriedOriginal>();
  auto original = judge_carried(intake.node.identity.authority, *intake.directory, *item.forwarded,
                                forwarded_extent(arrived.message), arrived.permits, verifier);
  if (!original.has_value()) {
    if (original.error().code == Errc::malformed) return tl::unexpected(original.error());
    return std::optional<CarriedOriginal>();  // nobody's: then the source is not proven
  }
  arrived.wrap = original->wrap;
  arrived.sources.add(original->message, original->statement);
  if (!original->fits) arrived.found.add(reason(arrived, ReasonCode::source_mismatch));
  return std::optional(std::move(*original));
}

// A forward has its original with it, and it is the one it names.
void check_carried(const std::optional<CarriedOriginal>& original, Arrived& arrived) {
  if (arrived.message.kind != "forward") return;
  const auto& lines = arrived.message.sources;
  if (!original || lines.empty() || lines.front().id != original->id)
    arrived.found.add(reason(arrived, ReasonCode::source_unproven));
}

Result<void> open_all(const Intake& intake, std::optional<CarriedOriginal> original, wire::MessageItem& item,
                      Arrived& arrived) {
  CHECK_OK(note(arrived, open_own(intake, arrived)));
  if (original) CHECK_OK(note(arrived, open_original(intake, std::move(*original), *item.forwarded, arrived)));
  return {};
}

// Permits that are their provider's; what is nobody's proves nothing. False when one is signed under a key we may still
// learn of.
bool take_permits(wire::MessageItem& item, FrameVerifier& verifier, Arrived& arrived) {
  bool all_keys_known = true;
  for (auto& shown : item.permits) {
    const auto finding = verifier.find(shown.statement);
    if (finding.standing == Standing::key_unknown) all_keys_known = false;
    if (finding.standing != Standing::holds) continue;
    auto permit = core::Permit::parse(shown.statement.statement);
    if (!permit.has_value() || permit->provider != finding.batch->signer || !timely(permit->from, *finding.batch))
      continue;
    if (!wrap_fits(*permit, shown.wrap)) continue;
    arrived.permits.push_back({std::move(*permit), verifier.evidence(shown.statement), std::move(shown.wrap)});
  }
  return all_keys_known;
}

std::set<core::MessageId> grants_named(const Arrived& arrived) {
  std::set<core::MessageId> out;
  for (const auto& record : arrived.permits) out.insert(record.permit.grant);
  for (const auto& use : arrived.uses) out.insert(use.grant);
  return out;
}

// Which those are, and which of them opens what came.
void find_uses(const core::World& world, std::optional<CarriedOriginal>& original, Arrived& arrived) {
  for (const auto& need : core::consent_needs(world, arrived.message, arrived.sources.lookup())) {
    const auto* grant = need.receiver == world.self ? detached_for(arrived, need, world.now) : nullptr;
    if (grant == nullptr) continue;
    arrived.uses.push_back({grant->id, arrived.id, world.self, grant->provider, true});
    const bool opens = original && original->id == need.original->id && original->wrap &&
                       original->wrap->from == core::CarriedWrap::From::grant && !grant->wraps.empty();
    if (opens) original->grant = *grant;
  }
}

// What came beside a detached grant is what it names; beside everything else nothing comes. Whether the grant reads is
// for the rules to say.
bool grant_wraps_fit(const core::Message& message, BytesView wraps) {
  if (message.kind != "consent-grant") return wraps.empty();
  const auto statement = core::read_consent({}, message);
  const auto* grant = statement.has_value() ? std::get_if<core::Grant>(&*statement) : nullptr;
  return grant == nullptr || store::are_wraps_of(*grant, wraps);
}

bool key_unknown(const wire::MessageItem& item, FrameVerifier& verifier) {
  return item.forwarded && verifier.find(item.forwarded->statement).standing == Standing::key_unknown;
}

Arrived begin(const Intake& intake, core::Message message, const Digest& digest, wire::MessageItem& item,
              FrameVerifier& verifier) {
  Arrived arrived;
  arrived.peer = intake.peer;
  arrived.arriving = &intake.attachments;
  arrived.digest = digest;
  arrived.id = core::message_id(digest, message.created);
  arrived.message = std::move(message);
  arrived.suite = verifier.evidence(item.statement).signature.suite;
  arrived.record.id = arrived.id;
  arrived.record.direction = store::Direction::incoming;
  arrived.record.statement = verifier.evidence(item.statement);
  arrived.record.ciphertexts = std::move(item.ciphertexts);
  arrived.record.wraps = std::move(item.wraps);
  arrived.record.made_wraps = std::move(item.grant_wraps);
  arrived.directory = intake.directory;
  arrived.book = intake.book;
  return arrived;
}

}  // namespace

std::vector<Digest> Arrived::attachment_roots() const {
  std::vector<Digest> all;
  for (const auto& line : message.attachments) all.push_back(line.cipher_root);
  if (message.kind != "forward" || message.sources.empty()) return all;
  if (const auto* original = sources.lookup()(message.sources.front().id))
    for (const auto& line : original->message.attachments) all.push_back(line.cipher_root);
  return all;
}

wire::Answer answer(const Digest& statement, AnswerOutcome outcome, std::vector<core::Reason> reasons) {
  wire::Answer out;
  out.digest = statement;
  out.outcome = outcome;
  out.reasons = std::move(reasons);
  return out;
}

wire::Answer answer(const Digest& statement, AnswerOutcome outcome, const core::ChainHead& head) {
  wire::Answer out;
  out.digest = statement;
  out.outcome = outcome;
  out.expected_epoch = head.epoch;
  out.expected_sequence = head.sequence + 1;
  return out;
}

std::variant<wire::Answer, Arrived> arrive(const Intake& intake, wire::MessageItem& item, FrameVerifier& verifier) {
  const auto finding = verifier.find(item.statement);
  const auto& digest = finding.digest;
  if (finding.standing == Standing::key_unknown) return deferred(digest, ReasonCode::key_unknown);
  auto message = verified_message(item.statement, finding);
  if (!message.has_value())
    return rejected(digest,
                    message.error().code == Errc::malformed ? ReasonCode::malformed : ReasonCode::verify_failed);
  // No kind that another may relay is available yet (protocol section 5). Unsigned: it is not for whoever presents it
  // to burn an id of the originator's.
  if (message->originator != intake.peer) return rejected(digest, ReasonCode::not_addressed);
  if (!matches(*message, item.ciphertexts, item.wraps) || (item.forwarded && message->kind != "forward") ||
      !grant_wraps_fit(*message, item.grant_wraps))
    return rejected(digest, ReasonCode::malformed);

  auto arrived = begin(intake, std::move(*message), digest, item, verifier);
  if (!take_sources(item, verifier, arrived.sources) || key_unknown(item, verifier))
    return deferred(digest, ReasonCode::key_unknown);
  if (!take_permits(item, verifier, arrived)) return deferred(digest, ReasonCode::key_unknown);
  auto original = take_carried(intake, item, verifier, arrived);
  if (!original.has_value()) return rejected(digest, ReasonCode::malformed);
  check_carried(*original, arrived);
  arrived.sources.complete(arrived.message, held_statements(intake.node.store));
  const auto recalled = arrived.sources.add_recalled(
      arrived.message, [&](const core::MessageId& of) { return intake.node.store.reader().message(of); });
  if (!recalled.has_value()) return deferred(digest, ReasonCode::not_now);
  file_statement(arrived.message, arrived.record);
  auto consents = consents_of(*intake.directory, arrived, arrived.sources, statements_about(intake.node.store));
  if (!consents.has_value()) return deferred(digest, ReasonCode::not_now);
  arrived.consents = std::move(*consents);
  find_uses(intake.world(), *original, arrived);
  arrived.record.sources = arrived.sources.needed(arrived.message, grants_named(arrived));
  if (!core::is_restricted(intake.world(), arrived.message)) arrived.record.open_under = intake.book->digest();

  // Before opening: what must not come in stays shut.
  arrived.decision = decide(intake.world(), arrived, arrived.sources, arrived.consents);
  if (!arrived.decision.allowed()) return arrived;
  if (const auto opened = open_all(intake, std::move(*original), item, arrived); !opened.has_value()) {
    intake.node.log(log_line<LogEvent::receive_unopened>(to_string(opened.error().code), opened.error().detail));
    return deferred(digest, ReasonCode::not_now);
  }
  arrived.decision = decide(intake.world(), arrived, arrived.sources, arrived.consents);
  return arrived;
}

}  // namespace chancery::service

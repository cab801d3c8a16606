#include "daemon/wire/desk.h"

#include "chancery/v1/desk.pb.h"
#include "chancery/v1/peer_exchange.pb.h"
#include "daemon/wire/draft.h"

namespace chancery::wire {

namespace {

std::string text_of(const std::optional<Instant>& time) { return time ? to_string(*time) : std::string(); }

std::string text_of(const std::optional<core::Label>& label) { return label ? label->text() : std::string(); }

template <class To>
void write_all(const std::vector<std::string>& values, To* to) {
  to->Assign(values.begin(), values.end());
}

void write(const core::Reason& reason, v1::Reason& out) {
  out.set_code(core::to_string(reason.code));
  out.set_clause(reason.clause);
  out.set_article(reason.article);
  out.set_subject(reason.subject);
}

template <class To>
void write_reasons(const std::vector<core::Reason>& reasons, To& out) {
  for (const auto& reason : reasons) write(reason, *out.add_reasons());
}

void write(const core::RuleFinding& finding, v1::RuleView& out) {
  out.set_rule(finding.rule);
  out.set_clause(finding.ground.clause);
  out.set_article(finding.ground.article);
  write_reasons(finding.reasons, out);
}

void write(const core::Ground& ground, v1::GroundView& out) {
  out.set_reason(core::to_string(ground.reason));
  out.set_clause(ground.clause);
  out.set_article(ground.article);
}

void write(const RecipientPreview& view, v1::RecipientPreview& out) {
  out.set_authority(view.authority);
  out.set_party(view.party);
  write_all(view.may, out.mutable_may());
  write_all(view.may_not, out.mutable_may_not());
  out.set_marking(view.marking);
  out.set_label(text_of(view.label));
}

void write(const DeliveryView& view, v1::DeliveryView& out) {
  out.set_recipient(view.recipient);
  out.set_stage(view.stage);
  out.set_time(text_of(view.time));
  out.set_attempts(view.attempts);
  out.set_next_attempt(text_of(view.next_attempt));
  write_reasons(view.reasons, out);
  out.set_waiting_for(view.waiting_for);
}

void write(const SourceView& view, v1::SourceView& out) {
  out.set_id(core::to_string(view.id));
  out.set_relation(core::to_string(view.relation));
  out.set_originator(view.originator);
  out.set_agreement(view.agreement);
  for (const auto& provider : view.providers) out.add_providers(provider);
  out.set_extent(view.extent.text());
  write_all(view.asked, out.mutable_asked());
}

void write_statement(const core::Message& m, v1::MessageView& out) {
  out.set_originator(m.originator);
  write_all(m.recipients, out.mutable_recipients());
  out.set_agreement(m.agreement);
  out.set_kind(m.kind);
  write_all(m.directions, out.mutable_directions());
  write_all(m.threats, out.mutable_threats());
  for (const auto& label : m.labels) out.add_labels(label.text());
  out.set_precedence(core::to_string(m.precedence));
  out.set_exercise(m.exercise);
  out.set_created(to_string(m.created));
  out.set_expires(text_of(m.expires));
  write_all(m.languages, out.mutable_languages());
  if (const auto first = core::reissue_of(m)) out.set_reissue_of(core::to_string(*first));
}

void write(const Check& check, v1::Check& out) {
  out.set_name(check.name);
  out.set_state(check.state);
  out.set_detail(check.detail);
}

void write(const core::Localized& text, v1::LocalizedText& out) {
  out.mutable_text()->insert(text.begin(), text.end());
}

const char* text_of(core::ItemKind kind) {
  switch (kind) {
    case core::ItemKind::threat:
      return "threat";
    case core::ItemKind::direction:
      return "direction";
    case core::ItemKind::concept_term:
      return "term";
    case core::ItemKind::definition:
      return "definition";
  }
  return "";
}

void write(const core::AgreementItem& item, v1::AgreementItemView& out) {
  out.set_code(item.code);
  out.set_kind(text_of(item.kind));
  out.set_article(item.article);
  write(item.text, *out.mutable_text());
  write(item.short_text, *out.mutable_short_text());
  out.set_confidence(item.confidence);
  out.set_note(item.note);
}

void write(const core::PartyStatus& status, v1::PartyStatusView& out) {
  out.set_party(status.party);
  out.set_in_force_from(to_string(status.in_force_from));
  out.set_in_force_to(text_of(status.in_force_to));
  out.set_example(status.example);
  out.set_source(status.source);
}

void write(const core::Deadline& deadline, v1::DeadlineView& out) {
  out.set_id(deadline.id);
  out.set_from(deadline.from);
  out.set_limit_days(deadline.limit_days);
  out.set_clause(deadline.clause);
}

void write(const core::LabelClass& one, v1::LabelClassView& out) {
  out.set_id(one.id);
  out.set_rank(one.rank);
  out.set_restricted(one.restricted);
  out.set_state_secret(one.state_secret);
  write(one.name, *out.mutable_name());
  write(one.marking, *out.mutable_marking());
  out.set_review_required(one.review_required);
  out.set_review_within_days(one.review_within_days);
}

void write(const core::LabelCategory& one, v1::LabelCategoryView& out) {
  out.set_id(one.id);
  out.set_kind(core::to_string(one.kind));
  write(one.name, *out.mutable_name());
  write(one.marking, *out.mutable_marking());
}

v1::SignatureBlock signature_block(const crypto::BatchSignature& signature) {
  Frame frame;
  frame.signatures = {signature};
  v1::PeerFrame message;
  to_proto(frame, message);
  return message.signatures(0);
}

std::string path_bytes(const crypto::Path& path) {
  std::string bytes;
  for (const auto& hash : path.hashes) bytes.append(as_text(hash.view()));
  return bytes;
}

}  // namespace

void to_proto(const core::Decision& decision, const std::string& agreement, v1::Refusal& out) {
  write_reasons(decision.reasons(), out);
  out.set_deferred(decision.verdict() == core::Verdict::defer);
  out.set_agreement(agreement);
}

void to_proto(const std::vector<core::Passage>& passages, v1::Refusal& out) {
  for (const auto& passage : passages) {
    auto& line = *out.add_passages();
    line.set_source(core::to_string(passage.source));
    line.set_number(passage.number);
    line.set_here(passage.here);
    line.set_there(passage.there);
  }
}

void to_proto(const Preview& view, v1::PreviewResponse& out) {
  out.set_plan(to_string(view.plan));
  for (const auto& recipient : view.recipients) write(recipient, *out.add_recipients());
  write_all(view.not_sent_to, out.mutable_not_sent_to());
  write_all(view.labels, out.mutable_labels());
  out.set_needs_approval(view.needs_approval);
  if (!view.decision.allowed()) to_proto(view.decision, view.agreement, *out.mutable_refusal());
  if (!view.passages.empty()) to_proto(view.passages, *out.mutable_refusal());
  out.set_statement(view.statement);
  for (const auto& finding : view.rules) write(finding, *out.add_rules());
}

void to_proto(const Accepted& view, v1::Accepted& out) {
  out.set_id(view.id);
  out.set_number(view.number);
  out.set_awaiting_approval(view.awaiting_approval);
  if (view.plan) out.set_plan(to_string(*view.plan));
  out.set_repeated(view.repeated);
}

void to_proto(const MessageView& view, v1::MessageView& out) {
  out.set_id(core::to_string(view.id));
  out.set_number(view.number);
  out.set_their_number(view.their_number);
  out.set_incoming(view.incoming);
  write_statement(view.message, out);
  out.set_restricted(view.restricted);
  out.set_own_marking(view.own_marking);
  out.set_own_label(text_of(view.own_label));
  out.set_handled(view.handled);
  out.set_recorded(to_string(view.recorded));
  out.set_stage(view.stage);
  for (const auto& delivery : view.deliveries) write(delivery, *out.add_deliveries());
  for (const auto& source : view.sources) write(source, *out.add_sources());
  for (const auto& provider : view.message.providers) out.add_providers(provider);
  write_all(view.asked, out.mutable_asked());
  out.set_cursor(view.cursor);
}

void to_proto(const DraftView& view, v1::DraftView& out) {
  out.set_name(draft_name(view.id));
  out.set_officer(view.officer);
  out.set_state(view.state);
  out.set_plan(to_string(view.plan));
  out.set_created(to_string(view.created));
  if (view.draft) to_proto(*view.draft, *out.mutable_draft());
  if (view.preview) to_proto(*view.preview, *out.mutable_preview());
  out.set_number(view.number);
}

void to_proto(const Listing& view, v1::ListResponse& out) {
  for (const auto& message : view.messages) to_proto(message, *out.add_messages());
  for (const auto& draft : view.drafts) to_proto(draft, *out.add_drafts());
  out.set_next(view.next);
}

namespace {

void write(const core::ConsentTerms& terms, v1::ConsentView& out) {
  for (const auto& authority : terms.to) out.add_to(authority);
  out.set_verb(core::to_string(terms.verb));
  out.set_extent(terms.extent.text());
  out.set_uses(terms.uses);
  out.set_from(to_string(terms.from));
  out.set_until(to_string(terms.until));
  out.set_mode(core::to_string(terms.mode));
}

void to_proto(const ConsentView& view, v1::ConsentView& out) {
  out.set_id(core::to_string(view.row.id));
  out.set_number(view.row.number);
  out.set_their_number(view.row.their_number);
  out.set_incoming(view.row.incoming);
  out.set_cursor(view.row.cursor);
  out.set_kind(view.message.kind);
  out.set_originator(view.message.originator);
  for (const auto& recipient : view.message.recipients) out.add_recipients(recipient);
  out.set_created(to_string(view.message.created));
  out.set_agreement(view.message.agreement);
  out.set_original(core::to_string(view.original));
  out.set_original_number(view.original_number);
  if (view.answers) out.set_answers(core::to_string(*view.answers));
  out.set_state(view.state);
  out.set_holder(view.holder);
  if (view.terms) write(*view.terms, out);
  if (view.onward) out.set_onward(core::to_string(*view.onward));
  if (view.paper) out.set_paper(to_string(*view.paper));
  if (view.disclosure) {
    out.add_to(view.disclosure->to);
    out.set_extent(view.disclosure->extent.text());
    out.set_verb(core::to_string(core::Verb::disclose));
  }
  out.set_used(view.used);
  if (view.effective) out.set_effective(to_string(*view.effective));
}

void to_proto(const TransferView& view, v1::TransferView& out) {
  out.set_holder(view.holder);
  out.set_receiver(view.receiver);
  out.set_carrier(core::to_string(view.carrier));
  if (view.grant) out.set_grant(core::to_string(*view.grant));
  out.set_grant_number(view.grant_number);
  if (view.relation) out.set_relation(core::to_string(*view.relation));
  out.set_extent(view.extent.text());
  out.set_time(to_string(view.time));
  out.set_state(core::to_string(view.state));
  if (view.reason) out.set_reason(core::to_string(*view.reason));
  out.set_ground(view.ground);
  if (view.waiting_hours) out.set_waiting_hours(*view.waiting_hours);
  if (view.detached_until) out.set_detached_until(to_string(*view.detached_until));
  if (view.report) out.set_report(core::to_string(*view.report));
}

}  // namespace

void to_proto(const ConsentListing& view, v1::ListConsentsResponse& out) {
  for (const auto& consent : view.consents) to_proto(consent, *out.add_consents());
  out.set_next(view.next);
}

void to_proto(const DisseminationView& view, v1::ShowDisseminationResponse& out) {
  to_proto(view.message, *out.mutable_message());
  for (const auto& transfer : view.transfers) to_proto(transfer, *out.add_transfers());
  if (!view.coverage) return;
  auto& coverage = *out.mutable_coverage();
  coverage.set_copies(view.coverage->copies);
  coverage.set_locked(view.coverage->locked);
  coverage.set_erased(view.coverage->erased);
  coverage.set_retained(view.coverage->retained);
  coverage.set_unanswered(view.coverage->unanswered);
  coverage.set_complete(view.coverage->complete);
}

void to_proto(const ErasureView& view, v1::EraseResponse& out) {
  out.set_id(core::to_string(view.id));
  out.set_number(view.number);
  out.set_state(view.state);
  out.set_copies(view.copies);
}

namespace {

void to_proto(const VersionView& view, v1::JointVersionView& out) {
  const auto& version = view.version;
  out.set_id(core::to_string(version.id));
  out.set_number(view.number_here);
  out.set_originator(view.originator);
  out.set_kind(view.kind);
  out.set_version(version.number);
  out.set_digest(to_string(version.digest));
  out.set_state(core::to_string(version.state));
  out.set_lapsed(view.lapsed);
  out.set_lapse(to_string(version.lapse));
  for (const auto& party : version.required) out.add_required(party);
  for (const auto& party : version.accepted) out.add_accepted(party);
  for (const auto& party : version.missing) out.add_missing(party);
  for (const auto& id : version.killed_by) out.add_killed_by(core::to_string(id));
  for (const auto& suite : view.suites) out.add_suites(suite);
}

void to_proto(const core::Evidence& evidence, v1::JointEvidenceView& out) {
  out.set_kind(core::to_string(evidence.kind));
  out.set_party(evidence.party);
  out.set_first(core::to_string(evidence.first));
  out.set_second(core::to_string(evidence.second));
  out.set_conclusive(core::conclusive(evidence.kind));
}

void to_proto(const SubjectView& view, v1::JointSubjectView& out) {
  out.set_agreement(view.subject.agreement);
  out.set_subject(view.subject.code);
  out.set_exercise(view.subject.exercise);
  if (view.in_force) out.set_in_force(to_string(*view.in_force));
  for (const auto& version : view.versions) to_proto(version, *out.add_versions());
  for (const auto& evidence : view.evidence) to_proto(evidence, *out.add_evidence());
}

}  // namespace

void to_proto(const JointActListing& view, v1::ListJointActsResponse& out) {
  for (const auto& subject : view.subjects) to_proto(subject, *out.add_subjects());
  for (const auto& one : view.required) {
    auto& required = *out.add_required();
    required.set_agreement(one.agreement);
    for (const auto& party : one.parties) required.add_parties(party);
    for (const auto& authority : one.authorities) required.add_authorities(authority);
  }
}

void to_proto(const ReadView& view, v1::ReadBody& out) {
  to_proto(view.message, *out.mutable_message());
  for (const auto& part : view.parts) {
    auto& shown = *out.add_parts();
    shown.ParseFromArray(part.data(), static_cast<int>(part.size()));
    if (shown.has_attachment()) shown.mutable_attachment()->clear_key();
  }
  for (const auto number : view.numbers) out.add_numbers(number);
  out.set_total(view.message.message.parts);
  for (const auto& check : view.checks) write(check, *out.add_checks());
  if (!view.original.empty()) to_proto(view.original.front(), *out.mutable_original());
  for (const auto& source : view.independent) {
    auto& line = *out.add_independent();
    line.set_message(core::to_string(source.id));
    line.set_reason(source.reason);
  }
}

void to_proto(const EvidenceView& view, v1::Evidence& out) {
  out.set_statement(view.statement.statement);
  *out.mutable_signature() = signature_block(view.statement.signature);
  out.set_leaf(view.statement.path.index);
  out.set_path(path_bytes(view.statement.path));
  out.set_certificate(std::string(as_text(view.certificate)));
  out.set_anchor(std::string(as_text(view.anchor)));
  out.set_name(view.name);
  for (const auto& label : view.labels) out.add_labels(label.text());
  out.set_own_label(text_of(view.own_label));
  if (!view.designation) return;
  const auto bytes = encode_designation(*view.designation);
  out.mutable_designation()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void to_proto(const UserView& view, v1::UserView& out) {
  out.set_name(view.user.name);
  out.set_role(core::to_string(view.user.role));
  out.set_clearance(view.user.clearance);
  write_all(view.user.categories, out.mutable_categories());
  out.set_certificate(to_string(view.certificate));
  out.set_certificate_until(to_string(view.until));
}

void to_proto(const PeerView& view, v1::PeerView& out) {
  out.set_authority(view.authority);
  out.set_party(view.party);
  out.set_state(core::to_string(view.state));
  out.set_connected(view.connected);
  out.set_last_contact(text_of(view.last_contact));
  out.set_queued(view.queued);
  out.set_certificate_until(text_of(view.certificate_until));
  out.set_anchor(to_string(view.anchor));
  out.set_endpoint(view.endpoint);
  write_all(view.agreements, out.mutable_agreements());
  out.set_serial(view.serial);
  out.set_seal_key_until(text_of(view.seal_key_until));
  out.set_skew_ms(view.skew_ms);
  out.set_last_error(view.last_error);
  out.set_parked(view.parked);
  out.set_reason(view.reason);
  for (const auto& successor : view.successors) {
    auto& one = *out.add_successors();
    one.set_authority(successor.authority);
    one.set_from(to_string(successor.from));
  }
}

void to_proto(const StatusView& view, v1::StatusResponse& out) {
  out.set_authority(view.authority);
  out.set_party(view.party);
  out.set_version(view.version);
  out.set_started(to_string(view.started));
  out.set_unread(view.unread);
  out.set_waiting_drafts(view.waiting_drafts);
  out.set_queued(view.queued);
  out.set_journal_size(view.journal_size);
  out.set_checkpoint(to_string(view.checkpoint));
  out.set_conflicts(view.conflicts);
  for (const auto& peer : view.peers) to_proto(peer, *out.add_peers());
  out.set_data(to_string(view.data));
  out.set_caller(view.caller.name);
  out.set_role(core::to_string(view.caller.role));
  out.set_rejected(view.rejected);
  out.set_parked(view.parked);
}

void to_proto(const std::vector<LabelCheck>& checks, v1::CheckLabelResponse& out) {
  for (const auto& check : checks) {
    auto& one = *out.add_checks();
    one.set_recipient(check.recipient);
    one.set_allowed(check.decision.allowed());
    write_reasons(check.decision.reasons(), one);
    one.set_marking(check.marking);
  }
}

void to_proto(const core::Agreement& agreement, v1::AgreementView& out) {
  out.set_id(agreement.id);
  out.set_version(agreement.version);
  write(agreement.title, *out.mutable_title());
  out.set_signed_on(agreement.signed_on);
  out.set_signed_at(agreement.signed_at);
  write_all(agreement.parties, out.mutable_parties());
  for (const auto& status : agreement.status) write(status, *out.add_status());
  write_all(agreement.languages_any, out.mutable_languages_any());
  out.set_bars_state_secrets(agreement.bars_state_secrets);
  out.set_protects_restricted(agreement.protects_restricted);
  out.set_designation_channel(agreement.designation_channel);
  for (const auto& item : agreement.items) write(item, *out.add_items());
  for (const auto& [number, text] : agreement.articles) write(text, (*out.mutable_articles())[number]);
  for (const auto& deadline : agreement.deadlines) write(deadline, *out.add_deadlines());
  for (const auto& ground : agreement.grounds) write(ground, *out.add_grounds());
}

void to_proto(const core::LabelPolicy& policy, bool own, v1::LabelPolicyView& out) {
  out.set_id(policy.id);
  out.set_version(policy.version);
  out.set_party(policy.party);
  out.set_example(policy.example);
  for (const auto& one : policy.classes) write(one, *out.add_classes());
  for (const auto& one : policy.categories) write(one, *out.add_categories());
  out.set_digest(to_string(policy.digest));
  out.set_own(own);
}

}  // namespace chancery::wire

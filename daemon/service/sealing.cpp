#include "daemon/service/sealing.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/core/kind.h"
#include "daemon/core/registry_number.h"
#include "daemon/service/carried.h"
#include "daemon/service/gate.h"
#include "daemon/service/numbering.h"
#include "daemon/service/permit_issuing.h"
#include "daemon/service/views.h"
#include "daemon/wire/body.h"
#include "daemon/wire/draft.h"

namespace chancery::service {

namespace {

// What a part, a wrap and a statement with its proof take on the wire beside their text, amply.
constexpr std::size_t kPartOverhead = 64, kWrapSize = 192, kProofSize = 1536, kItemOverhead = 4096, kConsentSize = 8192;
constexpr std::size_t kPartProofSize = 128;

constexpr std::string_view kDraftAad = "draft";

// What a daemon reports by itself leaves no gaps in what people number.
std::string series_of(const Node& node, const core::Message& message) {
  const auto* kind = core::find_kind(message.kind);
  const bool report = kind != nullptr && kind->released_by == core::ReleasedBy::daemon;
  return report ? std::string(core::kReportPrefix) : node.identity.number_series;
}

bool is_forward(const core::Message& message) { return message.kind == "forward" && !message.sources.empty(); }

// A key and two leaf hashes a part are the most an extract adds.
std::size_t carried_size(const store::MessageRecord& original) {
  auto size = original.wraps.size() + kWrapSize;
  for (const auto& ciphertext : original.ciphertexts) size += ciphertext.size() + kPartOverhead + kPartProofSize;
  return size + original.omitted.size() * kPartProofSize;
}

// What a detached grant of ours has the key of: it goes with the grant, to everybody it names. Null for everything
// else.
const store::MessageRecord* detached_original(const core::Message& message, const HeldSources& sources) {
  if (message.kind != "consent-grant") return nullptr;
  const auto statement = core::read_consent({}, message);
  const auto* grant = statement.has_value() ? std::get_if<core::Grant>(&*statement) : nullptr;
  if (grant == nullptr || !grant->is_detached()) return nullptr;
  const auto* original = sources.record(grant->terms.original);
  return original != nullptr && original->direction == store::Direction::outgoing ? original : nullptr;
}

// A fact, and a wrap of at most as many keys as the original has parts, for each.
std::size_t granted_size(const core::Message& message, const store::MessageRecord& original) {
  return message.recipients.size() * (2 * kWrapSize + original.ciphertexts.size() * crypto::kContentKeySize);
}

// What is not deliverable in one frame must not be signed.
bool fits_a_frame(const core::Draft& draft, const core::Message& message, const HeldSources& sources) {
  auto size = message.to_text().size() + kItemOverhead + kProofSize + message.recipients.size() * kWrapSize;
  for (const auto& part : draft.parts) size += part.size() + kPartOverhead;
  // Beside each source, the grant it may go on under and a permit with its wrap.
  for (const auto& source : sources.closure(message)) size += source.statement.size() + kProofSize + kConsentSize;
  for (const auto& shown : sources.shown_beside(message)) size += shown.statement.size() + kProofSize;
  const auto* original = is_forward(message) ? sources.record(message.sources.front().id) : nullptr;
  if (original != nullptr) size += carried_size(*original);
  const auto* granted = detached_original(message, sources);
  if (granted != nullptr) size += granted_size(message, *granted);
  return size + wire::kFrameSlack <= wire::kMaxFrame;
}

Result<Bytes> wrap_for(store::Transaction& tx, const std::string& recipient, Instant at, BytesView content_key,
                       const Digest& header) {
  const auto* key = tx.directory().seal_key(recipient, at);
  if (key == nullptr) return fail(Errc::unavailable, "no seal key of " + recipient);
  auto* context = TRY(tx.wrapping_context(*key));
  return TRY(crypto::wrap_key(*context, key->id(), content_key, header)).to_bytes();
}

// What opens the extent: the content key, or the keys of these parts alone.
Result<crypto::SecretBytes> key_for(const Node& node, const store::MessageRecord& original,
                                    const core::Message& message, const core::Extent& extent) {
  if (extent.is_all()) return crypto::open_at_rest(node.storage_key.view(), original.id.view(), original.sealed_key);
  const auto held = TRY(held_extract(node, original, message));
  const auto header = core::header_digest(original.statement.statement);
  return std::move(TRY(crypto::narrow(held, commitments_of(message), header, extent.parts)).keys);
}

// Of a forward: the original's key for those the originator did not wrap it for. Only the gate asks whether the
// original allows it; a receiver asks again (protocol section 3).
Result<Bytes> wrap_original(const Node& node, store::Transaction& tx, const store::MessageRecord& original,
                            core::Message& forward) {
  const auto message = TRY(core::Message::parse(original.statement.statement));
  const auto header = core::header_digest(original.statement.statement);
  const auto extent = forwarded_extent(forward);
  Bytes all;
  for (const auto& recipient : forward.recipients) {
    if (!needs_forwarder_wrap(message, extent, recipient)) continue;
    const auto key = TRY(key_for(node, original, message, extent));
    const auto wrap = TRY(wrap_for(tx, recipient, forward.created, key.view(), header));
    forward.facts.push_back({std::string(core::kWrapFact), to_string(crypto::sha256(wrap))});
    append(all, wrap);
  }
  std::sort(forward.facts.begin(), forward.facts.end());
  return all;
}

// Of a detached grant: the original's key for everybody it names, and the facts that name these wraps. They are bound
// to the terms; no carrier is known yet.
Result<Bytes> wrap_granted(const Node& node, store::Transaction& tx, const store::MessageRecord& original,
                           core::Message& message) {
  const auto terms = core::terms_digest(message);
  const auto grant = std::get<core::Grant>(TRY(core::read_consent({}, message)));
  Bytes all;
  for (const auto& receiver : grant.terms.to) {
    const auto* key = tx.directory().seal_key(receiver, message.created);
    if (key == nullptr) return fail(Errc::unavailable, "no seal key of " + receiver);
    const auto wrap = TRY(rewrap(node, original, grant.terms.extent, *key, terms.view(), {}));
    const core::GrantWrap named{receiver, key->id(), crypto::sha256(wrap)};
    message.facts.push_back({std::string(core::kWrapFact), named.text()});
    append(all, wrap);
  }
  std::sort(message.facts.begin(), message.facts.end());
  return all;
}

struct Wrapped {
  crypto::SealedBody body;
  Bytes wraps;
};

// Fills in what the statement says about the body.
Result<Wrapped> seal_parts(store::Transaction& tx, const std::vector<Bytes>& parts, core::Message& message) {
  const auto header = core::header_digest(message.to_text());
  Wrapped out{TRY(crypto::seal_body(parts, header, tx.random())), {}};
  for (const auto& recipient : message.recipients)
    append(out.wraps, TRY(wrap_for(tx, recipient, message.created, out.body.content_key.view(), header)));
  message.body_root = out.body.commitments.body_root;
  message.cek_commit = out.body.commitments.cek_commit;
  message.cipher_root = out.body.commitments.cipher_root;
  message.wraps = crypto::sha256(out.wraps);
  return out;
}

// Nothing is signed that others could not read.
Result<std::string> statement_of(const core::Message& message) {
  auto text = message.to_text();
  const auto parsed = core::Message::parse(text);
  if (!parsed.has_value()) return fail(Errc::internal, "own statement: " + parsed.error().detail);
  return text;
}

// What was done with a message stands among the entries about it: the next one commits to it (protocol section 10).
Result<void> note_sources(store::Transaction& tx, const core::Message& message, const core::JournalEntry& released) {
  for (const auto& line : message.sources) {
    core::JournalEntry entry;
    entry.actor = released.actor;
    entry.act = core::Act::used;
    entry.message = line.id;
    entry.data = released.data;
    entry.content = released.content;
    TRY(tx.append(std::move(entry)));
  }
  return {};
}

// What an approver signed of texts that are said to come from elsewhere: the reason is kept, and stands in the journal
// among the entries about the message it is said not to come from.
Result<void> note_independent(const Node& node, store::Transaction& tx, const core::Draft& draft,
                              const store::MessageRecord& released, const std::string& actor,
                              const std::optional<Digest>& data) {
  for (const auto& source : draft.independent) {
    core::JournalEntry entry;
    entry.actor = actor;
    entry.act = core::Act::independent;
    entry.message = source.id;
    entry.subject = released.number;
    entry.data = data;
    entry.content = crypto::sha256(as_bytes(source.reason));
    const auto sealed =
        crypto::seal_at_rest(node.storage_key.view(), released.id.view(), as_bytes(source.reason), tx.random());
    CHECK_OK(tx.record_independent({released.id, source.id, sealed}, entry));
  }
  return {};
}

// What goes with the message: its own attachments, and of an original those of the parts that it carries.
Result<std::vector<store::Attached>> attached(const Node& node, const core::Message& message,
                                              const store::MessageRecord* original) {
  std::vector<store::Attached> all;
  for (const auto& line : message.attachments) all.push_back({line.cipher_root, false});
  if (original == nullptr) return all;
  const auto carried = TRY(core::Message::parse(original->statement.statement));
  if (carried.attachments.empty()) return all;
  const auto extent = forwarded_extent(message);
  const auto parts = TRY(open_held(node, *original, carried));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = original->extent.is_all() ? static_cast<std::uint32_t>(i) : original->extent.parts[i];
    const auto manifest = wire::manifest_of(parts[i]);
    if (manifest && extent.contains(core::Extent{{number}})) all.push_back({manifest->line.cipher_root, true});
  }
  return all;
}

Result<void> record(store::Transaction& tx, const store::MessageRecord& record, const Composed& composed,
                    core::JournalEntry entry) {
  const auto& message = composed.message;
  const auto leaf = TRY(tx.sign(record.statement.statement));
  entry.act = core::Act::released;
  entry.decision = core::to_string(core::Verdict::allow);
  entry.message = record.id;
  TRY(tx.record_outbound(record, leaf, entry));
  CHECK_OK(note_sources(tx, message, entry));
  const auto waiting_for = [&](const std::string& recipient) -> std::string {
    if (composed.by_permit.contains(recipient)) return core::to_string(core::ReasonCode::permit_awaited);
    return message.attachments.empty() ? "" : core::to_string(core::ReasonCode::attachment_incomplete);
  };
  for (const auto& recipient : message.recipients)
    TRY(tx.record_dispatch(recipient, core::DispatchMessage{record.id}, message.precedence, waiting_for(recipient)));
  return {};
}

bool is_protected(const core::World& world, const core::Message& message) {
  const auto* agreement = world.agreements.find(message.agreement, message.agreement_version);
  return agreement == nullptr || (agreement->protects_restricted && core::is_restricted(world, message));
}

wire::RecipientPreview recipient_of(const core::World& world, const core::Message& message,
                                    const std::string& recipient) {
  wire::RecipientPreview out{recipient, {}, {"read", "acknowledge", "answer"}, {}, {}, {}};
  (is_protected(world, message) ? out.may_not : out.may).emplace_back("forward");
  const auto* designation = world.directory.designation(recipient, world.now);
  if (designation == nullptr) return out;
  out.party = designation->party;
  const auto* policy = world.agreements.labels().of_party(designation->party);
  out.marking = marking_under(policy, message);
  if (policy != nullptr) out.label = world.agreements.labels().regard_all(*policy, message.labels);
  return out;
}

bool takes_part(const core::World& world, const std::string& authority, const std::string& agreement) {
  const auto* designation = world.directory.designation(authority, world.now);
  return designation != nullptr && std::find(designation->agreements.begin(), designation->agreements.end(),
                                             agreement) != designation->agreements.end();
}

std::vector<std::string> others(const core::World& world, const core::Message& message) {
  std::vector<std::string> out;
  for (const auto& [authority, entry] : world.directory.entries())
    if (!core::audience(message).contains(authority) && takes_part(world, authority, message.agreement))
      out.push_back(authority);
  return out;
}

// The statement without what only the sealing act knows.
std::string lines_at_preview(const core::Message& message) {
  std::string out;
  const auto text = message.to_text();
  for (const auto line : core::split(std::string_view(text).substr(0, text.size() - 1), '\n')) {
    const auto name = line.substr(0, line.find(' '));
    if (name == "parts") break;
    if (name != "created") out.append(line).append("\n");
  }
  return out;
}

core::RuleFinding finding(const core::World& world, const core::Message& message, const char* rule,
                          core::ReasonCode ground, core::Decision found) {
  const auto* agreement = world.agreements.find(message.agreement, message.agreement_version);
  return {rule, agreement != nullptr ? agreement->reason(ground) : core::Reason{ground, {}, {}, {}}, found.reasons()};
}

// What only this daemon can look at: texts it holds, marks it made, parts it has.
std::vector<core::RuleFinding> beside_core(const core::World& world, const core::Draft& draft, const Composed& composed,
                                           const HeldSources& sources, const core::Quotes& quotes) {
  const auto& message = composed.message;
  core::Decision parts;
  if (!fits_a_frame(draft, message, sources)) parts.add({core::ReasonCode::limit_exceeded, {}, {}, "parts"});
  if (is_forward(message)) {
    const auto& line = message.sources.front();
    const auto* held = sources.record(line.id);
    if (held != nullptr && !held->extent.contains(line.extent))
      parts.add({core::ReasonCode::part_not_held, {}, {}, line.id.short_text()});
  }
  return {finding(world, message, "quotation", core::ReasonCode::quote_undeclared,
                  quotation_gate(world, message, sources.lookup(), draft.independent, quotes)),
          finding(world, message, "handling", core::ReasonCode::label_laxer,
                  core::decide_use(world, message, composed.handling)),
          finding(world, message, "parts", core::ReasonCode::part_not_held, parts)};
}

}  // namespace

Result<core::Decision> shut_sources(const Node& node, const core::Message& message, const HeldSources& sources) {
  core::Decision out;
  auto ids = core::gives_out(message.kind) ? named_by_facts(message.facts) : std::vector<core::MessageId>();
  for (const auto& line : message.sources) ids.push_back(line.id);
  for (const auto& id : ids) {
    const auto* held = sources.record(id);
    if (held == nullptr) continue;
    if (held->sealed_key.empty())
      out.add({core::ReasonCode::no_longer_held, {}, {}, id.short_text()});
    else if (TRY(node.store.reader().locked(id)))
      out.add({core::ReasonCode::copy_locked, {}, {}, id.short_text()});
  }
  return out;
}

std::vector<core::MessageId> needed_ids(const core::Draft& draft) {
  auto ids = named_by_facts(draft.facts);
  for (const auto& source : draft.sources) ids.push_back(source.id);
  // What is permitted may be here beside the request alone.
  if (draft.kind == "consent-grant" && draft.in_reply_to) ids.push_back(*draft.in_reply_to);
  return ids;
}

Result<Composed> compose(const core::World& world, const core::Draft& draft, const HeldSources& sources,
                         const StatementsAbout& about, const core::Quotes& quotes) {
  Composed out{core::compose(world, draft, sources.lookup()), {}, {}, false};
  out.handling = sources.handling(out.message);
  out.plan = core::plan_digest(out.message, wire::part_digests(draft), draft.independent);
  const auto consents = TRY(consents_for(world.directory, out.message, sources.lookup(), about));
  out.decision = release_gate(world, out.message, sources.lookup(), consents);
  out.beside = beside_core(world, draft, out, sources, quotes);
  for (const auto& finding : out.beside)
    for (const auto& reason : finding.reasons) out.decision.add(reason);
  if (is_forward(out.message)) {
    const auto* original = sources.lookup()(out.message.sources.front().id);
    out.wraps_original = original != nullptr && wrap_gate(world, original->message, out.message.created);
  }
  for (const auto& need : core::consent_needs(world, out.message, sources.lookup())) {
    const auto covered = core::covering_grant(consents, need, out.message.originator, out.message.created);
    const auto* const* grant = std::get_if<const core::Grant*>(&covered);
    if (grant == nullptr || !(*grant)->is_detached()) out.by_permit.insert(need.receiver);
  }
  if (const auto* granted = detached_original(out.message, sources); granted != nullptr && granted->sealed_key.empty())
    out.decision.add({core::ReasonCode::no_longer_held, {}, {}, world.self});
  const auto* kind = core::find_kind(out.message.kind);
  out.restricted = core::is_restricted(world, out.message);
  out.needs_approval = out.restricted || !draft.independent.empty() ||
                       (kind != nullptr && kind->released_by == core::ReleasedBy::approver);
  return out;
}

Bytes seal_draft(const Node& node, const core::Draft& draft, crypto::RandomSource& random) {
  return crypto::seal_at_rest(node.storage_key.view(), as_bytes(kDraftAad), wire::encode_draft(draft), random);
}

Result<core::Draft> open_draft(const Node& node, BytesView sealed) {
  const auto bytes = TRY(crypto::open_at_rest(node.storage_key.view(), as_bytes(kDraftAad), sealed));
  return wire::decode_draft(bytes.view(), wire::full_id, uploaded(node, {}));
}

wire::ResolveAttachment uploaded(const Node& node, const std::string& officer) {
  return [&node, officer](const Digest& root) -> Result<wire::Uploaded> {
    auto record = TRY(node.store.reader().attachment(root));
    if (!record || record->officer.empty() || (!officer.empty() && record->officer != officer))
      return fail(Errc::not_found, to_string(root));
    const auto part = TRY(crypto::open_at_rest(node.storage_key.view(), root.view(), record->sealed_manifest));
    return wire::Uploaded{Bytes(part.view().begin(), part.view().end()), std::move(record->plain)};
  };
}

Result<std::vector<Bytes>> open_held(const Node& node, const store::MessageRecord& record,
                                     const core::Message& message) {
  const auto held = TRY(held_extract(node, record, message));
  const auto header = core::header_digest(record.statement.statement);
  std::vector<Bytes> parts;
  for (auto& part : TRY(crypto::open_extract(held.extract, commitments_of(message), held.keys.view(), header)))
    parts.push_back(std::move(part.content));
  return parts;
}

Result<wire::Preview> preview_of(const Node& node, const core::World& world, const Composed& composed,
                                 const HeldSources& sources) {
  const auto& message = composed.message;
  wire::Preview out;
  out.plan = composed.plan;
  for (const auto& recipient : message.recipients) out.recipients.push_back(recipient_of(world, message, recipient));
  out.not_sent_to = others(world, message);
  for (const auto& label : message.labels) out.labels.push_back(label.text());
  out.needs_approval = composed.needs_approval;
  out.decision = composed.decision;
  out.agreement = message.agreement;
  out.statement = lines_at_preview(message);
  const auto consents = TRY(consents_for(world.directory, message, sources.lookup(), statements_about(node.store)));
  out.rules = core::explain_release(world, message, sources.lookup(), consents);
  out.rules.insert(out.rules.end(), composed.beside.begin(), composed.beside.end());
  const auto shut = TRY(shut_sources(node, message, sources));
  for (const auto& reason : shut.reasons()) out.decision.add(reason);
  out.rules.push_back(finding(world, message, "copy", core::ReasonCode::copy_locked, shut));
  return out;
}

Result<wire::Accepted> seal(const Node& node, store::Transaction& tx, const core::Draft& draft,
                            const Composed& composed, const HeldSources& sources, core::JournalEntry entry) {
  auto message = composed.message;
  store::MessageRecord out;
  out.number = TRY(next_number(tx, series_of(node, message)));
  const auto* original = is_forward(message) ? sources.record(message.sources.front().id) : nullptr;
  if (original != nullptr) {
    out.original = original->id;
    if (composed.wraps_original) out.made_wraps = TRY(wrap_original(node, tx, *original, message));
  }
  auto parts = draft.parts;
  parts.push_back(wire::registry_part(out.number));
  message.parts = static_cast<std::uint32_t>(parts.size());
  if (const auto* granted = detached_original(message, sources))
    out.made_wraps = TRY(wrap_granted(node, tx, *granted, message));
  auto sealed = TRY(seal_parts(tx, parts, message));
  out.statement.statement = TRY(statement_of(message));
  const auto digest = core::statement_digest(out.statement.statement);
  out.id = core::message_id(digest, message.created);
  out.ciphertexts = std::move(sealed.body.ciphertexts);
  out.wraps = std::move(sealed.wraps);
  out.sealed_key =
      crypto::seal_at_rest(node.storage_key.view(), out.id.view(), sealed.body.content_key.view(), tx.random());
  out.recorded = tx.now();
  out.sources = sources.closure(message);
  for (auto& shown : sources.shown_beside(message)) out.sources.push_back(std::move(shown));
  file_statement(message, out);
  // Who gets a reissue learns by it who has the first one.
  if (const auto first = core::reissue_of(message)) out.sources.push_back(TRY(tx.load_message(*first)).statement);
  if (!composed.restricted) out.open_under = entry.data;
  entry.plan = composed.plan;
  entry.content = digest;
  const auto data = entry.data;
  const auto actor = entry.actor;
  CHECK_OK(record(tx, out, composed, std::move(entry)));
  CHECK_OK(tx.attach(out.id, TRY(attached(node, message, original))));
  CHECK_OK(note_independent(node, tx, draft, out, actor, data));
  return wire::Accepted{core::to_string(out.id), out.number, false, composed.plan, false};
}

}  // namespace chancery::service

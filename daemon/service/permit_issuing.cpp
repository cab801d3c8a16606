#include "daemon/service/permit_issuing.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/service/permits.h"
#include "daemon/service/quota.h"

namespace chancery::service {

namespace {

// Signed by us, or by a predecessor and held here.
Result<std::optional<core::Grant>> grant_of_ours(const Node& node, store::Transaction& tx, const core::MessageId& id) {
  const auto row = TRY(tx.find_message(id));
  if (!row || row->direction == store::Direction::carried) return std::optional<core::Grant>();
  const auto statement = core::read_consent(id, TRY(core::Message::parse(row->statement)));
  const auto* grant = statement.has_value() ? std::get_if<core::Grant>(&*statement) : nullptr;
  if (grant == nullptr) return std::optional<core::Grant>();
  const auto line = core::succession_of(tx.directory(), grant->provider);
  return line.has_answered(node.identity.authority, tx.now()) ? std::optional(*grant) : std::optional<core::Grant>();
}

// What we never saw may have been granted by one of these.
bool has_predecessor(const core::Directory& directory, const std::string& self, Instant now) {
  const auto& all = directory.entries();
  return std::any_of(all.begin(), all.end(), [&](const auto& one) {
    return one.first != self && core::answering(directory, one.first, now) == self;
  });
}

// Whether the step takes a wrap of ours, and whether we have the key for it. A wrap is of the original's originator or
// of who answers for it; whose original is not here cannot be told.
struct Wrapping {
  bool is_asked = false;
  bool key_held = true;
};
Result<Wrapping> wrapping_of(const Node& node, const core::Directory& directory, const core::PermitRequest& request,
                             const Result<store::MessageRecord>& original, Instant now) {
  Wrapping out;
  if (request.verb != core::Verb::transfer || request.relation != core::Relation::forwards) return out;
  if (!original.has_value()) return Wrapping{false, false};
  const auto message = TRY(core::Message::parse(original->statement.statement));
  out.is_asked = core::answering(directory, message.originator, now) == node.identity.authority;
  out.key_held = !out.is_asked || (!original->sealed_key.empty() && original->extent.is_all());
  return out;
}

core::JournalEntry entry_of(const Node& node, const std::string& holder, const core::PermitRequest& request) {
  core::JournalEntry entry;
  entry.actor = "peer:" + holder;
  entry.message = request.original;
  entry.subject = request.receiver;
  entry.data = node.agreements()->digest();
  return entry;
}

// The same bytes while they still have some minutes to run.
bool is_still_good(const std::optional<store::PermitRecord>& record, const core::Grant& grant, Instant now) {
  return record && lasts(record->permit, grant.terms.until, now);
}

Result<Issued> sign(const Node& node, store::Transaction& tx, const std::string& holder,
                    const core::PermitRequest& request, const core::Grant& grant, Bytes wrap) {
  Issued out;
  auto& permit = out.record.permit;
  permit.provider = node.identity.authority;
  permit.grant = request.grant;
  permit.original = request.original;
  permit.carrier = core::to_string(request.carrier);
  permit.relation = request.relation;
  permit.holder = holder;
  permit.receiver = request.permitted_receiver();
  permit.verb = request.verb;
  permit.extent = request.extent;
  permit.from = tx.now();
  permit.until = std::min(tx.now() + core::kPermitLife, grant.terms.until);
  if (!wrap.empty()) permit.wrap = crypto::sha256(wrap);
  permit.salt = tx.random().bytes(crypto::kSaltSize);
  out.record.wrap = std::move(wrap);
  out.record.statement.statement = permit.to_text();
  out.leaf = TRY(tx.sign(out.record.statement.statement));
  auto entry = entry_of(node, holder, request);
  entry.act = core::Act::permit_issued;
  entry.decision = core::to_string(core::Verdict::allow);
  entry.content = core::statement_digest(out.record.statement.statement);
  CHECK_OK(tx.record_permit(out.record, out.leaf, entry));
  return out;
}

// Whether a disclosure that its holder told us of says what is asked; who was not told yet waits for it.
Result<std::optional<core::ReasonCode>> why_not_disclosed(const core::World& world, store::Transaction& tx,
                                                          const std::string& holder,
                                                          const core::PermitRequest& request) {
  using None = std::optional<core::ReasonCode>;
  const auto row = TRY(tx.find_message(request.carrier));
  if (!row) {
    const auto receipts = TRY(tx.receipts(request.carrier));
    const bool refused = std::any_of(receipts.begin(), receipts.end(), [&](const store::ReceiptRecord& record) {
      return record.receipt.receiver == world.self && record.receipt.stage == core::Stage::refused;
    });
    return None(refused ? core::ReasonCode::consent_scope : core::ReasonCode::not_now);
  }
  const auto message = TRY(core::Message::parse(row->statement));
  const auto sources = TRY(HeldSources::gather({request.carrier, request.original},
                                               [&tx](const core::MessageId& id) { return tx.load_message(id); }));
  const auto needs = core::consent_needs(world, message, sources.lookup());
  const bool told = std::any_of(needs.begin(), needs.end(), [&](const core::ConsentNeed& need) {
    return need.verb == core::Verb::disclose && need.original->id == request.original &&
           need.relation == request.relation && need.extent == request.extent && need.receiver == request.receiver &&
           need.answering(world.now) == world.self;
  });
  const bool by_holder = row->direction == store::Direction::incoming && message.originator == holder;
  return told && by_holder ? None() : None(core::ReasonCode::consent_scope);
}

Result<Issued> refuse(const Node& node, store::Transaction& tx, const std::string& holder,
                      const core::PermitRequest& request, core::Decision decision, Quota& refusals) {
  Issued out;
  out.decision = std::move(decision);
  // Nothing is decided yet: it comes again, and leaves no entry each time.
  if (may_change(out.decision)) return out;
  auto entry = entry_of(node, holder, request);
  entry.act = core::Act::permit_refused;
  entry.decision = core::to_string(out.decision.verdict());
  entry.reasons = out.decision.codes();
  auto told = request.to_text();
  for (const auto& code : entry.reasons) told += code + "\n";
  switch (refusals.take(holder, crypto::sha256(as_bytes(told)), tx.now())) {
    case Quota::Place::first:
      TRY(tx.append(std::move(entry)));
      break;
    case Quota::Place::again:
      break;
    case Quota::Place::beyond:
      node.log(LogLevel::warning, "permit-requests", holder);
      out.decision = {};
      out.decision.add({core::ReasonCode::not_now, {}, {}, {}});
      break;
  }
  return out;
}

}  // namespace

// Nothing stands in the way but what is deferred, a key that is not there yet, a beginning, or that another answers by
// now.
bool may_change(const core::Decision& decision) {
  const auto& reasons = decision.reasons();
  return std::all_of(reasons.begin(), reasons.end(), [](const core::Reason& reason) {
    return core::outcome_of(reason.code) == core::Verdict::defer ||
           reason.code == core::ReasonCode::recipient_key_missing || reason.code == core::ReasonCode::consent_not_yet ||
           reason.code == core::ReasonCode::succeeded;
  });
}

Result<void> note_report(store::Transaction& tx, const core::MessageId& id, const core::Message& message) {
  if (message.kind != "transfer-report") return {};
  const auto statement = TRY(core::read_consent(id, message));
  const auto* report = std::get_if<core::TransferReport>(&statement);
  if (report == nullptr) return {};
  return tx.record_reported(report->original, report->carrier, message.originator, report->refused.has_value());
}

Result<Bytes> rewrap(const Node& node, const store::MessageRecord& original, const core::Extent& extent,
                     const core::SealKey& key, BytesView grant, BytesView carrier) {
  const auto content_key = TRY(crypto::open_at_rest(node.storage_key.view(), original.id.view(), original.sealed_key));
  const auto opens = extent.is_all() ? content_key.clone() : crypto::part_keys(content_key.view(), extent.parts);
  const auto text = extent.text();
  const crypto::RewrapContext context{node.identity.authority, grant, carrier, original.id.view(), text};
  const auto recipient = TRY(crypto::PublicKey::from_spki(key.public_key));
  return TRY(crypto::rewrap_key(recipient, key.id(), context, opens.view())).to_bytes();
}

Result<Issued> issue_permit(const Node& node, store::Transaction& tx, const std::string& holder,
                            const core::PermitRequest& request, Quota& refusals) {
  const auto grant = TRY(grant_of_ours(node, tx, request.grant));
  // Not his to use: answered, and nothing more is looked at or written.
  if (!grant || grant->holder != holder || grant->terms.original != request.original) {
    const auto& self = node.identity.authority;
    Issued none;
    if (!grant && has_predecessor(tx.directory(), self, tx.now()))
      none.decision.add({core::ReasonCode::no_longer_held, {}, {}, self});
    else
      none.decision.add({core::ReasonCode::consent_required, {}, {}, request.receiver});
    return none;
  }
  const auto original = tx.load_message(request.original);
  if (!original.has_value() && original.error().code != Errc::not_found) return tl::unexpected(original.error());
  const store::PermittedUse use{request.grant, request.carrier, request.permitted_receiver()};
  const auto* key = tx.directory().seal_key(request.receiver, tx.now());
  const bool transfers = request.verb == core::Verb::transfer;
  const auto wrapping = TRY(wrapping_of(node, tx.directory(), request, original, tx.now()));

  core::GrantStanding standing;
  standing.grant = &*grant;
  if (original.has_value()) {
    const auto message = TRY(core::Message::parse(original->statement.statement));
    standing.agreement = message.agreement;
    standing.parts = message.parts;
  }
  standing.revoked = TRY(is_revoked(tx.directory(), *grant, statements_about(tx)));
  standing.used_by_this = TRY(tx.is_permitted(use));
  standing.used = TRY(tx.permitted_uses(request.grant));
  standing.key_held = wrapping.key_held;
  standing.receiver_key = !transfers || key != nullptr;
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  auto decision = core::decide_permit(world, holder, request, standing);
  if (decision.allowed() && !transfers)
    if (const auto why = TRY(why_not_disclosed(world, tx, holder, request)))
      decision.add({*why, {}, {}, request.receiver});
  if (!decision.allowed()) return refuse(node, tx, holder, request, std::move(decision), refusals);

  // One that was given back is spent again, by another permit.
  if (auto known = TRY(tx.permit_of_use(use)); standing.used_by_this && is_still_good(known, *grant, tx.now())) {
    Issued out;
    out.record = std::move(*known);
    return out;
  }
  auto wrap = wrapping.is_asked
                  ? TRY(rewrap(node, *original, request.extent, *key, request.grant.view(), request.carrier.view()))
                  : Bytes();
  return sign(node, tx, holder, request, *grant, std::move(wrap));
}

}  // namespace chancery::service

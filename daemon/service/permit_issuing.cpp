#include "daemon/service/permit_issuing.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/core/standing.h"
#include "daemon/service/copies.h"
#include "daemon/service/permits.h"
#include "daemon/service/quota.h"

namespace chancery::service {

namespace {

struct OwnGrant {
  core::Grant grant;
  std::optional<core::MessageId> answers;  // the request
};

// Signed by us, or by a predecessor and held here.
Result<std::optional<OwnGrant>> grant_of_ours(const Node& node, store::Transaction& tx, const core::MessageId& id) {
  using None = std::optional<OwnGrant>;
  const auto row = TRY(tx.find_message(id));
  if (!row || row->direction == store::Direction::carried) return None();
  const auto message = TRY(core::Message::parse(row->statement));
  const auto statement = core::read_consent(id, message);
  const auto* grant = statement.has_value() ? std::get_if<core::Grant>(&*statement) : nullptr;
  if (grant == nullptr) return None();
  const auto line = core::succession_of(tx.directory(), grant->provider);
  return line.has_answered(node.identity.authority, tx.now()) ? None({*grant, message.in_reply_to}) : None();
}

// What is permitted: held, or beside the request. A provider need not have what it provided a part of.
Result<std::optional<core::Message>> original_of(store::Transaction& tx, const OwnGrant& own) {
  std::vector<core::MessageId> ids = {own.grant.terms.original};
  if (own.answers) ids.push_back(*own.answers);
  const auto sources = TRY(HeldSources::gather(ids, [&tx](const core::MessageId& id) { return tx.load_message(id); }));
  const auto* found = sources.lookup()(own.grant.terms.original);
  return found == nullptr ? std::optional<core::Message>() : std::optional(found->message);
}

// What we never saw may have been granted by one of these.
bool has_predecessor(const core::Directory& directory, const std::string& self, Instant now) {
  const auto& all = directory.entries();
  return std::any_of(all.begin(), all.end(), [&](const auto& one) {
    return one.first != self && core::answering(directory, one.first, now) == self;
  });
}

// Whether the step takes a wrap of ours, and whether we have the key for it. A wrap is of the original's originator or
// of who answers for it; of what nobody showed us cannot be told whose it is.
struct Wrapping {
  bool is_asked = false;
  bool key_held = true;
};
Wrapping wrapping_of(const core::World& world, const core::PermitRequest& request,
                     const std::optional<core::Message>& original, const Result<store::MessageRecord>& held) {
  Wrapping out;
  if (request.verb != core::Verb::transfer || request.relation != core::Relation::forwards) return out;
  if (!original) return {false, false};
  out.is_asked = core::answering(world.directory, original->originator, world.now) == world.self;
  out.key_held = !out.is_asked || (held.has_value() && !held->sealed_key.empty() && held->extent.is_all());
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

// Nothing is exchanged now with who is to have it, or with who asks: it waits until that ends.
std::optional<core::Reason> why_held_up(const Node& node, store::Transaction& tx, const std::string& holder,
                                        const core::PermitRequest& request) {
  const auto why = [&](const std::string& peer) {
    return core::why_parked(tx.directory(), peer, tx.now(), node.revocation_grace);
  };
  const bool transfers = request.verb == core::Verb::transfer && request.receiver != node.identity.authority;
  if (const auto parked = transfers ? why(request.receiver) : std::nullopt)
    return core::Reason{*parked, {}, {}, request.receiver};
  return why(holder) ? std::optional(core::Reason{core::ReasonCode::not_now, {}, {}, holder}) : std::nullopt;
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
      node.log(log_line<LogEvent::permit_postponed>(holder));
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
  const auto recipient = TRY(crypto::KemPublicKey::from_spki(key.public_key));
  return TRY(crypto::rewrap_key(recipient, key.id(), context, opens.view())).to_bytes();
}

Result<Issued> issue_permit(const Node& node, store::Transaction& tx, const std::string& holder,
                            const core::PermitRequest& request, Quota& refusals) {
  const auto own = TRY(grant_of_ours(node, tx, request.grant));
  const auto* grant = own ? &own->grant : nullptr;
  // Not his to use: answered, and nothing more is looked at or written.
  if (grant == nullptr || grant->holder != holder || grant->terms.original != request.original) {
    const auto& self = node.identity.authority;
    Issued none;
    if (grant == nullptr && has_predecessor(tx.directory(), self, tx.now()))
      none.decision.add({core::ReasonCode::no_longer_held, {}, {}, self});
    else
      none.decision.add({core::ReasonCode::consent_required, {}, {}, request.receiver});
    return none;
  }
  const auto held = tx.load_message(request.original);
  if (!held.has_value() && held.error().code != Errc::not_found) return tl::unexpected(held.error());
  const auto original = TRY(original_of(tx, *own));
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  const store::PermittedUse use{request.grant, request.carrier, request.permitted_receiver()};
  const auto* key = tx.directory().seal_key(request.receiver, tx.now());
  const bool transfers = request.verb == core::Verb::transfer;
  const auto wrapping = wrapping_of(world, request, original, held);

  core::GrantStanding standing;
  standing.grant = grant;
  if (original) {
    standing.agreement = original->agreement;
    standing.parts = original->parts;
  }
  standing.revoked = TRY(is_revoked(tx.directory(), *grant, statements_about(tx)));
  standing.before_restore = TRY(tx.is_before_restore(request.grant));
  standing.used_by_this = TRY(tx.is_permitted(use));
  standing.used = TRY(tx.permitted_uses(request.grant));
  standing.key_held = wrapping.key_held;
  standing.receiver_key = !transfers || key != nullptr;
  auto decision = core::decide_permit(world, holder, request, standing);
  if (decision.allowed())
    if (auto parked = why_held_up(node, tx, holder, request)) decision.add(std::move(*parked));
  // What is shut here is used nowhere by our word.
  if (decision.allowed())
    if (const auto why = TRY(why_shut(tx, request.original))) decision.add({*why, {}, {}, node.identity.authority});
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
                  ? TRY(rewrap(node, *held, request.extent, *key, request.grant.view(), request.carrier.view()))
                  : Bytes();
  return sign(node, tx, holder, request, *grant, std::move(wrap));
}

}  // namespace chancery::service

#include "daemon/service/permits.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/service/carried.h"
#include "daemon/service/quota.h"
#include "daemon/service/voiding.h"

namespace chancery::service {

bool wrap_fits(const core::Permit& permit, BytesView wrap) {
  return wrap.empty() ? !permit.wrap.has_value() : permit.wrap == crypto::sha256(wrap);
}

// ---- the holder

Digest digest_of(const core::PermitRequest& request) { return crypto::sha256(as_bytes(request.to_text())); }

void PermitRequests::ask(const std::string& provider, const core::PermitRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    auto& asked = asked_[provider][digest_of(request)];
    asked = {request, false};
  }
  wake_(provider);
}

std::vector<core::PermitRequest> PermitRequests::take(const std::string& provider, std::size_t at_most) {
  const std::lock_guard lock(mutex_);
  std::vector<core::PermitRequest> out;
  for (auto& [digest, asked] : asked_[provider])
    if (out.size() < at_most && !std::exchange(asked.sent, true)) out.push_back(asked.request);
  return out;
}

void PermitRequests::restart(const std::string& provider) {
  const std::lock_guard lock(mutex_);
  for (auto& [digest, asked] : asked_[provider]) asked.sent = false;
}

std::optional<core::PermitRequest> PermitRequests::settle(const std::string& provider, const Digest& request) {
  const std::lock_guard lock(mutex_);
  auto& asked = asked_[provider];
  const auto it = asked.find(request);
  if (it == asked.end()) return std::nullopt;
  auto out = std::move(it->second.request);
  asked.erase(it);
  return out;
}

bool PermitRequests::settle(const core::Permit& permit) {
  const std::lock_guard lock(mutex_);
  const auto settled = std::erase_if(asked_[permit.provider], [&](const auto& item) {
    const auto& request = item.second.request;
    return request.grant == permit.grant && request.original == permit.original &&
           core::to_string(request.carrier) == permit.carrier && request.permitted_receiver() == permit.receiver;
  });
  return settled > 0;
}

core::PermitRequest request_for(const core::ConsentNeed& need, const core::Grant& grant,
                                const core::MessageId& carrier) {
  core::PermitRequest out;
  out.grant = grant.id;
  out.original = need.original->id;
  out.carrier = carrier;
  out.relation = need.relation;
  out.receiver = need.receiver;
  out.verb = need.verb;
  out.extent = need.extent;
  return out;
}

namespace {

// It has some minutes to run, or as long as its grant.
bool lasts(const core::Permit& permit, Instant grant_until, Instant now) {
  return permit.until >= now + core::kPermitRemainder || (permit.until == grant_until && permit.until > now);
}

// One that has still some minutes to run.
const store::PermitRecord* fresh(const std::vector<store::PermitRecord>& permits, const core::ConsentNeed& need,
                                 const core::Grant& grant, Instant now) {
  const store::PermitRecord* newest = nullptr;
  for (const auto& record : permits) {
    const auto& permit = record.permit;
    const auto receiver = need.verb == core::Verb::transfer ? need.receiver : std::string();
    if (permit.grant == grant.id && permit.original == need.original->id && permit.receiver == receiver &&
        permit.extent == need.extent && permit.from <= now + core::kClockMargin &&
        lasts(permit, grant.terms.until, now))
      newest = &record;
  }
  return newest;
}

// Whoever is not in the audience gets it under these.
Result<void> add_grant(const Node& node, const core::Grant& grant, Passage& out) {
  const auto record = TRY(node.store.reader().message(grant.id));
  const auto known = std::any_of(out.grants.begin(), out.grants.end(), [&](const auto& statement) {
    return statement.statement == record.statement.statement;
  });
  if (!known) out.grants.push_back(record.statement);
  return {};
}

// What the statements a message was released with say of its sources; what they do not say is held here.
Result<Sources> sources_of(const Node& node, const core::Message& message, const store::OutgoingMessage& outgoing) {
  Sources sources;
  for (const auto& statement : outgoing.sources) {
    auto source = core::Message::parse(statement.statement);
    if (!source.has_value()) return fail(Errc::corrupt, "stored source: " + source.error().detail);
    sources.add(*source, statement);
  }
  sources.complete(message, held_statements(node.store));
  return sources;
}

using Use = std::pair<std::string, std::string>;  // carrier and receiver

// Whether another use than this is one too many; a use we have had already can be had again. Of an online grant by the
// permits we were given: only its provider knows.
bool is_spent(const core::Grant& grant, const std::vector<store::UseRecord>& known, const Use& use) {
  std::set<Use> uses;
  for (const auto& one : known)
    if (!one.refused) uses.emplace(core::to_string(one.carrier), one.receiver);
  return uses.size() >= grant.terms.uses && !uses.contains(use);
}

// The wrap a grant held here has for this receiver; empty when it is gone with the original.
Result<Bytes> wrap_of(const Node& node, const core::Grant& grant, const std::string& receiver) {
  const auto* named = grant.wrap_for(receiver);
  if (named == nullptr) return Bytes();
  const auto record = TRY(node.store.reader().message(grant.id));
  for (const auto& wrap : TRY(crypto::parse_wraps(record.made_wraps)))
    if (auto bytes = wrap.to_bytes(); crypto::sha256(bytes) == named->wrap) return bytes;
  return Bytes();
}

// Nobody is asked: what is left is counted here.
Result<void> add_detached(const Node& node, const core::ConsentNeed& need, const core::Grant& grant, bool spent,
                          const core::MessageId& carrier, Passage& out) {
  if (spent) {
    out.closed = core::ReasonCode::consent_used_up;
    return {};
  }
  const auto counted = TRY(node.store.reader().uses_of_carrier(carrier));
  const bool known = std::any_of(counted.begin(), counted.end(), [&](const store::UseRecord& use) {
    return use.detached && use.grant == grant.id && use.receiver == need.receiver;
  });
  if (!known) out.uses.push_back({grant.id, carrier, need.receiver, grant.provider, true});
  if (need.relation != core::Relation::forwards || grant.wraps.empty()) return {};
  out.grant_wrap = TRY(wrap_of(node, grant, need.receiver));
  if (out.grant_wrap.empty()) out.closed = core::ReasonCode::no_longer_held;
  return {};
}

}  // namespace

Result<Passage> passage(const Node& node, const std::string& peer, const store::OutgoingMessage& sent) {
  Passage out;
  if (sent.sources.empty()) return out;
  const auto message = TRY(core::Message::parse(sent.statement.statement));
  if (message.sources.empty()) return out;
  const auto sources = TRY(sources_of(node, message, sent));
  const auto at = scene(node);
  const auto needs = core::consent_needs(at.world(), message, sources.lookup());
  if (needs.empty()) return out;
  auto consents = TRY(consents_for(*at.directory, message, sources.lookup(), statements_about(node.store)));
  for (const auto& grant : consents.grants)
    if (is_spent(grant, TRY(node.store.reader().uses_of_grant(grant.id)), {core::to_string(sent.id), peer}))
      consents.spent.insert(grant.id);
  const auto permits = TRY(node.store.reader().permits_of_carrier(sent.id));
  for (const auto& line : message.sources)
    if (TRY(node.store.reader().locked(line.id))) out.closed = core::ReasonCode::copy_locked;
  for (const auto& need : needs) {
    const auto covered = core::covering_grant(consents, need, node.identity.authority, at.now);
    const auto* const* grant = std::get_if<const core::Grant*>(&covered);
    // Those who are to have it as well are shown under which grant.
    if (grant != nullptr) CHECK_OK(add_grant(node, **grant, out));
    if (need.receiver != peer) continue;
    if (grant != nullptr && (*grant)->is_detached()) {
      CHECK_OK(add_detached(node, need, **grant, consents.spent.contains((*grant)->id), sent.id, out));
      continue;
    }
    if (grant == nullptr) {
      out.closed = std::get<core::ReasonCode>(covered);
      continue;
    }
    const auto* permit = fresh(permits, need, **grant, at.now);
    if (permit != nullptr)
      out.permits.push_back(*permit);
    else
      out.missing.emplace_back(need.answering(at.now), request_for(need, **grant, sent.id));
  }
  return out;
}

Result<void> record_permit(const Node& node, store::Transaction& tx, const store::PermitRecord& record) {
  const auto& permit = record.permit;
  const auto carrier = TRY(core::parse_message_id(permit.carrier));
  const auto row = TRY(tx.find_message(carrier));
  for (const auto& known : TRY(tx.permits_of_carrier(carrier)))
    if (known.statement.statement == record.statement.statement) return {};
  if (!row || row->direction != store::Direction::outgoing)
    return fail(Errc::not_found, "a permit for no message of ours");
  core::JournalEntry entry;
  entry.actor = "peer:" + permit.provider;
  entry.act = core::Act::permit_recorded;
  entry.message = carrier;
  entry.subject = permit.receiver;
  entry.data = node.agreements()->digest();
  entry.content = core::statement_digest(record.statement.statement);
  CHECK_OK(tx.record_permit(record, std::nullopt, entry));
  return tx.make_due(permit.receiver, carrier);
}

namespace {

// Why a use of a detached grant does not go now; nothing when it does.
Result<std::optional<core::ReasonCode>> why_not_used(store::Transaction& tx, const store::UseRecord& use) {
  using None = std::optional<core::ReasonCode>;
  const auto row = TRY(tx.find_message(use.grant));
  if (!row) return fail(Errc::corrupt, "a grant that was held is not there");
  const auto statement = TRY(core::read_consent(use.grant, TRY(core::Message::parse(row->statement))));
  const auto& grant = std::get<core::Grant>(statement);
  if (TRY(is_revoked(tx.directory(), grant, statements_about(tx)))) return None(core::ReasonCode::consent_revoked);
  if (tx.now() >= grant.terms.until) return None(core::ReasonCode::consent_expired);
  if (is_spent(grant, TRY(tx.uses_of_grant(use.grant)), {core::to_string(use.carrier), use.receiver}))
    return None(core::ReasonCode::consent_used_up);
  return None();
}

}  // namespace

Result<std::optional<core::ReasonCode>> count_uses(const Node& node, store::Transaction& tx,
                                                   const std::vector<store::UseRecord>& uses) {
  // All of them first: what does not go as a whole uses nothing.
  for (const auto& use : uses)
    if (const auto why = TRY(why_not_used(tx, use))) return std::optional(*why);
  for (const auto& use : uses) {
    core::JournalEntry entry;
    entry.actor = "daemon";
    entry.data = node.agreements()->digest();
    CHECK_OK(tx.record_detached_use(use, entry));
  }
  return std::optional<core::ReasonCode>();
}

Result<void> close_refused(store::Transaction& tx, const store::OutboxRow& row, const std::string& code,
                           const std::string& provider) {
  return void_dispatch(tx, row, code, "peer:" + provider);
}

// ---- the provider

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

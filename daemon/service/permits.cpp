#include "daemon/service/permits.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/service/carried.h"
#include "daemon/service/voiding.h"

namespace chancery::service {

bool lasts(const core::Permit& permit, Instant grant_until, Instant now) {
  return permit.until >= now + core::kPermitRemainder || (permit.until == grant_until && permit.until > now);
}

bool wrap_fits(const core::Permit& permit, BytesView wrap) {
  return wrap.empty() ? !permit.wrap.has_value() : permit.wrap == crypto::sha256(wrap);
}

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

// A detached grant is used unasked, and takes the key of its original along: it does not go once that is locked or
// erased. Most messages are none; only a grant is parsed.
Result<std::optional<core::ReasonCode>> why_not_granted(const Node& node, const store::OutgoingMessage& sent) {
  using None = std::optional<core::ReasonCode>;
  if (sent.statement.statement.find("\nkind consent-grant\n") == std::string::npos) return None();
  const auto read = core::read_consent(sent.id, TRY(core::Message::parse(sent.statement.statement)));
  const auto* grant = read.has_value() ? std::get_if<core::Grant>(&*read) : nullptr;
  if (grant == nullptr || !grant->is_detached()) return None();
  const auto erasure = TRY(node.store.reader().erasure(grant->terms.original));
  if (erasure && erasure->state == store::ErasureState::erased) return None(core::ReasonCode::no_longer_held);
  return TRY(node.store.reader().locked(grant->terms.original)) ? None(core::ReasonCode::copy_locked) : None();
}

}  // namespace

Result<Passage> passage(const Node& node, const std::string& peer, const store::OutgoingMessage& sent) {
  Passage out;
  out.closed = TRY(why_not_granted(node, sent));
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

}  // namespace chancery::service

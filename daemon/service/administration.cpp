#include "daemon/service/administration.h"

#include <algorithm>

#include "daemon/service/gate.h"
#include "daemon/service/verification.h"
#include "daemon/service/views.h"

namespace chancery::service {

namespace {

using core::Permission;
using core::ReasonCode;

core::JournalEntry entry_of(std::string actor, core::Act act, std::string subject) {
  core::JournalEntry entry;
  entry.actor = std::move(actor);
  entry.act = act;
  entry.subject = std::move(subject);
  return entry;
}

store::DesignationRecord record_of(const wire::DesignationItem& item) {
  return {{item.statement, item.signature, item.path}, item.certificates};
}

Bytes der_of(const crypto::Certificate& certificate) { return {certificate.der().begin(), certificate.der().end()}; }

// Whoever administers, and whoever audits that.
bool may_look(const core::User& caller) {
  return core::permits(caller.role, Permission::administer) || core::permits(caller.role, Permission::audit);
}

Result<wire::UserView> user_view(const store::UserRecord& record) {
  const auto certificate = TRY(crypto::Certificate::from_der(record.certificate));
  return wire::UserView{record.user, certificate.id(), certificate.not_after()};
}

// ---- designations

const store::DesignationRecord* same_as(const std::vector<store::DesignationRecord>& records,
                                        const std::string& statement) {
  for (const auto& record : records)
    if (record.statement.statement == statement) return &record;
  return nullptr;
}

bool names_signer(const core::Designation& designation) {
  return std::any_of(designation.keys.begin(), designation.keys.end(),
                     [](const core::DesignatedKey& key) { return key.role == core::KeyRole::sign; });
}

bool signs_with(const core::Designation& designation, const Digest& certificate) {
  return std::any_of(designation.keys.begin(), designation.keys.end(), [&](const core::DesignatedKey& key) {
    return key.role == core::KeyRole::sign && key.id == certificate;
  });
}

// ---- peers

std::optional<Instant> signing_until(const core::Designation& designation, Instant now) {
  std::optional<Instant> until;
  for (const auto& key : designation.keys)
    if (key.role == core::KeyRole::sign && key.valid_at(now) && (!until || *until < key.to)) until = key.to;
  return until;
}

void add_designation(const core::DirectoryEntry& entry, Instant now, wire::PeerView& view) {
  if (entry.history.empty()) return;
  const auto& current = entry.history.back();
  view.party = current.party;
  view.endpoint = current.endpoint;
  view.agreements = current.agreements;
  view.serial = current.serial;
  view.certificate_until = signing_until(current, now);
  if (!entry.seal_keys.empty()) view.seal_key_until = entry.seal_keys.back().to;
}

void add_lane(const LaneStatus& lane, wire::PeerView& view) {
  view.connected = lane.connected;
  view.last_contact = lane.last_contact;
  view.skew_ms = lane.skew_ms;
  view.last_error = lane.last_error;
}

// Why nothing is exchanged with it now, and in what words an administrator said so.
Result<void> add_parked(const Node& node, wire::PeerView& view) {
  if (const auto why = why_parked(node, view.authority)) view.parked = core::to_string(*why);
  if (view.state != core::PeerState::suspended) return {};
  for (auto& peer : TRY(node.store.reader().peers()))
    if (peer.authority == view.authority) view.reason = std::move(peer.reason);
  return {};
}

Result<wire::PeerView> peer_view(const Node& node, const Lanes& lanes, const std::string& authority,
                                 const core::DirectoryEntry& entry) {
  wire::PeerView view;
  view.authority = authority;
  view.state = entry.state;
  view.anchor = entry.anchor;
  view.queued = TRY(node.store.reader().queued(authority));
  add_designation(entry, node.clock.now(), view);
  view.successors = core::succession_of(*node.store.directory(), authority).successors;
  add_lane(lanes.status(authority), view);
  CHECK_OK(add_parked(node, view));
  return view;
}

Result<std::vector<wire::PeerView>> peer_views(const Node& node, const Lanes& lanes) {
  std::vector<wire::PeerView> all;
  const auto directory = node.store.directory();
  for (const auto& [authority, entry] : directory->entries())
    if (authority != node.identity.authority) all.push_back(TRY(peer_view(node, lanes, authority, entry)));
  return all;
}

// Nothing was refused: null.
using Refusal = std::optional<Refused>;

Result<bool> have_one_key(BytesView der, const crypto::Certificate& certificate) {
  const auto theirs = TRY(crypto::Certificate::from_der(der)).public_key();
  const auto& ours = certificate.public_key();
  return std::equal(theirs.spki().begin(), theirs.spki().end(), ours.spki().begin(), ours.spki().end());
}

Result<Refusal> record_new_peer(store::Transaction& tx, const core::User& caller, const wire::DesignationItem& item,
                                const core::Designation& designation) {
  const auto& authority = designation.authority;
  const auto anchor = crypto::sha256(item.certificates.front());
  if (const auto fault = core::succession_fault(tx.directory(), designation, anchor))
    return Refusal(refused(*fault, designation.succeeds));
  CHECK_OK(tx.record_peer({authority, core::PeerState::unverified, item.certificates.front()},
                          entry_of(caller.name, core::Act::peer_added, authority)));
  auto entry = entry_of(caller.name, core::Act::designation_recorded, authority);
  entry.content = core::statement_digest(item.statement);
  CHECK_OK(tx.record_designation(record_of(item), entry));
  CHECK_OK(tx.open_epoch(authority));
  return Refusal();
}

// A bundle that nobody has compared yet binds nobody: another anchor takes its place.
bool is_another(const core::DirectoryEntry& known, const wire::DesignationItem& item) {
  return known.state == core::PeerState::unverified && crypto::sha256(item.certificates.front()) != known.anchor;
}

Result<Refusal> record_next(store::Transaction& tx, const core::User& caller, const wire::DesignationItem& item,
                            const core::Designation& designation, const core::DirectoryEntry& known) {
  const auto& authority = designation.authority;
  if (crypto::sha256(item.certificates.front()) != known.anchor)
    return Refusal(refused(ReasonCode::verify_failed, authority));
  const auto follows = core::check_next_designation(known.history, designation);
  if (!follows.has_value() && follows.error().code == Errc::stale)
    return Refusal(refused(ReasonCode::already, authority));
  if (!follows.has_value()) return Refusal(refused(ReasonCode::id_conflict, authority));
  if (const auto fault = core::succession_fault(tx.directory(), designation, known.anchor))
    return Refusal(refused(*fault, designation.succeeds));
  auto entry = entry_of(caller.name, core::Act::designation_recorded, authority);
  entry.content = core::statement_digest(item.statement);
  CHECK_OK(tx.record_designation(record_of(item), entry));
  return Refusal();
}

Result<Refusal> verify(store::Transaction& tx, const core::User& caller, const wire::AnchorCheck& check,
                       const Bytes& anchor) {
  const auto* known = tx.directory().find(check.authority);
  if (known == nullptr) return Refusal(refused(ReasonCode::not_found, check.authority));
  if (known->anchor != check.anchor) return Refusal(refused(ReasonCode::verify_failed, check.authority));
  if (known->state == core::PeerState::active) return Refusal();
  if (known->state == core::PeerState::suspended) return Refusal(refused(ReasonCode::peer_suspended, check.authority));
  CHECK_OK(tx.record_peer({check.authority, core::PeerState::active, anchor},
                          entry_of(caller.name, core::Act::peer_verified, check.authority)));
  return Refusal();
}

// DER of a known peer's anchor; empty when it is not known.
Result<Bytes> anchor_of(const Node& node, const std::string& authority) {
  for (auto& peer : TRY(node.store.reader().peers()))
    if (peer.authority == authority) return std::move(peer.anchor);
  return Bytes();
}

// What was decided about a verified peer before is decided no second time.
Result<Refusal> set_state(store::Transaction& tx, const core::User& caller, store::PeerRecord peer) {
  const auto* known = tx.directory().find(peer.authority);
  if (known == nullptr) return Refusal(refused(ReasonCode::not_found, peer.authority));
  if (known->state == core::PeerState::unverified) return Refusal(refused(ReasonCode::peer_inactive, peer.authority));
  if (known->state == peer.state) return Refusal(refused(ReasonCode::already, peer.authority));
  const bool suspends = peer.state == core::PeerState::suspended;
  auto entry = entry_of(caller.name, suspends ? core::Act::peer_suspended : core::Act::peer_resumed, peer.authority);
  entry.content = crypto::sha256(as_bytes(peer.reason));
  CHECK_OK(tx.record_peer(peer, entry));
  return Refusal();
}

// ---- labels

// Reasons about agreement, authorities and label; a label alone has no items, texts or sources to speak of.
bool is_about_labels(ReasonCode code) {
  static constexpr ReasonCode all[] = {ReasonCode::agreement_unknown, ReasonCode::agreement_version_unknown,
                                       ReasonCode::not_party,         ReasonCode::recipient_unknown,
                                       ReasonCode::recipient_self,    ReasonCode::authority_not_designated,
                                       ReasonCode::peer_inactive,     ReasonCode::label_missing,
                                       ReasonCode::label_unknown,     ReasonCode::state_secret};
  return std::find(std::begin(all), std::end(all), code) != std::end(all);
}

wire::LabelCheck check_one(const Scene& at, const wire::LabelQuery& query, const std::string& recipient) {
  core::Draft draft;
  draft.recipients = {recipient};
  draft.agreement = query.agreement;
  draft.classification = query.classification;
  draft.categories = query.categories;
  const auto message = core::compose(at.world(), draft, {});
  wire::LabelCheck out{recipient, {}, {}};
  const auto decision = release_gate(at.world(), message, {}, {});
  for (const auto& reason : decision.reasons())
    if (is_about_labels(reason.code)) out.decision.add(reason);
  const auto* designation = at.directory->designation(recipient, at.now);
  const auto* policy = designation == nullptr ? nullptr : at.book->labels().of_party(designation->party);
  const auto* meaning = policy == nullptr ? nullptr : policy->meaning(message.labels.front());
  if (meaning != nullptr) out.marking = meaning->id;
  return out;
}

}  // namespace

Result<core::Designation> verify_designation(const wire::DesignationItem& item) {
  if (item.certificates.empty()) return fail(Errc::malformed, "designation.certificates: none");
  return verify_designation(item, crypto::sha256(item.certificates.front()));
}

Result<void> record_first_administrator(const Node& node, const crypto::Certificate& certificate) {
  const auto& common_name = certificate.common_name();
  const std::string name = core::is_user_name(common_name) ? common_name : "administrator";
  return node.store.run<void>(0, [&](store::Transaction& tx) -> Result<void> {
    if (!TRY(tx.users()).empty()) return {};
    return tx.record_user({{name, core::Role::administrator, {}}, der_of(certificate)},
                          entry_of("daemon", core::Act::user_added, name));
  });
}

namespace {

Result<void> record_own(const Node& node, const wire::DesignationItem& item, const core::Designation& designation) {
  const auto& self = node.identity.authority;
  return node.store.run<void>(0, [&](store::Transaction& tx) -> Result<void> {
    const auto* own = tx.directory().find(self);
    if (own != nullptr) CHECK_OK(core::check_next_designation(own->history, designation));
    auto entry = entry_of("daemon", core::Act::designation_recorded, self);
    entry.content = core::statement_digest(item.statement);
    return tx.record_designation(record_of(item), entry);
  });
}

}  // namespace

Result<bool> record_own_designations(const Node& node, const std::vector<wire::DesignationItem>& items) {
  bool recorded = false;
  for (const auto& item : items) {
    const auto records = TRY(node.store.reader().designations(node.identity.authority));
    if (same_as(records, item.statement) != nullptr) continue;
    const auto designation = TRY(verify_designation(item));
    if (designation.authority != node.identity.authority || designation.party != node.identity.party)
      return fail(Errc::conflict, "the designation is of another authority");
    // One that names no key to sign with withdraws us, and is recorded all the same.
    if (&item == &items.back() && names_signer(designation) && !signs_with(designation, node.identity.sign_certificate))
      return fail(Errc::conflict, "the designation does not name the signing key of this daemon");
    if (!records.empty() && records.front().certificates.front() != item.certificates.front())
      return fail(Errc::conflict, "the designation is under another anchor");
    CHECK_OK(record_own(node, item, designation));
    recorded = true;
  }
  return recorded;
}

Administration::Administration(Node node, Lanes lanes, std::string version)
    : node_(std::move(node)), lanes_(std::move(lanes)), version_(std::move(version)), started_(node_.clock.now()) {}

Result<core::User> Administration::caller(const Digest& certificate) const {
  const auto record = node_.store.user(certificate);
  if (!record) return fail(Errc::unauthenticated, "certificate of no user");
  const auto valid = TRY(validity(certificate, record->certificate));
  const auto now = node_.clock.now();
  if (now < valid.from || valid.until < now)
    return fail(Errc::unauthenticated, "certificate of " + record->user.name + " is not valid now");
  return record->user;
}

Result<Administration::Validity> Administration::validity(const Digest& certificate, BytesView der) const {
  {
    const std::lock_guard lock(mutex_);
    const auto known = validity_.find(certificate);
    if (known != validity_.end()) return known->second;
  }
  const auto parsed = TRY(crypto::Certificate::from_der(der));
  const std::lock_guard lock(mutex_);
  return validity_.emplace(certificate, Validity{parsed.not_before(), parsed.not_after()}).first->second;
}

Outcome<wire::UserView> Administration::add_user(const core::User& caller, const wire::NewUser& user) {
  using Answer = std::variant<wire::UserView, Refused>;
  if (!core::permits(caller.role, Permission::administer))
    return Answer(refused(ReasonCode::role, core::to_string(Permission::administer)));
  const auto at = scene(node_);
  const auto* policy = core::own_policy(at.world());
  const auto& clearance = user.user.clearance;
  if (!clearance.empty() && (policy == nullptr || policy->find(clearance) == nullptr))
    return Answer(refused(ReasonCode::label_unknown, clearance));
  for (const auto& category : user.user.categories)
    if (policy == nullptr || policy->find_category(category) == nullptr)
      return Answer(refused(ReasonCode::label_unknown, category));
  const store::UserRecord record{user.user, der_of(user.certificate)};
  auto refusal = node_.store.run<Refusal>(0, [&](store::Transaction& tx) -> Result<Refusal> {
    // Two people are two keys: else one of them could approve what he composed.
    for (const auto& other : TRY(tx.users()))
      if (other.user.name != user.user.name && TRY(have_one_key(other.certificate, user.certificate)))
        return Refusal(refused(ReasonCode::key_taken, other.user.name));
    CHECK_OK(tx.record_user(record, entry_of(caller.name, core::Act::user_added, user.user.name)));
    return Refusal();
  });
  if (!refusal.has_value() && refusal.error().code == Errc::conflict)
    return Answer(refused(ReasonCode::user_differs, user.user.name));
  CHECK_OK(refusal);
  if (*refusal) return Answer(std::move(**refusal));
  return Answer(TRY(user_view(record)));
}

Outcome<std::vector<wire::UserView>> Administration::users(const core::User& caller) const {
  using Answer = std::variant<std::vector<wire::UserView>, Refused>;
  if (!may_look(caller)) return Answer(refused(ReasonCode::role, core::to_string(Permission::administer)));
  std::vector<wire::UserView> all;
  for (const auto& record : TRY(node_.store.reader().users())) all.push_back(TRY(user_view(record)));
  return Answer(std::move(all));
}

Outcome<wire::PeerView> Administration::add_peer(const core::User& caller, const wire::DesignationItem& item) {
  using Answer = std::variant<wire::PeerView, Refused>;
  if (!core::permits(caller.role, Permission::administer))
    return Answer(refused(ReasonCode::role, core::to_string(Permission::administer)));
  const auto designation = verify_designation(item);
  if (!designation.has_value() && designation.error().code == Errc::unauthenticated)
    return Answer(refused(ReasonCode::verify_failed, "designation"));
  if (!designation.has_value()) return Answer(TRY(as_refusal(designation.error())));
  const auto& authority = designation->authority;
  if (authority == node_.identity.authority) return Answer(refused(ReasonCode::recipient_self, authority));
  auto refusal = TRY(node_.store.run<Refusal>(1, [&](store::Transaction& tx) {
    const auto* known = tx.directory().find(authority);
    return known == nullptr || is_another(*known, item) ? record_new_peer(tx, caller, item, *designation)
                                                        : record_next(tx, caller, item, *designation, *known);
  }));
  if (refusal) return Answer(std::move(*refusal));
  lanes_.peers_changed();
  return Answer(TRY(peer_view(node_, lanes_, authority, *node_.store.directory()->find(authority))));
}

Outcome<wire::PeerView> Administration::verify_peer(const core::User& caller, const wire::AnchorCheck& check) {
  using Answer = std::variant<wire::PeerView, Refused>;
  if (!core::permits(caller.role, Permission::administer))
    return Answer(refused(ReasonCode::role, core::to_string(Permission::administer)));
  const auto anchor = TRY(anchor_of(node_, check.authority));
  if (anchor.empty()) return Answer(refused(ReasonCode::not_found, check.authority));
  auto refusal =
      TRY(node_.store.run<Refusal>(0, [&](store::Transaction& tx) { return verify(tx, caller, check, anchor); }));
  if (refusal) return Answer(std::move(*refusal));
  lanes_.peers_changed();
  return Answer(TRY(peer_view(node_, lanes_, check.authority, *node_.store.directory()->find(check.authority))));
}

Outcome<wire::PeerView> Administration::decide_peer(const core::User& caller, const wire::PeerDecision& decision) {
  using Answer = std::variant<wire::PeerView, Refused>;
  if (!core::permits(caller.role, Permission::administer))
    return Answer(refused(ReasonCode::role, core::to_string(Permission::administer)));
  if (decision.authority == node_.identity.authority) return Answer(refused(ReasonCode::recipient_self));
  const auto anchor = TRY(anchor_of(node_, decision.authority));
  auto refusal = TRY(node_.store.run<Refusal>(0, [&](store::Transaction& tx) {
    return set_state(tx, caller, {decision.authority, decision.state, anchor, decision.reason});
  }));
  if (refusal) return Answer(std::move(*refusal));
  lanes_.peers_changed();
  return Answer(TRY(peer_view(node_, lanes_, decision.authority, *node_.store.directory()->find(decision.authority))));
}

Outcome<std::vector<wire::PeerView>> Administration::peers(const core::User&) const {
  return std::variant<std::vector<wire::PeerView>, Refused>(TRY(peer_views(node_, lanes_)));
}

std::optional<Refused> Administration::why_not_now(const Error& error) const {
  const auto why = service::why_not_now(node_, error);
  return why ? std::optional(refused(*why)) : std::nullopt;
}

Result<wire::StatusView> Administration::status(const core::User& caller) const {
  const auto counts = TRY(node_.store.reader().counts());
  const auto checkpoint = node_.store.checkpoint();
  wire::StatusView view;
  view.authority = node_.identity.authority;
  view.party = node_.identity.party;
  view.version = version_;
  view.started = started_;
  view.unread = counts.unread;
  view.waiting_drafts = counts.waiting_drafts;
  view.queued = counts.queued;
  view.journal_size = checkpoint.size.value;
  view.checkpoint = checkpoint.root;
  view.conflicts = counts.conflicts;
  view.peers = TRY(peer_views(node_, lanes_));
  view.data = node_.agreements()->digest();
  view.caller = caller;
  view.rejected = lanes_.rejected();
  // As the others see us, which lists they ask for is their own matter; or for want of a key.
  auto why = core::why_parked(*node_.store.directory(), view.authority, node_.clock.now(), std::nullopt);
  if (!why) why = node_.store.why_unsigned();
  if (why) view.parked = core::to_string(*why);
  return view;
}

std::shared_ptr<const core::AgreementBook> Administration::agreements() const { return node_.agreements(); }

const std::string& Administration::own_label_policy() const { return node_.identity.label_policy; }

std::vector<wire::LabelCheck> Administration::check_label(const wire::LabelQuery& query) const {
  const auto at = scene(node_);
  std::vector<wire::LabelCheck> all;
  for (const auto& recipient : query.recipients) all.push_back(check_one(at, query, recipient));
  return all;
}

}  // namespace chancery::service

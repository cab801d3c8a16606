#include "daemon/service/consent_desk.h"

#include <algorithm>

#include "daemon/service/consents.h"
#include "daemon/service/views.h"

namespace chancery::service {

namespace {

struct Stated {
  store::MessageRow row;
  core::Message message;
  core::ConsentStatement statement;
};

// Nothing: not a statement of consent.
Result<std::optional<Stated>> stated(store::MessageRow row) {
  auto message = TRY(core::Message::parse(row.statement));
  auto statement = core::read_consent(row.id, message);
  if (!statement.has_value()) return std::optional<Stated>();
  return std::optional(Stated{std::move(row), std::move(message), std::move(*statement)});
}

Result<std::vector<Stated>> stated_about(const Node& node, const core::MessageId& id) {
  std::vector<Stated> out;
  for (auto& row : TRY(node.store.reader().consents_about(id)))
    if (auto one = TRY(stated(std::move(row)))) out.push_back(std::move(*one));
  return out;
}

// How many pairs of carrier and receiver were permitted, as far as we have the permits; of a detached grant how many
// its holder counted, or how many were reported to its provider.
Result<std::uint64_t> uses_of(const Node& node, const core::Grant& grant) {
  const auto& self = node.identity.authority;
  std::set<std::pair<std::string, std::string>> uses;
  if (!grant.is_detached() || grant.holder == self)
    for (const auto& use : TRY(node.store.reader().uses_of_grant(grant.id)))
      if (!use.refused) uses.emplace(core::to_string(use.carrier), use.receiver);
  if (!grant.is_detached() || grant.provider != self) return uses.size();
  for (const auto& one : TRY(stated_about(node, grant.terms.original)))
    if (const auto* report = std::get_if<core::TransferReport>(&one.statement);
        report != nullptr && report->grant == grant.id && !report->refused)
      uses.emplace(core::to_string(report->carrier), one.message.originator);
  return uses.size();
}

Result<std::string> state_of(const Node& node, const core::Grant& grant, std::uint64_t used, Instant now) {
  if (TRY(is_revoked(*node.store.directory(), grant, statements_about(node.store)))) return "revoked";
  if (now < grant.terms.from) return "not-yet";
  if (now >= grant.terms.until) return "expired";
  return used >= grant.terms.uses ? "used-up" : "in-force";
}

// Refused by the first that says so, granted when all who were asked did.
Result<std::string> state_of_request(const Node& node, const Stated& request) {
  std::set<std::string> granted;
  for (const auto& other : TRY(stated_about(node, core::subject_of(request.statement)))) {
    if (const auto* refusal = std::get_if<core::ConsentRefusal>(&other.statement))
      if (refusal->request == request.row.id) return "refused";
    if (std::holds_alternative<core::Grant>(other.statement) && other.message.in_reply_to == request.row.id)
      granted.insert(other.message.originator);
  }
  return granted.size() < request.message.recipients.size() ? "open" : "granted";
}

Result<std::string> number_of(const Node& node, const core::MessageId& id) {
  const auto row = node.store.reader().message_row(id);
  if (row.has_value()) return row->number.empty() ? row->their_number : row->number;
  if (row.error().code == Errc::not_found) return std::string();
  return tl::unexpected(row.error());
}

Result<wire::ConsentView> view_of(const Node& node, Stated it, Instant now) {
  wire::ConsentView view;
  view.original = core::subject_of(it.statement);
  view.answers = it.message.in_reply_to;
  if (const auto* request = std::get_if<core::ConsentRequest>(&it.statement)) {
    view.terms = request->terms;
    view.holder = it.message.originator;
    view.state = TRY(state_of_request(node, it));
  } else if (const auto* grant = std::get_if<core::Grant>(&it.statement)) {
    view.terms = grant->terms;
    view.holder = grant->holder;
    view.onward = grant->onward;
    view.paper = grant->paper;
    view.used = TRY(uses_of(node, *grant));
    view.state = TRY(state_of(node, *grant, view.used, now));
  } else if (const auto* refusal = std::get_if<core::ConsentRefusal>(&it.statement)) {
    view.answers = refusal->request;
  } else if (const auto* disclosure = std::get_if<core::Disclosure>(&it.statement)) {
    view.holder = it.message.originator;
    view.disclosure = *disclosure;
  } else if (const auto* notice = std::get_if<core::SpillNotice>(&it.statement)) {
    view.effective = notice->effective;
  } else if (const auto* revocation = std::get_if<core::Revocation>(&it.statement)) {
    view.answers = revocation->grant;
    view.effective = revocation->effective;
    const auto granted = node.store.reader().message_row(revocation->grant);
    if (granted.has_value())
      if (const auto about = TRY(stated(*granted))) view.original = core::subject_of(about->statement);
  }
  view.original_number = TRY(number_of(node, view.original));
  view.row = {it.row.id, it.row.number, it.row.their_number, it.row.direction != store::Direction::outgoing,
              it.row.ordinal};
  view.message = std::move(it.message);
  return view;
}

// Said by a daemon: in no list of what people wrote.
bool is_report(const Stated& it) {
  return std::holds_alternative<core::TransferReport>(it.statement) ||
         std::holds_alternative<core::Compliance>(it.statement) || std::holds_alternative<core::Recall>(it.statement) ||
         std::holds_alternative<core::SpillReceipt>(it.statement);
}

// Of one message: what is about it, and about the grants about it.
Result<std::vector<Stated>> all_about(const Node& node, const core::MessageId& id) {
  std::vector<Stated> out;
  for (auto& one : TRY(stated_about(node, id))) {
    if (is_report(one)) continue;
    const auto grant = one.row.id;
    const bool granted = std::holds_alternative<core::Grant>(one.statement);
    out.push_back(std::move(one));
    if (!granted) continue;
    for (auto& about : TRY(stated_about(node, grant)))
      if (!is_report(about)) out.push_back(std::move(about));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.row.ordinal > b.row.ordinal; });
  return out;
}

Result<std::vector<Stated>> listed(const Node& node, const wire::ListQuery& query) {
  auto& reader = node.store.reader();
  std::vector<Stated> out;
  if (!query.message.empty()) {
    const auto id = TRY(reader.resolve(query.message));
    if (auto one = TRY(stated(TRY(reader.message_row(id))))) {
      out.push_back(std::move(*one));
      return out;
    }
    return all_about(node, id);
  }
  for (auto& row : TRY(reader.consents(query.before, query.limit)))
    if (auto one = TRY(stated(std::move(row)))) out.push_back(std::move(*one));
  return out;
}

Result<wire::ConsentListing> listing_of(const Node& node, const wire::ListQuery& query) {
  wire::ConsentListing out;
  const auto now = node.clock.now();
  auto all = TRY(listed(node, query));
  if (query.message.empty() && all.size() == query.limit) out.next = all.back().row.ordinal;
  for (auto& one : all) out.consents.push_back(TRY(view_of(node, std::move(one), now)));
  return out;
}

// ---- dissemination

using Key = std::pair<std::string, std::string>;  // carrier and receiver
using Steps = std::map<Key, wire::TransferView>;

Result<void> add_permitted(const Node& node, const core::MessageId& original, Steps& steps) {
  for (const auto& one : TRY(stated_about(node, original))) {
    if (!std::holds_alternative<core::Grant>(one.statement)) continue;
    for (const auto& record : TRY(node.store.reader().permits_of_grant(one.row.id))) {
      const auto& permit = record.permit;
      auto& step = steps[{permit.carrier, permit.receiver}];
      step.holder = permit.holder;
      step.receiver = permit.receiver;
      step.carrier = TRY(core::parse_message_id(permit.carrier));
      step.grant = permit.grant;
      step.relation = permit.relation;
      step.extent = permit.extent;
      step.permit_until = step.permit_until ? std::max(*step.permit_until, permit.until) : permit.until;
      step.time = *step.permit_until;
    }
  }
  return {};
}

// Detached grants of ours about this; the steps under them have no permit.
using Detached = std::map<core::MessageId, core::Grant>;

bool is_under(const Detached& detached, const core::TransferReport& report, const std::string& receiver) {
  const auto it = report.grant ? detached.find(*report.grant) : detached.end();
  return it != detached.end() && it->second.holder == report.holder &&
         std::binary_search(it->second.terms.to.begin(), it->second.terms.to.end(), receiver);
}

// What its receiver says of a step we permitted; of another it is its word alone.
void take(const Stated& it, const core::TransferReport& report, const Detached& detached, Steps& steps) {
  const auto& receiver = it.message.originator;
  auto& step = steps[{core::to_string(report.carrier), receiver}];
  const bool unasked = !step.grant && is_under(detached, report, receiver);
  if (unasked) step.grant = report.grant;
  const bool permitted = step.grant.has_value();
  if (!permitted || unasked) step.holder = report.holder;
  step.receiver = receiver;
  step.carrier = report.carrier;
  step.extent = report.extent;
  step.time = it.message.created;
  step.state = report.refused ? core::StepState::refused : permitted ? core::StepState::held : core::StepState::claimed;
  step.reason = report.refused;
  step.report = it.row.id;
}

// What its holder makes public: with a permit it may have left the house.
void take(const Stated& it, const core::Disclosure& disclosure, Steps& steps) {
  auto& step = steps[{core::to_string(it.row.id), {}}];
  step.holder = it.message.originator;
  step.receiver = disclosure.to;
  step.carrier = it.row.id;
  step.extent = disclosure.extent;
  if (!step.grant) step.time = it.message.created;
  step.state = step.grant ? core::StepState::disclosed : core::StepState::announced;
}

core::StepState step_state(core::CopyState state) {
  switch (state) {
    case core::CopyState::locked:
      return core::StepState::locked;
    case core::CopyState::erased:
      return core::StepState::erased;
    case core::CopyState::retained:
      return core::StepState::retained;
  }
  return core::StepState::held;
}

// The last word of each receiver: they come in the order in which they were recorded.
Result<void> add_compliance(const Node& node, Steps& steps) {
  std::set<core::MessageId> grants;
  for (const auto& [key, step] : steps)
    if (step.grant) grants.insert(*step.grant);
  for (const auto& grant : grants)
    for (const auto& one : TRY(stated_about(node, grant))) {
      const auto* compliance = std::get_if<core::Compliance>(&one.statement);
      if (compliance == nullptr) continue;
      const auto it = steps.find({core::to_string(compliance->copy), one.message.originator});
      if (it == steps.end()) continue;
      auto& step = it->second;
      if (step.state == core::StepState::erased) continue;  // what is gone does not come back
      step.state = step_state(compliance->state);
      step.ground = compliance->ground;
      step.time = compliance->time;
      step.report = one.row.id;
    }
  return {};
}

// Of a spill: what whoever had it signed. Who passed it to somebody outside its audience does not follow from that.
void take(const Stated& it, const core::SpillReceipt& receipt, const core::Message& original, Steps& steps) {
  auto& step = steps[{core::to_string(receipt.message), it.message.originator}];
  if (step.state == core::StepState::erased) return;
  if (core::audience(original).contains(it.message.originator)) step.holder = original.originator;
  step.receiver = it.message.originator;
  step.carrier = receipt.message;
  step.state = step_state(receipt.state);
  step.time = receipt.time;
  step.report = it.row.id;
}

Result<Detached> detached_about(const Node& node, const core::MessageId& original) {
  Detached out;
  for (const auto& one : TRY(stated_about(node, original)))
    if (const auto* grant = std::get_if<core::Grant>(&one.statement);
        grant != nullptr && grant->is_detached() && grant->provider == node.identity.authority)
      out.emplace(grant->id, *grant);
  return out;
}

// When each grant of ours about this was revoked, by the order of our outbox.
Result<core::Revoked> revoked_of(const Node& node, const Steps& steps, const Detached& detached) {
  std::set<core::MessageId> grants;
  for (const auto& [id, grant] : detached) grants.insert(id);
  for (const auto& [key, step] : steps)
    if (step.grant) grants.insert(*step.grant);
  core::Revoked out;
  for (const auto& grant : grants)
    for (const auto& one : TRY(stated_about(node, grant)))
      if (std::holds_alternative<core::Revocation>(one.statement)) out.emplace(grant, one.row.recorded);
  return out;
}

// Whether everybody this grant names has signed that it took the revocation in.
Result<bool> known_to_all(const Node& node, const core::Grant& grant) {
  std::set<std::string> unaware(grant.terms.to.begin(), grant.terms.to.end());
  for (const auto& one : TRY(stated_about(node, grant.id))) {
    if (!std::holds_alternative<core::Revocation>(one.statement)) continue;
    for (const auto& record : TRY(node.store.reader().receipts(one.row.id)))
      if (record.receipt.stage == core::Stage::delivered) unaware.erase(record.receipt.receiver);
  }
  return unaware.empty();
}

std::uint64_t hours_between(Instant from, Instant to) {
  return to <= from ? 0 : static_cast<std::uint64_t>((to - from).ms / hours(1).ms);
}

Result<void> add_coverage(const Node& node, const core::Message& original, const Steps& steps, const Detached& detached,
                          wire::DisseminationView& out) {
  const auto revoked = TRY(revoked_of(node, steps, detached));
  if (revoked.empty()) return {};
  std::vector<core::DetachedEnd> ended;
  for (const auto& [id, grant] : detached)
    if (revoked.contains(id)) ended.push_back({grant.terms.until, TRY(known_to_all(node, grant))});
  std::vector<core::Step> all;
  for (const auto& step : out.transfers)
    all.push_back({step.holder, step.receiver, step.grant, step.permit_until, step.state});
  const auto ends = core::ended(all, revoked, core::audience(original));
  const auto now = node.clock.now();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (ends[i] && all[i].state == core::StepState::held) out.transfers[i].waiting_hours = hours_between(*ends[i], now);
  out.coverage = core::coverage(all, ends, now, ended);
  return {};
}

// A request or a grant stands for what it is about, which a successor may have beside the request alone.
Result<store::MessageRow> message_meant(const Node& node, const core::MessageId& id) {
  auto& reader = node.store.reader();
  auto row = TRY(reader.message_row(id));
  const auto one = TRY(stated(row));
  if (!one || (!std::holds_alternative<core::ConsentRequest>(one->statement) &&
               !std::holds_alternative<core::Grant>(one->statement)))
    return row;
  const auto original = core::subject_of(one->statement);
  auto held = reader.message_row(original);
  if (held.has_value() || held.error().code != Errc::not_found) return held;
  std::vector<core::MessageId> beside = {id};
  if (one->message.in_reply_to) beside.push_back(*one->message.in_reply_to);
  const auto sources = TRY(HeldSources::gather(beside, [&](const core::MessageId& of) { return reader.message(of); }));
  const auto* shown = sources.lookup()(original);
  if (shown == nullptr) return fail(Errc::not_found, "what it is about is not held");
  row.id = original;
  row.direction = store::Direction::carried;
  row.statement = shown->message.to_text();
  row.number.clear();
  row.their_number.clear();
  row.handling.reset();
  return row;
}

Result<wire::DisseminationView> dissemination_of(const Node& node, const core::MessageId& named) {
  wire::DisseminationView out;
  const auto row = TRY(message_meant(node, named));
  const auto& id = row.id;
  const auto original = TRY(core::Message::parse(row.statement));
  out.message = TRY(message_view(node, scene(node), row));
  Steps steps;
  CHECK_OK(add_permitted(node, id, steps));
  const auto detached = TRY(detached_about(node, id));
  for (const auto& one : TRY(stated_about(node, id))) {
    if (const auto* report = std::get_if<core::TransferReport>(&one.statement)) take(one, *report, detached, steps);
    if (const auto* disclosure = std::get_if<core::Disclosure>(&one.statement)) take(one, *disclosure, steps);
    if (const auto* receipt = std::get_if<core::SpillReceipt>(&one.statement)) take(one, *receipt, original, steps);
  }
  CHECK_OK(add_compliance(node, steps));
  for (auto& [key, step] : steps) {
    if (step.grant) step.grant_number = TRY(number_of(node, *step.grant));
    if (step.grant && detached.contains(*step.grant)) step.detached_until = detached.at(*step.grant).terms.until;
    out.transfers.push_back(step);
  }
  std::stable_sort(out.transfers.begin(), out.transfers.end(),
                   [](const auto& a, const auto& b) { return a.carrier < b.carrier; });  // ids begin with their time
  CHECK_OK(add_coverage(node, original, steps, detached, out));
  return out;
}

template <class T>
Outcome<T> found_or_refused(Result<T> found, const std::string& name) {
  using Answer = std::variant<T, Refused>;
  if (found.has_value()) return Answer(std::move(*found));
  auto refusal = TRY(as_refusal(found.error()));
  return Answer(refused(refusal.decision.reasons().front().code, name));
}

}  // namespace

Outcome<wire::ConsentListing> ConsentDesk::list(const core::User& caller, const wire::ListQuery& query) const {
  using Answer = std::variant<wire::ConsentListing, Refused>;
  if (!core::permits(caller.role, core::Permission::list)) return Answer(refused(core::ReasonCode::role, "list"));
  return found_or_refused(listing_of(node_, query), query.message);
}

Outcome<wire::DisseminationView> ConsentDesk::dissemination(const core::User& caller, const std::string& name) const {
  using Answer = std::variant<wire::DisseminationView, Refused>;
  if (!core::permits(caller.role, core::Permission::list)) return Answer(refused(core::ReasonCode::role, "list"));
  const auto id = node_.store.reader().resolve(name);
  if (!id.has_value()) return found_or_refused(Result<wire::DisseminationView>(tl::unexpected(id.error())), name);
  return found_or_refused(dissemination_of(node_, *id), name);
}

}  // namespace chancery::service

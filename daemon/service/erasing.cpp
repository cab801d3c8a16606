#include "daemon/service/erasing.h"

#include "daemon/service/copies.h"
#include "daemon/service/read.h"

namespace chancery::service {

namespace {

using store::ErasureState;
using Settlement = std::variant<wire::ErasureView, Refused>;

// One order as its act finds it.
struct Case {
  const core::User& caller;
  const wire::ErasureOrder& order;
  store::MessageRow row;
  core::Message message;
  std::optional<store::ErasureRecord> before;
};

core::JournalEntry entry_of(const Node& node, const Case& c, core::Act act) {
  core::JournalEntry entry;
  entry.actor = c.caller.name;
  entry.act = act;
  entry.message = c.row.id;
  entry.subject = c.order.retain;
  entry.data = node.agreements()->digest();
  return entry;
}

Result<Settlement> refuse(const Node& node, store::Transaction& tx, const Case& c, const core::Decision& decision) {
  auto entry = entry_of(node, c, core::Act::access_refused);
  entry.decision = core::to_string(decision.verdict());
  entry.reasons = decision.codes();
  TRY(tx.append(std::move(entry)));
  return Settlement(Refused{decision, c.message.agreement});
}

Result<Settlement> refuse(const Node& node, store::Transaction& tx, const Case& c, core::ReasonCode code,
                          const std::string& subject) {
  return refuse(node, tx, c, refused(code, subject).decision);
}

Settlement done(const Case& c, const char* state, std::uint64_t copies) {
  return wire::ErasureView{c.row.id, c.row.number, state, copies};
}

Result<Settlement> propose(const Node& node, store::Transaction& tx, const Case& c) {
  CHECK_OK(tx.record_erasure(c.row.id, {ErasureState::proposed, c.caller.name, c.order.retain},
                             entry_of(node, c, core::Act::erasure_proposed)));
  return done(c, "proposed", 0);
}

Result<Settlement> carry_out(const Node& node, store::Transaction& tx, const Case& c) {
  if (c.order.retain.empty()) {
    const auto erased = TRY(erase_copy(node, tx, c.row.id, c.caller.name));
    return done(c, "erased", erased.size());
  }
  CHECK_OK(tx.record_erasure(c.row.id, {ErasureState::retained, c.caller.name, c.order.retain},
                             entry_of(node, c, core::Act::copy_retained)));
  TRY(report_copy(node, tx, c.row.id, core::CopyState::retained, c.order.retain));
  return done(c, "retained", 1);
}

// What was locked by a grant may be kept; what was spilled may not.
Result<bool> may_be_kept(store::Transaction& tx, const core::MessageId& id) {
  return TRY(tx.locked(id)) && !TRY(is_spilled(tx, id));
}

Result<Settlement> decide(const Node& node, store::Transaction& tx, const Case& c) {
  const auto book = node.agreements();
  const auto world = world_of(node, *book, tx);
  const auto handling = TRY(handling_here(tx, c.row, c.message));
  const auto access = core::decide_access(world, c.caller, core::Permission::compose, c.message, handling);
  if (!access.allowed()) return refuse(node, tx, c, access);
  if (c.before && c.before->state == ErasureState::erased)
    return refuse(node, tx, c, core::ReasonCode::no_longer_held, node.identity.authority);
  if (!c.order.retain.empty() && !TRY(may_be_kept(tx, c.row.id)))
    return refuse(node, tx, c, core::ReasonCode::malformed, "retain");
  if (c.before && c.before->state == ErasureState::retained && c.before->ground == c.order.retain)
    return refuse(node, tx, c, core::ReasonCode::already, c.row.id.short_text());

  const bool proposed = c.before && c.before->state == ErasureState::proposed && c.before->ground == c.order.retain;
  const bool alone = !core::is_restricted(world, c.message) && core::permits(c.caller.role, core::Permission::approve);
  if (!proposed && !alone) return propose(node, tx, c);
  if (!alone) {
    const auto approval = core::decide_approval(world, c.caller, c.before->officer, c.message, handling);
    if (!approval.allowed()) return refuse(node, tx, c, approval);
  }
  return carry_out(node, tx, c);
}

Result<Settlement> act(const Node& node, store::Transaction& tx, const core::User& caller,
                       const wire::ErasureOrder& order, const core::MessageId& id) {
  auto row = TRY(tx.find_message(id));
  if (!row) return Settlement(refused(core::ReasonCode::not_found, id.short_text()));
  auto message = TRY(core::Message::parse(row->statement));
  return decide(node, tx, {caller, order, std::move(*row), std::move(message), TRY(tx.erasure(id))});
}

}  // namespace

Erasing::Erasing(Node node, Lanes lanes) : node_(std::move(node)), lanes_(std::move(lanes)) {}

Outcome<wire::ErasureView> Erasing::run(const core::User& caller, const wire::ErasureOrder& order) {
  if (!core::permits(caller.role, core::Permission::compose))
    return Settlement(refused(core::ReasonCode::role, "erase"));
  const auto id = node_.store.reader().resolve(order.message);
  if (!id.has_value()) {
    const auto refusal = TRY(as_refusal(id.error()));
    return Settlement(refused(refusal.decision.reasons().front().code, order.message));
  }
  auto answer =
      TRY(node_.store.run<Settlement>(0, [&](store::Transaction& tx) { return act(node_, tx, caller, order, *id); }));
  tell_owed(node_, lanes_);
  return answer;
}

}  // namespace chancery::service

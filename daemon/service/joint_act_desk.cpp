#include "daemon/service/joint_act_desk.h"

#include <algorithm>

#include "daemon/core/access.h"

namespace chancery::service {

namespace {

// How a statement is called here; empty when it is not held.
Result<std::string> called_here(const Node& node, const core::MessageId& id) {
  const auto row = node.store.reader().message_row(id);
  if (row.has_value()) return row->number;
  if (row.error().code == Errc::not_found) return std::string();
  return tl::unexpected(row.error());
}

Result<wire::VersionView> version_view(const Node& node, const core::JointActBook& book, const core::Version& version,
                                       Instant now) {
  wire::VersionView out;
  out.version = version;
  out.number_here = TRY(called_here(node, version.id));
  out.lapsed = core::lapsed(version, now);
  if (const auto* opening = book.find(version.digest)) {
    out.originator = opening->author;
    out.kind = core::to_string(opening->kind);
    out.suites = opening->suites;
  }
  return out;
}

// Who has to sign a proposal made today, and which authorities speak for the others.
wire::RequiredView required_today(const core::World& world, const core::Agreement& agreement) {
  wire::RequiredView out;
  out.agreement = agreement.id;
  out.parties = agreement.parties_at(world.now);
  for (const auto& [authority, entry] : world.directory.entries()) {
    const auto* designation = world.directory.designation(authority, world.now);
    if (authority == world.self || designation == nullptr) continue;
    const auto is_among = [](const auto& list, const auto& value) {
      return std::find(list.begin(), list.end(), value) != list.end();
    };
    if (is_among(designation->agreements, agreement.id) && is_among(out.parties, designation->party))
      out.authorities.push_back(authority);
  }
  return out;
}

}  // namespace

Outcome<wire::JointActListing> JointActDesk::list(const core::User& caller, const std::string& agreement) const {
  using Answer = std::variant<wire::JointActListing, Refused>;
  if (!core::permits(caller.role, core::Permission::list)) return Answer(refused(core::ReasonCode::role, "list"));
  const auto at = scene(node_);
  const auto world = at.world();
  wire::JointActListing out;
  for (const auto& [subject, state] : at.joint_acts->subjects()) {
    if (!agreement.empty() && subject.agreement != agreement) continue;
    wire::SubjectView view{subject, {}, state.in_force, state.evidence};
    for (const auto& version : state.versions)
      view.versions.push_back(TRY(version_view(node_, *at.joint_acts, version, at.now)));
    out.subjects.push_back(std::move(view));
  }
  std::set<std::string> ids;
  for (const auto& one : at.book->agreements())
    if ((agreement.empty() || one.id == agreement) && ids.insert(one.id).second)
      out.required.push_back(required_today(world, *at.book->find(one.id)));
  if (!agreement.empty() && out.required.empty())
    return Answer(refused(core::ReasonCode::agreement_unknown, agreement));
  return Answer(std::move(out));
}

}  // namespace chancery::service

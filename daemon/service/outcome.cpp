#include "daemon/service/outcome.h"

namespace chancery::service {

core::World world_of(const Node& node, const core::AgreementBook& book, const store::Transaction& tx) {
  return {book, tx.directory(), tx.joint_acts(), node.identity.authority, tx.now(), node.identity.suite};
}

std::optional<core::ReasonCode> why_parked(const Node& node, const std::string& peer) {
  return core::why_parked(*node.store.directory(), peer, node.clock.now(), node.revocation_grace);
}

Refused refused(core::ReasonCode code, std::string subject) {
  Refused out;
  out.decision.add({code, {}, {}, std::move(subject)});
  return out;
}

Result<Refused> as_refusal(const Error& error) {
  switch (error.code) {
    case Errc::malformed:
      // The field, never what stood in it.
      return refused(core::ReasonCode::malformed, error.detail.substr(0, error.detail.find(':')));
    case Errc::not_found:
      return refused(core::ReasonCode::not_found);
    case Errc::conflict:
      return refused(core::ReasonCode::ambiguous_id);
    case Errc::unauthenticated:
    case Errc::forbidden:
    case Errc::stale:
    case Errc::busy:
    case Errc::unavailable:
    case Errc::corrupt:
    case Errc::internal:
      break;
  }
  return tl::unexpected(error);
}

std::optional<core::ReasonCode> why_not_now(const Node& node, const Error& error) {
  if (error.code != Errc::unavailable) return std::nullopt;
  return node.store.full() ? core::ReasonCode::disk_full : node.store.why_unsigned();
}

Scene scene(const Node& node) {
  return {node.agreements(),       node.store.directory(), node.store.joint_acts(),
          node.identity.authority, node.clock.now(),       node.identity.suite};
}

}  // namespace chancery::service

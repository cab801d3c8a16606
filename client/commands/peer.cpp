#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/designation_bundle.h"
#include "client/files.h"
#include "client/peer_table.h"
#include "client/refusal.h"
#include "daemon/core/form.h"

namespace chancery::client::commands {

namespace {

int print_peer(Session& session, const google::protobuf::Message& response, const v1::PeerView& peer,
               const std::string& schema, const std::string& key) {
  if (session.json()) return session.print_json(schema, response);
  if (session.format() == Format::id) return session.print(peer.authority() + "\n");
  return session.say(key, {{"authority", peer.authority()},
                           {"party", peer.party()},
                           {"state", session.catalogue().word("peer-state", shown_state(peer))},
                           {"anchor", peer.anchor()},
                           {"serial", std::to_string(peer.serial())},
                           {"queued", std::to_string(peer.queued())}});
}

Outcome<std::string> reason_typed(const Session& session) {
  const auto reason = session.arguments().value("--reason");
  if (core::is_line(reason)) return reason;
  return fault("E-USAGE-VALUE", {{"option", "--reason"}, {"value", reason}});
}

}  // namespace

Outcome<int> peer_add(Session& session) {
  const auto path = session.arguments().value("FILE");
  const auto bytes = TRY(read_file(path));
  // Checked here as well: what does not verify is not even offered.
  TRY(or_fault(open_bundle(bytes), "E-DESIGNATION", {{"path", path}}));
  v1::AddPeerRequest request;
  request.mutable_designation()->ParseFromString(bytes);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::AddPeer, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), path));
  const bool compared = response.peer().state() != "unverified";
  return print_peer(session, response, response.peer(), "AddPeerResponse", compared ? "peer.designated" : "peer.added");
}

Outcome<int> peer_verify(Session& session) {
  v1::VerifyPeerRequest request;
  request.set_authority(session.arguments().value("AUTHORITY"));
  request.set_anchor(session.arguments().value("--anchor"));
  if (!parse_digest(request.anchor()))
    return fault("E-USAGE-VALUE", {{"option", "--anchor"}, {"value", request.anchor()}});
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::VerifyPeer, request));
  if (response.has_refused()) {
    auto refusal = to_fault(response.refused(), request.authority());
    if (refusal.code != "E-VERIFY-SIGNATURE") return tl::unexpected(std::move(refusal));
    return fault("E-ANCHOR-DIFFERS", {{"subject", request.authority()}});
  }
  return print_peer(session, response, response.peer(), "VerifyPeerResponse", "peer.verified");
}

Outcome<int> peer_suspend(Session& session) {
  v1::SuspendPeerRequest request;
  request.set_authority(session.arguments().value("AUTHORITY"));
  request.set_reason(TRY(reason_typed(session)));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::SuspendPeer, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.authority()));
  return print_peer(session, response, response.peer(), "SuspendPeerResponse", "peer.suspended");
}

Outcome<int> peer_resume(Session& session) {
  v1::ResumePeerRequest request;
  request.set_authority(session.arguments().value("AUTHORITY"));
  request.set_reason(TRY(reason_typed(session)));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::ResumePeer, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.authority()));
  const bool goes = response.peer().parked().empty();
  return print_peer(session, response, response.peer(), "ResumePeerResponse", goes ? "peer.resumed" : "peer.suspended");
}

Outcome<int> peer_list(Session& session) {
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::ListPeers, v1::ListPeersRequest()));
  if (response.refused().reasons_size() > 0) return tl::unexpected(to_fault(response.refused(), "-"));
  if (session.json()) return session.print_json("ListPeersResponse", response);
  if (session.format() == Format::table) return session.print(peer_table(response.peers(), session.catalogue()));
  for (const auto& peer : response.peers()) session.print(peer.authority() + "\n");
  return kOk;
}

}  // namespace chancery::client::commands

#include "client/peer_table.h"

#include "client/table.h"
#include "daemon/core/display.h"

namespace chancery::client {

std::string shown_state(const v1::PeerView& peer) {
  return peer.parked().empty() || peer.state() != "active" ? peer.state() : "parked";
}

std::string peer_table(const google::protobuf::RepeatedPtrField<v1::PeerView>& peers, const Catalogue& catalogue) {
  Table table({catalogue.text("column.peer"), catalogue.text("column.state"), catalogue.text("column.connected"),
               catalogue.text("column.queued"), catalogue.text("column.last-contact"), catalogue.text("column.until"),
               catalogue.text("column.agreements"), catalogue.text("column.anchor"), catalogue.text("column.error")});
  for (const auto& peer : peers)
    table.add({peer.authority(), catalogue.word("peer-state", shown_state(peer)),
               catalogue.text(peer.connected() ? "word.yes" : "word.no"), std::to_string(peer.queued()),
               local_time(peer.last_contact()), local_time(peer.certificate_until()),
               joined({peer.agreements().begin(), peer.agreements().end()}, " "), peer.anchor().substr(0, 19),
               peer.parked().empty() ? peer.last_error() : peer.parked()});
  auto text = table.text();
  for (const auto& peer : peers)
    if (shown_state(peer) == "parked")
      text += catalogue.text("error." + peer.parked() + ".what", {{"subject", peer.authority()}}) + "\n";
  for (const auto& peer : peers)
    if (!peer.reason().empty())
      text += catalogue.text("peer.reason",
                             {{"authority", peer.authority()}, {"reason", core::neutralised(peer.reason())}}) +
              "\n";
  for (const auto& peer : peers)
    for (const auto& successor : peer.successors())
      text += catalogue.text("designation.succeeds", {{"authority", successor.authority()},
                                                      {"predecessor", peer.authority()},
                                                      {"from", local_time(successor.from())}}) +
              "\n";
  return text;
}

}  // namespace chancery::client

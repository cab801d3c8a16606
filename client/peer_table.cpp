#include "client/peer_table.h"

#include "client/table.h"

namespace chancery::client {

std::string peer_table(const google::protobuf::RepeatedPtrField<v1::PeerView>& peers, const Catalogue& catalogue) {
  Table table({catalogue.text("column.peer"), catalogue.text("column.state"), catalogue.text("column.connected"),
               catalogue.text("column.queued"), catalogue.text("column.last-contact"), catalogue.text("column.until"),
               catalogue.text("column.agreements"), catalogue.text("column.anchor"), catalogue.text("column.error")});
  for (const auto& peer : peers)
    table.add({peer.authority(), catalogue.word("peer-state", peer.state()),
               catalogue.text(peer.connected() ? "word.yes" : "word.no"), std::to_string(peer.queued()),
               local_time(peer.last_contact()), local_time(peer.certificate_until()),
               joined({peer.agreements().begin(), peer.agreements().end()}, " "), peer.anchor().substr(0, 19),
               peer.last_error()});
  auto text = table.text();
  for (const auto& peer : peers)
    for (const auto& successor : peer.successors())
      text += catalogue.text("designation.succeeds", {{"authority", successor.authority()},
                                                      {"predecessor", peer.authority()},
                                                      {"from", local_time(successor.from())}}) +
              "\n";
  return text;
}

}  // namespace chancery::client

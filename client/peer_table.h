// Peers as a table, in `peer list` and `status`.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/catalogue.h"

namespace chancery::client {

// The state, or `parked` where nothing is exchanged with an active peer now.
std::string shown_state(const v1::PeerView& peer);

std::string peer_table(const google::protobuf::RepeatedPtrField<v1::PeerView>& peers, const Catalogue& catalogue);

}  // namespace chancery::client

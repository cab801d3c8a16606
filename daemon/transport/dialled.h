// Finds the socket behind a channel that gRPC dialled: it shows none, and the guard needs its bytes and a way to shut
// it.
#pragma once

#include <string>

#include "daemon/transport/connections.h"

namespace chancery::transport {

// Adds each connected TCP socket of this process that leads to `endpoint` ("host:port") and that is not there yet, as
// this authority's. Returns the name of the last that was added; empty when there was none.
std::string find_dialled(const std::string& endpoint, const std::string& authority, Connections& connections);
// The same by what gRPC calls the peer of a call: "ipv4:192.0.2.1:8443". A name may lead elsewhere when it is asked
// twice.
std::string find_connected(const std::string& uri, const std::string& authority, Connections& connections);

}  // namespace chancery::transport

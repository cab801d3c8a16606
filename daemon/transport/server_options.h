// What both servers share: limits, keep-alive, no compression, and which of them answers reflection.
#pragma once

namespace grpc {
class ServerBuilder;
}

namespace chancery::transport {

struct ServerLimits {
  int max_message = 0;         // bytes received in one message
  int streams_per_connection;  // concurrent calls
  int threads;                 // for all calls together
};

// `reflection`: for people on this machine; a peer has no use for it. It is a setting of the process that a server
// takes when it is built: build one server after the other.
void apply(grpc::ServerBuilder& builder, const ServerLimits& limits, bool reflection);

}  // namespace chancery::transport

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

// Reflection comes with the library for every server of the process; only the one that asks for it keeps it.
void apply(grpc::ServerBuilder& builder, const ServerLimits& limits, bool reflection);

}  // namespace chancery::transport

// How an error leaves the daemon: one code, one fixed sentence, a correlation id. Its detail stays in our log under
// the same id. A refusal is never a status; it is an answer.
#pragma once

#include "crypto/random.h"
#include "daemon/service/node.h"

namespace grpc {
class ServerContext;
class Status;
}  // namespace grpc

namespace chancery::transport {

// A gRPC status code as a number (grpc/status.h), so that this header needs no gRPC.
int grpc_code(Errc code);
// What the caller is told.
const char* sentence(Errc code);

// Makes the status, puts `correlation-id` into the trailing metadata and writes code, id and detail to the log.
grpc::Status to_status(const Error& error, const std::string& call, grpc::ServerContext& context,
                       crypto::RandomSource& random, const service::Log& log);

}  // namespace chancery::transport

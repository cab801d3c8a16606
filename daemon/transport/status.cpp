#include "daemon/transport/status.h"

#include <grpcpp/server_context.h>

namespace chancery::transport {

using service::log_line;
using service::LogEvent;

int grpc_code(Errc code) {
  switch (code) {
    case Errc::malformed:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case Errc::unauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    case Errc::forbidden:
      return grpc::StatusCode::PERMISSION_DENIED;
    case Errc::not_found:
      return grpc::StatusCode::NOT_FOUND;
    case Errc::conflict:
      return grpc::StatusCode::ALREADY_EXISTS;
    case Errc::stale:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case Errc::busy:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Errc::unavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case Errc::corrupt:
      return grpc::StatusCode::DATA_LOSS;
    case Errc::internal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

const char* sentence(Errc code) {
  switch (code) {
    case Errc::malformed:
      return "The request is not well formed.";
    case Errc::unauthenticated:
      return "The certificate is not known here.";
    case Errc::forbidden:
      return "The caller may not do this.";
    case Errc::not_found:
      return "There is nothing of that name.";
    case Errc::conflict:
      return "This is already there with other content.";
    case Errc::stale:
      return "This was overtaken by something newer.";
    case Errc::busy:
      return "Too much is waiting; try again.";
    case Errc::unavailable:
      return "The service cannot be reached now; try again.";
    case Errc::corrupt:
      return "Stored data does not hold its own checks.";
    case Errc::internal:
      return "The daemon made an error.";
  }
  return "The daemon made an error.";
}

namespace {

bool is_ours(Errc code) { return code == Errc::corrupt || code == Errc::internal; }

}  // namespace

grpc::Status to_status(const Error& error, const std::string& call, grpc::ServerContext& context,
                       crypto::RandomSource& random, const service::Log& log) {
  const auto correlation = to_hex(random.bytes(8));
  context.AddTrailingMetadata("correlation-id", correlation);
  log(is_ours(error.code) ? log_line<LogEvent::desk_failed>(call, to_string(error.code), correlation, error.detail)
                          : log_line<LogEvent::desk_error>(call, to_string(error.code), correlation, error.detail));
  return {static_cast<grpc::StatusCode>(grpc_code(error.code)), sentence(error.code)};
}

}  // namespace chancery::transport

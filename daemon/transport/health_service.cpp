#include "daemon/transport/health_service.h"

#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/method_handler.h>

#include "daemon/transport/raw_stream.h"

namespace chancery::transport {

namespace {

// HealthCheckRequest is field 1, the name of a service: nothing at all, or an empty one.
bool names_the_server(const Bytes& request) { return request.empty() || request == Bytes{0x0a, 0x00}; }

// HealthCheckResponse is field 1, a varint.
Bytes response(bool serving) {
  constexpr std::uint8_t kServing = 1, kNotServing = 2;
  return {0x08, serving ? kServing : kNotServing};
}

}  // namespace

HealthService::HealthService() {
  AddMethod(new grpc::internal::RpcServiceMethod(
      "/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC,
      new grpc::internal::RpcMethodHandler<HealthService, grpc::ByteBuffer, grpc::ByteBuffer>(
          [](HealthService* self, grpc::ServerContext*, const grpc::ByteBuffer* request, grpc::ByteBuffer* out) {
            const auto bytes = to_bytes(*request);
            if (!bytes || !names_the_server(*bytes)) return grpc::Status(grpc::StatusCode::NOT_FOUND, "");
            *out = to_buffer(response(self->serving_));
            return grpc::Status::OK;
          },
          this)));
}

}  // namespace chancery::transport

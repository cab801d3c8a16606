#include "daemon/transport/desk_probe.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/channel_arguments.h>

#include "daemon/transport/raw_stream.h"

namespace chancery::transport {

namespace {

// Between attempts to connect. Left alone gRPC waits up to two minutes after some that failed, and would take a desk
// that answers again for silent all the while.
constexpr int kFirstAgainMs = 100;
constexpr int kAgainMs = 500;

constexpr const char* kCheck = "/grpc.health.v1.Health/Check";

// HealthCheckResponse as it is encoded: field 1, a varint, SERVING = 1. Debian has no header generated from it.
bool says_serving(const Bytes& response) { return response == Bytes{0x08, 0x01}; }

}  // namespace

DeskProbe::DeskProbe(const std::string& socket, const TlsIdentity& identity) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstAgainMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kAgainMs);
  arguments.SetMaxReceiveMessageSize(1 << 10);
  const auto own = crypto::Certificate::from_pem(identity.certificate_pem);
  const auto pinned = own ? std::optional<Digest>(own->id()) : std::nullopt;
  channel_ = grpc::CreateCustomChannel(
      "unix:" + socket, channel_credentials(identity, [pinned](const Digest& leaf) { return leaf == pinned; }),
      arguments);
}

Health DeskProbe::ask(Duration wait) const {
  grpc::ClientContext call;
  call.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(wait.ms));
  // One that could not be reached the last time is tried again.
  call.set_wait_for_ready(true);
  const auto request = to_buffer({});
  grpc::ByteBuffer response;
  const grpc::internal::RpcMethod method(kCheck, grpc::internal::RpcMethod::NORMAL_RPC, channel_);
  const auto status =
      grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
          channel_.get(), method, &call, request, &response);
  if (!status.ok()) return Health::silent;
  const auto bytes = to_bytes(response);
  return bytes && says_serving(*bytes) ? Health::serving : Health::not_serving;
}

}  // namespace chancery::transport

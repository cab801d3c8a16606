// The standard health check (grpc.health.v1.Health), whose one service is the server as a whole: its name is empty.
// `Check` is answered, `Watch` is UNIMPLEMENTED, which the standard allows and clients know. gRPC's own would bring its
// callback API along, and with it threads that wake up beside ours for every call and frame of the server. Registered
// by hand, because Debian has no header generated from it. Thread-safe.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <atomic>

namespace chancery::transport {

class HealthService final : public grpc::Service {
 public:
  HealthService();
  void serving(bool yes) { serving_ = yes; }

 private:
  std::atomic<bool> serving_{true};
};

}  // namespace chancery::transport

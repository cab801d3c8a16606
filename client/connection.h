// The daemon's desk over its Unix socket: TLS 1.3, the server's certificate pinned, the person's certificate shown.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>

#include "chancery/v1/desk.grpc.pb.h"
#include "client/context.h"

namespace chancery::client {

// What the person asked for, for the words of a refusal that names nothing.
struct Asked {
  std::string command;  // "peer list"
  std::string subject;  // the number, draft or authority typed; may be empty
};

class Desk {
 public:
  // Reads keys and certificates; the connection itself is made by the first call. `timeout` seconds a call.
  static Outcome<std::unique_ptr<Desk>> connect(const Context& context, double timeout, Asked asked);

  template <class Request, class Response>
  using Method = grpc::Status (v1::Desk::Stub::*)(grpc::ClientContext*, const Request&, Response*);

  template <class Request, class Response>
  Outcome<Response> call(Method<Request, Response> method, const Request& request) {
    Response response;
    const auto status = status_of(method, request, response);
    if (!status.ok()) return tl::unexpected(to_fault(status));
    return response;
  }

  // The bare status, for who can ask again under the same key.
  template <class Request, class Response>
  grpc::Status status_of(Method<Request, Response> method, const Request& request, Response& response) {
    grpc::ClientContext call;
    call.set_deadline(std::chrono::system_clock::now() +
                      std::chrono::milliseconds(static_cast<std::int64_t>(timeout_ * 1000)));
    return ((*stub_).*method)(&call, request, &response);
  }

  // For streams, which take as long as they take.
  [[nodiscard]] v1::Desk::Stub& stub() const { return *stub_; }
  [[nodiscard]] Fault to_fault(const grpc::Status& status) const;
  [[nodiscard]] const std::string& certificate_digest() const { return certificate_digest_; }
  [[nodiscard]] const std::string& socket() const { return socket_; }

 private:
  Desk() = default;
  std::unique_ptr<v1::Desk::Stub> stub_;
  std::shared_ptr<std::atomic<bool>> wrong_server_;  // set by the verifier, on gRPC's threads
  std::string socket_;
  std::string certificate_digest_;
  Asked asked_;
  double timeout_ = 30;
};

// The exit code and words of a gRPC status; policy answers never come this way.
Fault to_fault(const grpc::Status& status, const std::string& socket, const Asked& asked);

}  // namespace chancery::client

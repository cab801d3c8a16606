#include "daemon/transport/desk.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "daemon/transport/desk_handlers.h"
#include "daemon/transport/health_service.h"
#include "daemon/transport/listener.h"
#include "daemon/transport/server_options.h"
#include "daemon/transport/submit_stream.h"

namespace chancery::transport {

namespace {

// 64 drafts of a mebibyte each are not sent by people; a frame may take a quarter of that.
constexpr int kMaxRequest = 16 << 20;
constexpr int kThreads = 128;

}  // namespace

grpc::Status DeskHandlers::SubmitMany(grpc::ServerContext* context, SubmitStream::Rpc* rpc) {
  return as_person(context, "SubmitMany", [&](const core::User& person) -> Result<void> {
    SubmitStream stream(services_.submit, person, *rpc, [context] { context->TryCancel(); });
    return stream.run();
  });
}

class DeskServer::Impl {
 public:
  Impl(const DeskOptions& options, const DeskServices& services)
      : clock_(services.clock), connections_({128, 128, true, {}}, services.log), handlers_(services) {
    grpc::ServerBuilder builder;
    apply(builder, {kMaxRequest, 64, kThreads}, true);
    builder.RegisterService(&handlers_);
    builder.RegisterService(&health_);
    // Any person's certificate completes the handshake, so that an unknown one gets an answer.
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        server_credentials(options.identity, [](const Digest&) { return true; }));
    server_ = builder.BuildAndStart();
  }

  ~Impl() {
    listener_.reset();
    if (!server_) return;
    health_.serving(false);
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    server_->Wait();
  }

  [[nodiscard]] bool running() const { return server_ != nullptr; }
  void serving(bool yes) { health_.serving(yes); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  void listen(Socket socket) {
    listener_ = std::make_unique<Listener>(
        std::move(socket), connections_, clock_, [this](int listening, int accepted) { hand(listening, accepted); },
        [] {});
  }

 private:
  void hand(int listening, int accepted) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listening;
    parameters.fd = accepted;
    acceptor_->HandleNewConnection(&parameters);
  }

  const Clock& clock_;
  Connections connections_;
  DeskHandlers handlers_;
  HealthService health_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
};

Result<std::unique_ptr<DeskServer>> DeskServer::start(const DeskOptions& options, const DeskServices& services) {
  auto socket = TRY(Socket::unix(options.socket));
  auto impl = std::make_unique<Impl>(options, services);
  if (!impl->running()) return fail(Errc::unavailable, "the desk server does not start");
  impl->listen(std::move(socket));
  return std::unique_ptr<DeskServer>(new DeskServer(std::move(impl)));
}

DeskServer::DeskServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeskServer::~DeskServer() = default;
void DeskServer::serving(bool yes) { impl_->serving(yes); }
std::size_t DeskServer::connections() const { return impl_->connections(); }

}  // namespace chancery::transport

#include "daemon/transport/peer_exchange.h"

#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/method_handler.h>

#include <latch>

#include "daemon/transport/listener.h"
#include "daemon/transport/raw_stream.h"
#include "daemon/transport/server_options.h"
#include "daemon/transport/stream_link.h"

namespace chancery::transport {

namespace {

using RawStream = grpc::ServerReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

constexpr int kThreads = 256;

// Fixed sentences; they tell a stranger nothing.
const char* const kUnknown = "The certificate is not known here.";
const char* const kNotNow = "The stream is not taken now; try again.";

// PeerExchange, registered by hand so that frames come as bytes (raw_stream.h).
class DeliverService final : public grpc::Service {
 public:
  DeliverService(Links& links, Connections& connections, service::PeerEvents& events, const Clock& clock)
      : links_(links), connections_(connections), events_(events), clock_(clock) {
    AddMethod(new grpc::internal::RpcServiceMethod(
        kDeliver, grpc::internal::RpcMethod::BIDI_STREAMING,
        new grpc::internal::BidiStreamingHandler<DeliverService, grpc::ByteBuffer, grpc::ByteBuffer>(
            [](DeliverService* self, grpc::ServerContext* context, RawStream* stream) {
              return self->deliver(*context, *stream);
            },
            this)));
  }

 private:
  // The certificate is looked up again: the connection may be older than a suspension.
  grpc::Status deliver(grpc::ServerContext& context, RawStream& stream) {
    const auto leaf = leaf_of(*context.auth_context());
    const auto peer = leaf ? links_.peer_of(*leaf) : std::nullopt;
    if (!peer) return {grpc::UNAUTHENTICATED, kUnknown};
    const auto connection = context.peer();
    connections_.claim(connection, *peer);
    if (connections_.barred(*peer, clock_.now())) return {grpc::RESOURCE_EXHAUSTED, kNotNow};
    // Whoever dialled takes the first metadata for our yes: nothing is written before it.
    const auto answered = std::make_shared<std::latch>(1);
    const auto link = std::make_shared<StreamLink>(over(context, stream, connection, answered));
    links_.add(*peer, *leaf, link);
    if (!events_.opened(*peer, link, false)) {
      context.TryCancel();
      answered->count_down();
      link->detach();
      return {grpc::UNAVAILABLE, kNotNow};
    }
    stream.SendInitialMetadata();
    answered->count_down();
    connections_.in_use(connection, true);
    if (!pump(*peer, link, events_)) connections_.useless(connection);
    connections_.in_use(connection, false);
    return grpc::Status::OK;
  }

  Stream over(grpc::ServerContext& context, RawStream& stream, const std::string& connection,
              const std::shared_ptr<std::latch>& answered) {
    const auto credit = [this, connection](std::uint64_t bytes) { connections_.credit(connection, bytes); };
    credit(credit_received(0));  // the call itself
    return {[&stream, answered](const Bytes& bytes) {
              answered->wait();
              return stream.Write(to_buffer(bytes));
            },
            [&stream]() -> std::optional<Bytes> {
              grpc::ByteBuffer buffer;
              if (!stream.Read(&buffer)) return std::nullopt;
              return to_bytes(buffer);
            },
            [&context] { context.TryCancel(); },
            [credit](std::size_t bytes) { credit(credit_received(bytes)); },
            [credit](std::size_t bytes) { credit(credit_sent(bytes)); },
            [this, connection](std::size_t bytes) { connections_.charge(connection, credit_received(bytes)); }};
  }

  Links& links_;
  Connections& connections_;
  service::PeerEvents& events_;
  const Clock& clock_;
};

}  // namespace

class PeerServer::Impl {
 public:
  Impl(const PeerServerOptions& options, Links& links, service::PeerEvents& events, const Clock& clock,
       const service::Log& log)
      : links_(links), clock_(clock), connections_(options.limits, log), service_(links, connections_, events, clock) {
    grpc::ServerBuilder builder;
    apply(builder, {kMaxReceived, 8, kThreads}, false);
    builder.RegisterService(&service_);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        server_credentials(options.identity, [this](const Digest& leaf) { return accept(leaf); }));
    server_ = builder.BuildAndStart();
  }

  ~Impl() {
    listener_.reset();
    if (!server_) return;
    links_.close_all();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
    server_->Wait();
  }

  [[nodiscard]] bool running() const { return server_ != nullptr; }
  void listen(Socket socket) {
    listener_ = std::make_unique<Listener>(
        std::move(socket), connections_, clock_, [this](int listening, int accepted) { hand(listening, accepted); },
        [this] { links_.recheck(); });
  }
  [[nodiscard]] const std::string& address() const { return listener_->address(); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] std::uint64_t debt(const std::string& peer) const { return connections_.debt(peer); }

 private:
  bool accept(const Digest& leaf) {
    const auto peer = links_.peer_of(leaf);
    const auto now = clock_.now();
    if (peer && !connections_.barred(*peer, now)) {
      connections_.handshake(*peer, now);
      return true;
    }
    connections_.refused(peer ? Refusal{"barred", *peer} : Refusal{"certificate", to_string(leaf)}, now);
    return false;
  }

  void hand(int listening, int accepted) {
    Acceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listening;
    parameters.fd = accepted;
    acceptor_->HandleNewConnection(&parameters);
  }

  Links& links_;
  const Clock& clock_;
  Connections connections_;
  DeliverService service_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
};

Result<std::unique_ptr<PeerServer>> PeerServer::start(const PeerServerOptions& options, Links& links,
                                                      service::PeerEvents& events, const Clock& clock,
                                                      service::Log log) {
  auto socket = TRY(Socket::tcp(options.listen));
  auto impl = std::make_unique<Impl>(options, links, events, clock, log);
  if (!impl->running()) return fail(Errc::unavailable, "the peer server does not start");
  impl->listen(std::move(socket));
  return std::unique_ptr<PeerServer>(new PeerServer(std::move(impl)));
}

PeerServer::PeerServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerServer::~PeerServer() = default;

const std::string& PeerServer::address() const { return impl_->address(); }
std::size_t PeerServer::connections() const { return impl_->connections(); }
std::uint64_t PeerServer::debt(const std::string& peer) const { return impl_->debt(peer); }

}  // namespace chancery::transport

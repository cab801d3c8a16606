#include "daemon/transport/peer_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/sync_stream.h>

#include <condition_variable>
#include <future>
#include <thread>

#include "daemon/transport/dialled.h"
#include "daemon/transport/guard.h"
#include "daemon/transport/raw_stream.h"
#include "daemon/transport/stream_link.h"

namespace chancery::transport {

namespace {

using RawStream = grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

constexpr int kLookMs = 25;

auto after(Duration wait) { return std::chrono::system_clock::now() + std::chrono::milliseconds(wait.ms); }

// The name for SNI is the one the peer's certificate carries: without it the server's end looks for one that matches
// the address. It decides nothing; the pinned leaf does.
grpc::ChannelArguments arguments(const std::string& peer) {
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(peer);
  arguments.SetMaxReceiveMessageSize(kMaxReceived);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // would keep copies of frames; sending again is the outbox's work
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 256 << 10);
  arguments.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);  // identity
  return arguments;
}

// One dialled stream and all it stands on.
struct Call {
  std::shared_ptr<grpc::Channel> channel;
  grpc::ClientContext context;
  std::unique_ptr<RawStream> stream;
  std::shared_ptr<StreamLink> link;
  std::string connection;  // by which the guard knows it; empty: no socket of it was found
};

Stream over(Call& call, Connections& connections) {
  return {[&call](const Bytes& bytes) { return call.stream->Write(to_buffer(bytes)); },
          [&call]() -> std::optional<Bytes> {
            grpc::ByteBuffer buffer;
            if (!call.stream->Read(&buffer)) return std::nullopt;
            return to_bytes(buffer);
          },
          [&call] { call.context.TryCancel(); },
          [&call, &connections](std::size_t bytes) { connections.credit(call.connection, credit_received(bytes)); },
          [&call, &connections](std::size_t bytes) { connections.credit(call.connection, credit_sent(bytes)); },
          [&call, &connections](std::size_t bytes) { connections.charge(call.connection, credit_received(bytes)); }};
}

void open_stream(Call& call, Connections& connections) {
  const grpc::internal::RpcMethod method(kDeliver, grpc::internal::RpcMethod::BIDI_STREAMING, call.channel);
  call.stream.reset(grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
      call.channel.get(), method, &call.context));
  call.link = std::make_shared<StreamLink>(over(call, connections));
}

}  // namespace

class PeerClient::Impl {
 public:
  Impl(PeerClientOptions options, Links& links, const Clock& clock, const service::Log& log)
      : options_(std::move(options)),
        links_(links),
        clock_(clock),
        connections_({0, 0, false, options_.guard}, log),
        watching_([this] { watch(); }) {}

  Result<std::shared_ptr<service::PeerLink>> dial(const std::string& peer, const std::string& endpoint,
                                                  service::PeerEvents& events) {
    if (connections_.barred(peer, clock_.now())) return fail(Errc::unavailable, peer + ": barred for a while");
    auto leaf = std::make_shared<Seen>();
    auto call = std::make_shared<Call>();
    CHECK_OK(connect(*call, peer, endpoint, leaf));
    call->connection = find_dialled(endpoint, peer, connections_);
    wake_.notify_one();
    open_stream(*call, connections_);
    links_.add(peer, leaf->get(), call->link);
    std::promise<bool> answered;
    std::promise<bool> go_on;
    auto answer = answered.get_future();
    if (!start(peer, call, events, std::move(answered), go_on.get_future())) {
      call->link->close();
      return fail(Errc::unavailable, peer + ": shutting down");
    }
    // Answered: the server's initial metadata, sent when it takes the stream.
    if (answer.wait_until(after(options_.connect_timeout)) != std::future_status::ready) {
      call->link->close();
      go_on.set_value(false);
      return fail(Errc::unavailable, peer + ": does not answer the stream");
    }
    if (call->connection.empty()) call->connection = find_connected(call->context.peer(), peer, connections_);
    // What nobody can look at is not kept.
    if (call->connection.empty()) call->link->close();
    connections_.credit(call->connection, credit_received(0));  // the call itself
    const bool taken = call->link->open() && events.opened(peer, call->link, true);
    go_on.set_value(taken);
    if (!taken) return fail(Errc::unavailable, peer + ": another stream stays");
    return call->link;
  }

  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] std::uint64_t debt(const std::string& peer) const { return connections_.debt(peer); }

  void stop() {
    std::list<Reader> readers;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      readers.swap(readers_);
    }
    wake_.notify_one();
    if (watching_.joinable()) watching_.join();
    for (auto& reader : readers) {
      reader.call->link->close();
      reader.thread.join();
    }
  }

 private:
  // The leaf that was accepted in the handshake; written by gRPC's threads.
  class Seen {
   public:
    void set(const Digest& leaf) {
      const std::lock_guard lock(mutex_);
      leaf_ = leaf;
    }
    void refuse() { refused_ = true; }
    [[nodiscard]] bool refused() const { return refused_; }
    [[nodiscard]] Digest get() const {
      const std::lock_guard lock(mutex_);
      return leaf_;
    }

   private:
    mutable std::mutex mutex_;
    Digest leaf_;
    std::atomic<bool> refused_{false};
  };

  struct Reader {
    std::shared_ptr<Call> call;
    std::shared_ptr<std::atomic<bool>> finished;
    std::thread thread;
  };

  Result<void> connect(Call& call, const std::string& peer, const std::string& endpoint,
                       const std::shared_ptr<Seen>& seen) {
    const auto accept = [&links = links_, peer, seen](const Digest& leaf) {
      const bool right = links.peer_of(leaf) == peer;
      if (right)
        seen->set(leaf);
      else
        seen->refuse();
      return right;
    };
    call.channel = grpc::CreateCustomChannel("dns:///" + endpoint, channel_credentials(options_.identity, accept),
                                             arguments(peer));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.connect_timeout.ms);
    auto state = call.channel->GetState(true);
    while (state != GRPC_CHANNEL_READY) {
      if (seen->refused()) return fail(Errc::unauthenticated, peer + ": shows a certificate that is not its own");
      if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || stopped() || std::chrono::steady_clock::now() >= deadline)
        return fail(Errc::unavailable, peer + ": cannot be reached");
      call.channel->WaitForStateChange(state, after({100}));
      state = call.channel->GetState(true);
    }
    return {};
  }

  bool start(const std::string& peer, const std::shared_ptr<Call>& call, service::PeerEvents& events,
             std::promise<bool> answered, std::future<bool> go_on) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    reap();
    auto finished = std::make_shared<std::atomic<bool>>(false);
    readers_.push_back({call, finished, {}});
    readers_.back().thread = std::thread(
        [this, peer, call, &events, finished, answered = std::move(answered), go_on = std::move(go_on)]() mutable {
          call->stream->WaitForInitialMetadata();
          answered.set_value(true);
          if (go_on.get()) {
            connections_.in_use(call->connection, true);
            if (!pump(peer, call->link, events)) connections_.useless(call->connection);
            connections_.in_use(call->connection, false);
          } else {
            call->link->detach();
          }
          call->stream->Finish();
          *finished = true;
        });
    return true;
  }

  // Joins what has ended. With the lock held.
  void reap() {
    for (auto it = readers_.begin(); it != readers_.end();) {
      if (*it->finished) {
        it->thread.join();
        it = readers_.erase(it);
      } else {
        ++it;
      }
    }
  }

  [[nodiscard]] bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

  // As often as the listener looks at what others dialled; not at all while nothing is.
  void watch() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (connections_.size() == 0)
        wake_.wait_for(lock, std::chrono::seconds(1));
      else
        wake_.wait_for(lock, std::chrono::milliseconds(kLookMs));
      lock.unlock();
      connections_.tick(clock_.now());
      lock.lock();
    }
  }

  PeerClientOptions options_;
  Links& links_;
  const Clock& clock_;
  Connections connections_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Reader> readers_;
  bool stopped_ = false;
  std::thread watching_;  // last: uses all the others
};

PeerClient::PeerClient(PeerClientOptions options, Links& links, const Clock& clock, service::Log log)
    : impl_(std::make_unique<Impl>(std::move(options), links, clock, log)) {}

PeerClient::~PeerClient() { stop(); }

Result<std::shared_ptr<service::PeerLink>> PeerClient::dial(const std::string& peer, const std::string& endpoint,
                                                            service::PeerEvents& events) {
  return impl_->dial(peer, endpoint, events);
}

void PeerClient::stop() { impl_->stop(); }
std::size_t PeerClient::connections() const { return impl_->connections(); }
std::uint64_t PeerClient::debt(const std::string& peer) const { return impl_->debt(peer); }

}  // namespace chancery::transport

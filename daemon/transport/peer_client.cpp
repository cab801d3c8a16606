#include "daemon/transport/peer_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/sync_stream.h>

#include <future>
#include <thread>

#include "daemon/transport/raw_stream.h"
#include "daemon/transport/stream_link.h"

namespace chancery::transport {

namespace {

using RawStream = grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

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
};

Stream over(Call& call) {
  return {[&call](const Bytes& bytes) { return call.stream->Write(to_buffer(bytes)); },
          [&call]() -> std::optional<Bytes> {
            grpc::ByteBuffer buffer;
            if (!call.stream->Read(&buffer)) return std::nullopt;
            return to_bytes(buffer);
          },
          [&call] { call.context.TryCancel(); }, [](std::size_t) {}, [](std::size_t) {}};
}

void open_stream(Call& call) {
  const grpc::internal::RpcMethod method(kDeliver, grpc::internal::RpcMethod::BIDI_STREAMING, call.channel);
  call.stream.reset(grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
      call.channel.get(), method, &call.context));
  call.link = std::make_shared<StreamLink>(over(call));
}

}  // namespace

class PeerClient::Impl {
 public:
  Impl(PeerClientOptions options, Links& links) : options_(std::move(options)), links_(links) {}

  Result<std::shared_ptr<service::PeerLink>> dial(const std::string& peer, const std::string& endpoint,
                                                  service::PeerEvents& events) {
    auto leaf = std::make_shared<Seen>();
    auto call = std::make_shared<Call>();
    CHECK_OK(connect(*call, peer, endpoint, leaf));
    open_stream(*call);
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
    const bool taken = call->link->open() && events.opened(peer, call->link, true);
    go_on.set_value(taken);
    if (!taken) return fail(Errc::unavailable, peer + ": another stream stays");
    return call->link;
  }

  void stop() {
    std::list<Reader> readers;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      readers.swap(readers_);
    }
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
        [peer, call, &events, finished, answered = std::move(answered), go_on = std::move(go_on)]() mutable {
          call->stream->WaitForInitialMetadata();
          answered.set_value(true);
          if (go_on.get())
            pump(peer, call->link, events);
          else
            call->link->detach();
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

  PeerClientOptions options_;
  Links& links_;
  std::mutex mutex_;
  std::list<Reader> readers_;
  bool stopped_ = false;
};

PeerClient::PeerClient(PeerClientOptions options, Links& links)
    : impl_(std::make_unique<Impl>(std::move(options), links)) {}

PeerClient::~PeerClient() { stop(); }

Result<std::shared_ptr<service::PeerLink>> PeerClient::dial(const std::string& peer, const std::string& endpoint,
                                                            service::PeerEvents& events) {
  return impl_->dial(peer, endpoint, events);
}

void PeerClient::stop() { impl_->stop(); }

}  // namespace chancery::transport

#include "tests/support/desk_load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "chancery/v1/desk.grpc.pb.h"

namespace chancery::test {

namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::shared_ptr<grpc::Channel> connect(const DeskAddress& desk) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = slurp(desk.anchor_pem);
  tls.pem_private_key = slurp(desk.key_pem);
  tls.pem_cert_chain = slurp(desk.certificate_pem);
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  arguments.SetMaxReceiveMessageSize(16 << 20);
  return grpc::CreateCustomChannel("unix:" + desk.socket, grpc::SslCredentials(tls), arguments);
}

// 6 bytes of milliseconds, 10 of identity; here both are a function of seed and number, so that a second run repeats.
std::string idempotency_key(std::uint64_t seed, std::uint64_t number) {
  std::string key(16, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    key[i] = static_cast<char>(seed >> (56 - 8 * i));
    key[8 + i] = static_cast<char>(number >> (56 - 8 * i));
  }
  return key;
}

v1::SubmitRequest draft(const LoadOptions& options, std::uint64_t number) {
  v1::SubmitRequest request;
  auto& draft = *request.mutable_draft();
  if (options.in_turn)
    draft.add_recipients(options.recipients[number % options.recipients.size()]);
  else
    for (const auto& recipient : options.recipients) draft.add_recipients(recipient);
  draft.set_agreement("sco-2009");
  draft.set_kind("threat-notice");
  draft.add_directions("sco-2009/3/5");
  draft.add_threats("sco-2009/2/3");
  draft.set_label(options.label);
  auto& text = *draft.add_texts();
  text.set_language("ru");
  text.set_status(v1::TEXT_STATUS_ORIGINAL);
  text.set_title("Load " + std::to_string(options.key_seed) + "/" + std::to_string(number));
  std::string body(options.body_bytes, '.');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + (number * 31 + i * 7) % 26);
  text.set_body(std::move(body));
  request.set_idempotency_key(idempotency_key(options.key_seed, number));
  return request;
}

LoadAnswer to_answer(const v1::SubmitResponse& response, std::uint64_t number) {
  LoadAnswer answer;
  answer.draft = number;
  if (response.has_accepted()) {
    answer.accepted = true;
    answer.repeated = response.accepted().repeated();
    answer.id = response.accepted().id();
    answer.number = response.accepted().number();
  } else if (response.refused().reasons_size() > 0) {
    answer.code = response.refused().reasons(0).code();
  }
  return answer;
}

// How many frames are out; the writer waits while it is full.
class Window {
 public:
  explicit Window(std::uint32_t size) : size_(size) {}
  bool enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || out_ < size_; });
    if (closed_) return false;
    ++out_;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --out_;
    changed_.notify_one();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint32_t size_;
  std::uint32_t out_ = 0;  // guarded by mutex_
  bool closed_ = false;    // guarded by mutex_
};

}  // namespace

bool run_load(const DeskAddress& desk, const LoadOptions& options,
              const std::function<void(const LoadAnswer&)>& answered, std::string& error) {
  const auto stub = v1::Desk::NewStub(connect(desk));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  const auto stream = stub->SubmitMany(&context);
  Window window(options.frames_in_flight);

  std::uint64_t received = 0;
  std::thread reader([&] {
    v1::SubmitManyResponse response;
    while (stream->Read(&response)) {
      for (const auto& outcome : response.outcomes()) answered(to_answer(outcome, options.first + received++));
      window.leave();
    }
    window.close();
  });

  for (std::uint64_t sent = 0; sent < options.count && window.enter();) {
    v1::SubmitManyRequest request;
    for (std::uint32_t i = 0; i < options.per_frame && sent < options.count; ++i, ++sent)
      *request.add_drafts() = draft(options, options.first + sent);
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  reader.join();
  const auto status = stream->Finish();
  error = status.ok() ? std::string() : std::to_string(status.error_code()) + " " + status.error_message();
  return received == options.count;
}

struct DeskProbe::Impl {
  std::unique_ptr<v1::Desk::Stub> stub;
};

DeskProbe::DeskProbe(const DeskAddress& desk) : impl_(new Impl{v1::Desk::NewStub(connect(desk))}) {}
DeskProbe::~DeskProbe() = default;

std::string DeskProbe::submit(const LoadOptions& options, std::uint64_t number) {
  grpc::ClientContext context;
  v1::SubmitResponse response;
  if (!impl_->stub->Submit(&context, draft(options, number), &response).ok()) return {};
  return response.accepted().id();
}

std::optional<std::uint64_t> DeskProbe::queued() {
  grpc::ClientContext context;
  v1::StatusResponse response;
  if (!impl_->stub->Status(&context, {}, &response).ok()) return std::nullopt;
  return response.queued();
}

bool DeskProbe::delivered(const std::string& id) {
  grpc::ClientContext context;
  v1::ListRequest request;
  v1::ListResponse response;
  request.set_box(v1::BOX_OUTBOX);
  request.set_message(id);
  if (!impl_->stub->List(&context, request, &response).ok() || response.messages_size() != 1) return false;
  const auto& deliveries = response.messages(0).deliveries();
  return std::none_of(deliveries.begin(), deliveries.end(),
                      [](const v1::DeliveryView& view) { return view.stage() == "queued"; });
}

}  // namespace chancery::test

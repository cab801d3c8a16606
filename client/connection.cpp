#include "client/connection.h"

#include <grpcpp/security/tls_credentials_options.h>
#include <string.h>

#include <cstdlib>

#include "client/files.h"
#include "crypto/certificate.h"
#include "crypto/secret.h"
#include "daemon/core/display.h"

namespace chancery::client {

namespace {

// The one certificate we were told; chains and names decide nothing.
class PinnedServer final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  PinnedServer(Digest pinned, std::shared_ptr<std::atomic<bool>> wrong) : pinned_(pinned), wrong_(std::move(wrong)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const auto shown = request->peer_cert();
    const auto certificate = crypto::Certificate::from_pem(std::string_view(shown.data(), shown.size()));
    if (certificate && certificate->id() == pinned_) return true;
    wrong_->store(true);
    *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "not the pinned certificate");
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  Digest pinned_;
  std::shared_ptr<std::atomic<bool>> wrong_;
};

// gRPC keeps its own copy of the key as long as the channel lives; ours is wiped as soon as it has it.
std::shared_ptr<grpc::ChannelCredentials> credentials(const std::string& server_pem, BytesView key_pem,
                                                      const std::string& certificate_pem, const Digest& pinned,
                                                      const std::shared_ptr<std::atomic<bool>>& wrong) {
  std::vector<grpc::experimental::IdentityKeyCertPair> identity = {{std::string(as_text(key_pem)), certificate_pem}};
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<grpc::experimental::StaticDataCertificateProvider>(server_pem, identity));
  ::explicit_bzero(identity.front().private_key.data(), identity.front().private_key.size());
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(false);  // ours is the pin, below
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<PinnedServer>(pinned, wrong));
  return grpc::experimental::TlsCredentials(options);
}

Outcome<crypto::Certificate> read_certificate(const std::string& path, std::string& pem) {
  pem = TRY(read_file(path));
  return or_fault(crypto::Certificate::from_pem(pem), "E-FILE", {{"path", path}});
}

}  // namespace

Outcome<std::unique_ptr<Desk>> Desk::connect(const Context& context, double timeout, Asked asked) {
  // TLS 1.3 alone: with only a TLS 1.2 suite that no certificate of ours can use, 1.2 never comes about.
  ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES256-GCM-SHA384", 1);
  // What goes wrong is told in our words; gRPC's own lines only when somebody asks for them.
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
  std::string server_pem;
  std::string certificate_pem;
  const auto server = TRY(read_certificate(context.server_certificate, server_pem));
  const auto own = TRY(read_certificate(context.certificate, certificate_pem));
  const auto key = TRY(or_fault(crypto::read_secret_file(context.key), "E-KEY-FILE", {{"path", context.key}}));
  std::unique_ptr<Desk> desk(new Desk);
  desk->wrong_server_ = std::make_shared<std::atomic<bool>>(false);
  desk->socket_ = context.socket;
  desk->certificate_digest_ = to_string(own.id());
  desk->asked_ = std::move(asked);
  desk->timeout_ = timeout;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  desk->stub_ = v1::Desk::NewStub(grpc::CreateCustomChannel(
      "unix:" + context.socket, credentials(server_pem, key.view(), certificate_pem, server.id(), desk->wrong_server_),
      arguments));
  return desk;
}

Fault Desk::to_fault(const grpc::Status& status) const {
  if (wrong_server_->load()) return {"E-VERIFY-SERVER", {{"socket", socket_}}};
  return client::to_fault(status, socket_, asked_);
}

namespace {

// gRPC tells of every attempt at every address; what the system said comes last.
std::string last_of(const std::string& message) {
  const auto colon = message.rfind(": ");
  return core::neutralised(colon == std::string::npos ? message : message.substr(colon + 2));
}

}  // namespace

Fault to_fault(const grpc::Status& status, const std::string& socket, const Asked& asked) {
  const Params params = {{"socket", socket}, {"detail", last_of(status.error_message())}};
  const auto& subject = asked.subject.empty() ? asked.command : asked.subject;
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return {"E-DAEMON-UNREACHABLE", params};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {"E-TIMEOUT", params};
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return {"E-BUSY", params};
    case grpc::StatusCode::UNAUTHENTICATED:
      return {"E-NOT-AUTHORISED", params};
    case grpc::StatusCode::PERMISSION_DENIED:
      return {"E-ROLE", {{"subject", asked.command}}};
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return {"E-MALFORMED", {{"subject", subject}}};
    case grpc::StatusCode::NOT_FOUND:
      return {"E-NOT-FOUND", {{"subject", subject}}};
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
      return {"E-CONFLICT", params};
    default:  // codes of gRPC, not of ours: whatever else comes, we could not find out
      return {"E-INTERNAL", params};
  }
}

}  // namespace chancery::client

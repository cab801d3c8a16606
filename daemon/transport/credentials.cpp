#include "daemon/transport/credentials.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <stdlib.h>

namespace chancery::transport {

namespace {

namespace tls = grpc::experimental;

std::string_view text_of(grpc::string_ref text) { return {text.data(), text.size()}; }

class LeafVerifier final : public tls::ExternalCertificateVerifier {
 public:
  explicit LeafVerifier(AcceptLeaf accept) : accept_(std::move(accept)) {}

  // Answers at once: true means "decided, look at *status".
  bool Verify(tls::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* status) override {
    const auto leaf = crypto::Certificate::from_pem(text_of(request->peer_cert()));
    const bool accepted = leaf && accept_(leaf->id());
    *status = accepted ? grpc::Status::OK : grpc::Status(grpc::UNAUTHENTICATED, "This certificate is not pinned here.");
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  AcceptLeaf accept_;
};

// gRPC wants a root store on the client's side even when nothing is checked against it; it gets our own leaf.
std::shared_ptr<tls::CertificateProviderInterface> provider(const TlsIdentity& identity) {
  tls::IdentityKeyCertPair pair{std::string(as_text(identity.key_pem->view())), identity.certificate_pem};
  return std::make_shared<tls::StaticDataCertificateProvider>(identity.certificate_pem,
                                                              std::vector<tls::IdentityKeyCertPair>{std::move(pair)});
}

}  // namespace

void prepare_libraries() {
  ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES256-GCM-SHA384", 1);
  ::setenv("GRPC_VERBOSITY", "NONE", 0);
  google::protobuf::SetLogHandler(nullptr);
}

std::shared_ptr<grpc::ServerCredentials> server_credentials(const TlsIdentity& identity, AcceptLeaf accept) {
  tls::TlsServerCredentialsOptions options(provider(identity));
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<LeafVerifier>(std::move(accept)));
  options.set_check_call_host(false);
  return tls::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const TlsIdentity& identity, AcceptLeaf accept) {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider(identity));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(false);
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<LeafVerifier>(std::move(accept)));
  options.set_check_call_host(false);
  return tls::TlsCredentials(options);
}

std::optional<Digest> leaf_of(const grpc::AuthContext& context) {
  const auto values = context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (values.size() != 1) return std::nullopt;
  // It was read in the handshake; for a call its digest is enough.
  const auto der = crypto::certificate_der(text_of(values.front()));
  if (!der) return std::nullopt;
  return crypto::sha256(*der);
}

}  // namespace chancery::transport

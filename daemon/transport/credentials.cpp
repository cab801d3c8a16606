#include "daemon/transport/credentials.h"

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

// What is pinned is the digest: nothing in the certificate decides here, so nothing of it is read.
std::optional<Digest> leaf_id(grpc::string_ref pem) {
  const auto der = crypto::certificate_der({pem.data(), pem.size()});
  if (!der) return std::nullopt;
  return crypto::sha256(*der);
}

class LeafVerifier final : public tls::ExternalCertificateVerifier {
 public:
  explicit LeafVerifier(AcceptLeaf accept) : accept_(std::move(accept)) {}

  // Answers at once: true means "decided, look at *status".
  bool Verify(tls::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* status) override {
    const auto leaf = leaf_id(request->peer_cert());
    const bool accepted = leaf && accept_(*leaf);
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

void use_tls13_only() { ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES256-GCM-SHA384", 1); }

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
  return leaf_id(values.front());
}

}  // namespace chancery::transport

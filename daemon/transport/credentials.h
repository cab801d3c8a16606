// TLS as protocol section 1 wants it: 1.3 only, mutual, trust by the exact leaf and nothing else. No chain, name or
// root store decides; the certificate a designation or a user record pins does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "crypto/certificate.h"
#include "crypto/secret.h"

namespace grpc {
class AuthContext;
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace chancery::transport {

// What this end shows. The key is PKCS#8 PEM.
struct TlsIdentity {
  std::string certificate_pem;
  std::shared_ptr<const crypto::SecretBytes> key_pem;
};

// Whether the other end may go on, by the SHA-256 of its leaf's DER. Called on gRPC's threads; thread-safe.
using AcceptLeaf = std::function<bool(const Digest& leaf)>;

// Turns TLS 1.2 off for this process: the only 1.2 suite left needs an RSA certificate, which nobody here has. Neither
// gRPC nor protobuf writes lines of its own, one for every handshake that fails or text that is no UTF-8: strangers
// would fill the log with them (GRPC_VERBOSITY asks for gRPC's). Call it before anything of gRPC is made and before
// there are threads; a second call changes nothing.
void prepare_libraries();

// Both refuse a leaf that is not a P-256 or Ed25519 certificate before `accept` is asked.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const TlsIdentity& identity, AcceptLeaf accept);
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const TlsIdentity& identity, AcceptLeaf accept);

// The leaf of the other end of a call; nothing when there is none.
std::optional<Digest> leaf_of(const grpc::AuthContext& context);

}  // namespace chancery::transport

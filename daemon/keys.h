// The keys directory of an authority, as `chancery init` makes it.
#pragma once

#include "crypto/certificate.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "daemon/config/load.h"
#include "daemon/transport/credentials.h"
#include "daemon/wire/desk.h"

namespace chancery {

struct Keys {
  transport::TlsIdentity tls;            // tls.key, tls.pem
  std::unique_ptr<crypto::Signer> sign;  // sign.key, or in a token
  crypto::Certificate sign_certificate;
  crypto::PrivateKey log;        // log.key
  crypto::SecretBytes storage;   // storage.key
  crypto::SecretBytes database;  // database.key
  // designation-<serial>.bundle by serial, then designation.bundle, the one in force.
  std::vector<wire::DesignationItem> designations;
};

// Every file is checked: mode, form, and that key and certificate belong together. The error names the file, or the
// key in the token. `told` hears when that goes and comes back.
Result<Keys> load_keys(const config::Settings& settings, crypto::TokenSigner::Told told = {});
// The signing key alone, with the same checks.
Result<std::unique_ptr<crypto::Signer>> load_sign_key(const config::Settings& settings,
                                                      crypto::TokenSigner::Told told = {});
// What the daemon shows on TLS.
Result<transport::TlsIdentity> load_tls(const std::string& directory);
// The designations alone; they may change while the daemon runs.
Result<std::vector<wire::DesignationItem>> load_designations(const std::string& directory);
// What `fsck` needs of them.
Result<crypto::SecretBytes> load_database_key(const std::string& directory);
Result<crypto::PrivateKey> load_log_key(const std::string& directory);
// A certificate file, PEM, at most 64 KiB.
Result<crypto::Certificate> load_certificate(const std::string& path);

}  // namespace chancery

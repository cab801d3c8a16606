// The keys directory of an authority, as `chancery init` makes it.
#pragma once

#include "crypto/certificate.h"
#include "crypto/secret.h"
#include "daemon/transport/credentials.h"
#include "daemon/wire/desk.h"

namespace chancery {

struct Keys {
  transport::TlsIdentity tls;  // tls.key, tls.pem
  crypto::PrivateKey sign;     // sign.key
  crypto::Certificate sign_certificate;
  crypto::PrivateKey log;             // log.key
  crypto::SecretBytes storage;        // storage.key
  crypto::SecretBytes database;       // database.key
  wire::DesignationItem designation;  // designation.bundle
};

// Every file is checked: mode, form, and that key and certificate belong together. The error names the file.
Result<Keys> load_keys(const std::string& directory);
// What `fsck` needs of them.
Result<crypto::SecretBytes> load_database_key(const std::string& directory);
Result<crypto::PrivateKey> load_log_key(const std::string& directory);
// A certificate file, PEM, at most 64 KiB.
Result<crypto::Certificate> load_certificate(const std::string& path);

}  // namespace chancery

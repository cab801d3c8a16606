// Export of a batch signature to CMS SignedData (CAdES-BES) for plain `openssl cms -verify -cades`.
// Writing only: the daemon never parses CMS.
#pragma once

#include "crypto/batch.h"

namespace chancery::crypto {

// DER; encapsulates the batch statement, holds the signing certificate and its issuer.
// The signature is taken over byte for byte; nothing is signed again.
Result<Bytes> export_cms(const BatchSignature& signature, const Certificate& certificate, const Certificate& anchor);

}  // namespace chancery::crypto

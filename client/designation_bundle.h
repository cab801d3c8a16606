// A designation with its certificates: the file `designation.bundle`, a serialized chancery.v1.DesignationItem.
#pragma once

#include <vector>

#include "client/signature_block.h"
#include "daemon/core/designation.h"

namespace chancery::client {

struct DesignationBundle {
  core::Designation designation;
  crypto::SignedStatement statement;
  std::vector<crypto::Certificate> certificates;  // the anchor first

  [[nodiscard]] const crypto::Certificate& anchor() const { return certificates.front(); }
};

// Verifies before parsing: a batch of one under the first certificate, which signs for the designated authority; each
// other certificate is issued by the anchor; the certificates are exactly those of the anchor, tls, sign and evidence
// keys it names. Whether the anchor is the right one is for people to compare. Errors: malformed, unauthenticated.
Result<DesignationBundle> open_bundle(const std::string& bytes);
Result<DesignationBundle> open_bundle(const v1::DesignationItem& item);

// Signs `statement` (chancery/designation/v1) with the anchor's key. Errors: malformed when the statement is not one or
// does not name this anchor.
Result<std::string> sign_bundle(const std::string& statement, crypto::Signer& anchor_key,
                                const std::vector<crypto::Certificate>& certificates, Instant now,
                                crypto::RandomSource& random);

}  // namespace chancery::client

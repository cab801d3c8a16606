// Evidence as plain files, and how to verify it with what everybody has: openssl, sha256sum and coreutils. Nothing of
// ours is needed to check it, and nothing here needs the daemon.
#pragma once

#include <string>
#include <vector>

#include "crypto/batch.h"

namespace chancery::client::verify {

// One file of an exported folder.
struct EvidenceFile {
  std::string name;  // "statement.txt"
  std::string content;
  bool executable = false;
};

struct Designation {
  crypto::SignedStatement statement;
};

// statement.txt, batch.txt, path.txt, signature.p7m, certificate.pem, anchor.pem, verify.sh; with a designation also
// designation.txt, designation-batch.txt, designation-path.txt and designation.p7m, under the same anchor.
// Errors: those of crypto::export_cms.
Result<std::vector<EvidenceFile>> evidence_files(const crypto::SignedStatement& signed_statement,
                                                 const crypto::Certificate& certificate,
                                                 const crypto::Certificate& anchor, const Designation* designation);

// The index, then one hash a line in hex, lowest first.
std::string path_text(const crypto::Path& path);

// Signature, place in the batch, certificate under the anchor. Errors: unauthenticated, malformed.
Result<void> verify_evidence(const crypto::SignedStatement& signed_statement, const crypto::Certificate& certificate,
                             const crypto::Certificate& anchor);

}  // namespace chancery::client::verify

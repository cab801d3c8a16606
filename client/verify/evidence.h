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

// What verify.sh checks: the signature, the place in the batch, that the statement speaks for who signed it, the
// certificate under the anchor, and that the designation names it as the signer's key at that time. A designation is
// its own evidence: the anchor signed it, `designation` is null. Errors: unauthenticated, malformed.
Result<void> verify_evidence(const crypto::SignedStatement& signed_statement, const crypto::Certificate& certificate,
                             const crypto::Certificate& anchor, const Designation* designation);

}  // namespace chancery::client::verify

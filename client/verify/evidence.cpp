#include "client/verify/evidence.h"

#include "client/verify/script.h"
#include "crypto/cms_export.h"
#include "daemon/core/statement.h"

namespace chancery::client::verify {

namespace {

// <stem>.txt, <stem>batch.txt ... for the message itself the names stand alone.
Result<void> add(std::vector<EvidenceFile>& files, const std::string& statement_name, const std::string& stem,
                 const std::string& signature_name, const crypto::SignedStatement& signed_statement,
                 const crypto::Certificate& certificate, const crypto::Certificate& anchor) {
  const auto cms = TRY(crypto::export_cms(signed_statement.signature, certificate, anchor));
  files.push_back({statement_name, signed_statement.statement});
  files.push_back({stem + "batch.txt", signed_statement.signature.statement});
  files.push_back({stem + "path.txt", path_text(signed_statement.path)});
  files.push_back({signature_name, std::string(as_text(cms))});
  return {};
}

}  // namespace

Result<std::vector<EvidenceFile>> evidence_files(const crypto::SignedStatement& signed_statement,
                                                 const crypto::Certificate& certificate,
                                                 const crypto::Certificate& anchor, const Designation* designation) {
  std::vector<EvidenceFile> files;
  CHECK_OK(add(files, "statement.txt", "", "signature.p7m", signed_statement, certificate, anchor));
  if (designation != nullptr)
    CHECK_OK(add(files, "designation.txt", "designation-", "designation.p7m", designation->statement, anchor, anchor));
  files.push_back({"certificate.pem", certificate.pem()});
  files.push_back({"anchor.pem", anchor.pem()});
  files.push_back({"verify.sh", std::string(kVerifyScript), true});
  return files;
}

std::string path_text(const crypto::Path& path) {
  std::string text = std::to_string(path.index) + "\n";
  for (const auto& hash : path.hashes) text += to_hex(hash.view()) + "\n";
  return text;
}

Result<void> verify_evidence(const crypto::SignedStatement& signed_statement, const crypto::Certificate& certificate,
                             const crypto::Certificate& anchor) {
  const auto batch = TRY(crypto::verify_batch(signed_statement.signature, certificate));
  if (!crypto::in_batch(batch, core::statement_digest(signed_statement.statement), signed_statement.path))
    return fail(Errc::unauthenticated, "the statement is not in the signed batch");
  if (!certificate.issued_by(anchor)) return fail(Errc::unauthenticated, "the certificate is not under this anchor");
  return {};
}

}  // namespace chancery::client::verify

#include "client/verify/evidence.h"

#include <algorithm>

#include "client/verify/script.h"
#include "crypto/cms_export.h"
#include "daemon/core/authority.h"
#include "daemon/core/designation.h"

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

// The line that names who speaks; it is the first of its statement.
const char* author_line(core::StatementKind kind) {
  switch (kind) {
    case core::StatementKind::message:
      return "originator";
    case core::StatementKind::dispatch:
      return "sender";
    case core::StatementKind::receipt:
      return "receiver";
    case core::StatementKind::designation:
    case core::StatementKind::seal_key:
    case core::StatementKind::handling:
      return "authority";
    case core::StatementKind::permit:
      return "provider";
  }
  return "";
}

// Signed under the certificate by who speaks in it.
Result<crypto::BatchStatement> verify_author(const crypto::SignedStatement& signed_statement,
                                             const crypto::Certificate& certificate) {
  const auto& text = signed_statement.statement;
  auto batch = TRY(crypto::verify_batch(signed_statement.signature, certificate));
  if (!crypto::in_batch(batch, core::statement_digest(text), signed_statement.path))
    return fail(Errc::unauthenticated, "the statement is not in the signed batch");
  const auto kind = TRY(core::kind_of(text));
  auto lines = TRY(core::StatementReader::open(text, core::first_line(kind)));
  const auto author = TRY(lines.token(author_line(kind), core::is_authority_id));
  if (author != batch.signer)
    return fail(Errc::unauthenticated, "speaks for " + author + ", but " + batch.signer + " signed it");
  return batch;
}

// As verify.sh: the dates of the key decide, so a designation may be younger than the signature.
Result<void> check_designated(const core::Designation& designation, const crypto::BatchStatement& batch,
                              const Digest& key) {
  if (designation.authority != batch.signer) return fail(Errc::unauthenticated, "the signer is not who is designated");
  if (batch.created >= designation.valid_to)
    return fail(Errc::unauthenticated, "the designation had ended before it was signed");
  const bool valid =
      std::any_of(designation.keys.begin(), designation.keys.end(), [&](const core::DesignatedKey& designated) {
        return designated.role == core::KeyRole::sign && designated.suite == batch.suite && designated.id == key &&
               designated.valid_at(batch.created);
      });
  if (!valid) return fail(Errc::unauthenticated, "no key of the signer at that time, as its designation says");
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
                             const crypto::Certificate& anchor, const Designation* designation) {
  const auto batch = TRY(verify_author(signed_statement, certificate));
  if (TRY(core::kind_of(signed_statement.statement)) == core::StatementKind::designation) {
    if (certificate.id() != anchor.id()) return fail(Errc::unauthenticated, "a designation its anchor did not sign");
    return {};
  }
  if (!certificate.issued_by(anchor)) return fail(Errc::unauthenticated, "the certificate is not under this anchor");
  if (designation == nullptr) return fail(Errc::unauthenticated, "nothing designates the key");
  TRY(verify_author(designation->statement, anchor));
  const auto designated = TRY(core::Designation::parse(designation->statement.statement));
  return check_designated(designated, batch, certificate.id());
}

}  // namespace chancery::client::verify

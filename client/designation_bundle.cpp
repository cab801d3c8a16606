#include "client/designation_bundle.h"

#include <algorithm>

namespace chancery::client {

namespace {

// Exactly those of the keys it names, each issued by the first.
Result<void> check_certificates(const core::Designation& designation,
                                const std::vector<crypto::Certificate>& certificates) {
  std::vector<Digest> named;
  for (const auto& key : designation.keys)
    if (core::comes_with_certificate(key.role)) named.push_back(key.id);
  std::vector<Digest> shown;
  for (const auto& certificate : certificates) shown.push_back(certificate.id());
  std::sort(named.begin(), named.end());
  std::sort(shown.begin(), shown.end());
  if (named != shown) return fail(Errc::malformed, "the certificates are not those of the keys it names");
  for (const auto& certificate : certificates)
    if (certificate.id() != certificates.front().id() && !certificate.issued_by(certificates.front()))
      return fail(Errc::unauthenticated, certificate.common_name() + ": not issued by the anchor");
  return {};
}

Result<void> check_anchor_named(const core::Designation& designation, const Digest& anchor) {
  for (const auto& key : designation.keys)
    if (key.role == core::KeyRole::anchor && key.id == anchor) return {};
  return fail(Errc::malformed, "its anchor is not among the keys it names");
}

}  // namespace

Result<DesignationBundle> open_bundle(const std::string& bytes) {
  v1::DesignationItem item;
  if (!item.ParseFromString(bytes)) return fail(Errc::malformed, "not a designation bundle");
  return open_bundle(item);
}

Result<DesignationBundle> open_bundle(const v1::DesignationItem& item) {
  std::vector<crypto::Certificate> certificates;
  for (const auto& der : item.certificates()) certificates.push_back(TRY(crypto::Certificate::from_der(as_bytes(der))));
  if (certificates.empty()) return fail(Errc::malformed, "no certificates");
  auto signed_statement = TRY(to_signed_statement(item.statement(), item.signature(), item.leaf(), item.path()));
  const auto batch = TRY(crypto::verify_batch(signed_statement.signature, certificates.front()));
  if (batch.size != 1 || !crypto::in_batch(batch, core::statement_digest(item.statement()), signed_statement.path))
    return fail(Errc::unauthenticated, "the statement is not what was signed");
  auto designation = TRY(core::Designation::parse(item.statement()));
  if (batch.signer != designation.authority) return fail(Errc::unauthenticated, "signed for another authority");
  CHECK_OK(check_anchor_named(designation, certificates.front().id()));
  CHECK_OK(check_certificates(designation, certificates));
  return DesignationBundle{std::move(designation), std::move(signed_statement), std::move(certificates)};
}

Result<std::string> sign_bundle(const std::string& statement, crypto::Signer& anchor_key,
                                const std::vector<crypto::Certificate>& certificates, Instant now,
                                crypto::RandomSource& random) {
  if (certificates.empty()) return fail(Errc::malformed, "no certificates");
  const auto designation = TRY(core::Designation::parse(statement));
  CHECK_OK(check_anchor_named(designation, certificates.front().id()));
  CHECK_OK(check_certificates(designation, certificates));
  const auto batch = TRY(crypto::sign_batch(designation.authority, anchor_key, certificates.front().id(),
                                            {core::statement_digest(statement)}, now, random));
  v1::DesignationItem item;
  to_proto(batch.signature, *item.mutable_signature());
  item.set_leaf(0);
  item.set_path(path_bytes(batch.path(0)));
  item.set_statement(statement);
  for (const auto& certificate : certificates) item.add_certificates(std::string(as_text(certificate.der())));
  return item.SerializeAsString();
}

}  // namespace chancery::client

#include "daemon/service/verification.h"

#include <algorithm>

namespace chancery::service {

namespace {

constexpr Duration kLeafTime = seconds(60);

bool names(const core::DirectoryEntry& entry, const Digest& id) {
  return std::any_of(entry.history.begin(), entry.history.end(), [&](const core::Designation& designation) {
    return std::any_of(designation.keys.begin(), designation.keys.end(),
                       [&](const core::DesignatedKey& key) { return key.id == id; });
  });
}

// The verified authority that designated this key, in whatever role.
const std::string* holder_of(const core::Directory& directory, const Digest& id) {
  for (const auto& [authority, entry] : directory.entries())
    if (entry.state != core::PeerState::unverified && names(entry, id)) return &authority;
  return nullptr;
}

bool names_key(const core::Designation& designation, const Digest& id) {
  return std::any_of(designation.keys.begin(), designation.keys.end(),
                     [&](const core::DesignatedKey& key) { return key.id == id; });
}

// A key is of exactly one suite, and its certificate shows which.
bool is_of_the_suite_named(const core::Designation& designation, const crypto::Certificate& certificate) {
  const auto id = certificate.id();
  return std::all_of(designation.keys.begin(), designation.keys.end(), [&](const core::DesignatedKey& key) {
    return key.id != id || key.suite == certificate.public_key().suite();
  });
}

Result<void> check_certificates(const wire::DesignationItem& item, const core::Designation& designation,
                                const crypto::Certificate& anchor) {
  if (!is_of_the_suite_named(designation, anchor)) return fail(Errc::malformed, "anchor of another suite than it says");
  for (std::size_t i = 1; i < item.certificates.size(); ++i) {
    const auto certificate = TRY(crypto::Certificate::from_der(item.certificates[i]));
    if (!names_key(designation, certificate.id())) return fail(Errc::malformed, "certificate of a key not designated");
    if (!is_of_the_suite_named(designation, certificate))
      return fail(Errc::malformed, "certificate of another suite than the designation says");
    if (!certificate.issued_by(anchor)) return fail(Errc::unauthenticated, "certificate not issued by the anchor");
  }
  return {};
}

// Its end is that of the line that names it: nobody has to look at the certificate later. X.509 counts whole seconds.
bool covers(const crypto::Certificate& certificate, const core::DesignatedKey& key) {
  return certificate.not_before() <= key.from && key.to <= certificate.not_after() + seconds(1);
}

Result<void> check_key(const wire::DesignationItem& item, const core::DesignatedKey& key) {
  for (const auto& der : item.certificates) {
    if (crypto::sha256(der) != key.id) continue;
    if (covers(TRY(crypto::Certificate::from_der(der)), key)) return {};
    return fail(Errc::malformed, "designation.key: named for a time in which its certificate does not hold");
  }
  return fail(Errc::malformed, "designation.certificates: one is missing");
}

// Seal, log and witness keys are named by their public key and come without a certificate.
Result<void> check_keys(const wire::DesignationItem& item, const core::Designation& designation) {
  for (const auto& key : designation.keys)
    if (core::comes_with_certificate(key.role)) CHECK_OK(check_key(item, key));
  return {};
}

Result<void> check_batch_of_one(const wire::DesignationItem& item) {
  const auto batch = TRY(crypto::BatchStatement::parse(item.signature.statement));
  if (batch.size != 1) return fail(Errc::malformed, "designation.signature: not a batch of one");
  return {};
}

}  // namespace

Result<std::shared_ptr<const crypto::Certificate>> Certificates::find(const core::Directory& directory,
                                                                      const Digest& id) {
  // The directory is asked each time: a peer may have been deleted or never verified.
  const auto* authority = holder_of(directory, id);
  if (authority == nullptr) return fail(Errc::not_found, "key of no designation");
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(id);
    if (known != known_.end()) return known->second;
  }
  auto certificate = TRY(load(*authority, id));
  const std::lock_guard lock(mutex_);
  return known_.emplace(id, std::move(certificate)).first->second;
}

Result<std::shared_ptr<const crypto::Certificate>> Certificates::load(const std::string& authority, const Digest& id) {
  for (const auto& record : TRY(store_.reader().designations(authority)))
    for (const auto& der : record.certificates)
      if (crypto::sha256(der) == id)
        return std::make_shared<const crypto::Certificate>(TRY(crypto::Certificate::from_der(der)));
  return fail(Errc::not_found, "designated key without its certificate");
}

FrameVerifier::FrameVerifier(const std::vector<crypto::BatchSignature>& signatures, const core::Directory& directory,
                             Certificates& certificates)
    : signatures_(signatures), directory_(directory), certificates_(certificates), batches_(signatures.size()) {}

Finding FrameVerifier::find(const wire::Proven& proven) {
  const auto digest = core::statement_digest(proven.statement);
  if (proven.signature >= signatures_.size()) return {Standing::not_authenticated, nullptr, digest};
  auto& batch = batches_[proven.signature];
  if (!batch.checked) check(signatures_[proven.signature], batch);
  if (batch.standing != Standing::holds) return {batch.standing, nullptr, digest};
  if (!batch.verified->holds(digest, proven.path)) return {Standing::not_authenticated, nullptr, digest};
  return {Standing::holds, &batch.verified->statement(), digest};
}

void FrameVerifier::check(const crypto::BatchSignature& signature, Batch& out) {
  out.checked = true;
  const auto certificate = certificates_.find(directory_, signature.key_id);
  if (!certificate.has_value()) {
    out.standing = Standing::key_unknown;
    return;
  }
  auto statement = crypto::verify_batch(signature, **certificate);
  if (!statement.has_value()) return;
  // Only `sign` signs batches, and only while it was this signer's key. `created` is the signer's own word: under a key
  // that is compromised by now nothing that still comes was signed before for certain (protocol section 1).
  const auto* key = directory_.key(statement->signer, core::KeyRole::sign, signature.key_id, statement->created);
  if (key == nullptr || key->suite != signature.suite) return;
  if (directory_.is_compromised(statement->signer, core::KeyRole::sign, signature.key_id)) return;
  out.verified.emplace(std::move(*statement));
  out.standing = Standing::holds;
}

store::SignedStatement FrameVerifier::evidence(const wire::Proven& proven) const {
  return {proven.statement, signatures_[proven.signature], proven.path};
}

bool timely(Instant own, const crypto::BatchStatement& batch) {
  return own >= batch.created - kLeafTime && own <= batch.created + kLeafTime;
}

Result<core::Designation> verify_designation(const wire::DesignationItem& item, const Digest& anchor) {
  if (item.certificates.empty()) return fail(Errc::malformed, "designation without its anchor");
  const auto certificate = TRY(crypto::Certificate::from_der(item.certificates.front()));
  if (certificate.id() != anchor) return fail(Errc::unauthenticated, "not the anchor that was compared");
  const auto batch = TRY(crypto::verify_batch(item.signature, certificate));
  if (!crypto::in_batch(batch, core::statement_digest(item.statement), item.path))
    return fail(Errc::unauthenticated, "designation outside its batch");
  auto designation = TRY(core::Designation::parse(item.statement));
  if (batch.signer != designation.authority) return fail(Errc::unauthenticated, "anchor of another authority");
  CHECK_OK(check_certificates(item, designation, certificate));
  CHECK_OK(check_batch_of_one(item));
  CHECK_OK(check_keys(item, designation));
  return designation;
}

}  // namespace chancery::service

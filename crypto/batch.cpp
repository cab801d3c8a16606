#include "crypto/batch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "crypto/der.h"
#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

constexpr std::string_view kFirstLine = "chancery/batch/v1\n";
constexpr std::size_t kMaxSigner = 63;
constexpr std::int64_t kMaxTimeDifference = 60;
// What an Instant can be written for; outside, nothing is computed.
constexpr std::int64_t kFirstSecond = -62'135'596'800;
constexpr std::int64_t kLastSecond = 253'402'300'799;

// The lines of a batch statement, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // The value of the next line, which must have this name.
  Result<std::string_view> value(std::string_view name) {
    if (!rest_.starts_with(name) || !rest_.substr(name.size()).starts_with(' '))
      return fail(Errc::malformed, "batch: expected " + std::string(name));
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) return fail(Errc::malformed, "batch: line without end");
    const auto from = name.size() + 1;
    const auto found = rest_.substr(from, end - from);
    rest_.remove_prefix(end + 1);
    return found;
  }

 private:
  std::string_view rest_;
};

bool is_signer(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSigner && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Result<std::uint32_t> parse_size(std::string_view text) {
  std::uint32_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size > kMaxBatchLeaves || !std::has_single_bit(size))
    return fail(Errc::malformed, "batch: size is not a power of two up to 256");
  return size;
}

// RFC 8419 3.1: with Ed25519 the digest of CMS is SHA-512.
Bytes message_digest(Suite suite, std::string_view statement) {
  if (suite == Suite::p256) {
    const auto digest = sha256(as_bytes(statement));
    return {digest.value.begin(), digest.value.end()};
  }
  Bytes digest(64);
  if (EVP_Q_digest(nullptr, "SHA512", nullptr, statement.data(), statement.size(), digest.data(), nullptr) != 1)
    bug("SHA-512 is not available");
  return digest;
}

Bytes attribute(const Bytes& kind, BytesView value) { return der::sequence({kind, der::element(der::kSet, value)}); }

// RFC 5652 11.3: UTCTime from 1950 to 2049, GeneralizedTime else.
Bytes signing_time(std::int64_t seconds) {
  const auto text = to_string(Instant{std::clamp(seconds, kFirstSecond, kLastSecond) * 1000});
  std::string digits;
  std::copy_if(text.begin(), text.begin() + 19, std::back_inserter(digits),
               [](char c) { return c >= '0' && c <= '9'; });
  const auto year = text.substr(0, 4);
  if (year < "1950" || year > "2049") return der::element(der::kGeneralizedTime, as_bytes(digits + "Z"));
  return der::element(der::kUtcTime, as_bytes(digits.substr(2) + "Z"));
}

// RFC 5035 3: SigningCertificateV2 { SEQUENCE OF ESSCertIDv2 }, SHA-256 as the default and so left out.
Bytes signing_certificate(const Digest& certificate) {
  return der::sequence({der::sequence({der::sequence({der::element(der::kOctetString, certificate.view())})})});
}

std::vector<Digest> inner_nodes(const std::vector<Digest>& leaves) {
  std::vector<Digest> nodes;
  nodes.reserve(leaves.size());
  auto below = std::span(leaves);
  std::vector<Digest> level;
  while (below.size() > 1) {
    std::vector<Digest> up;
    for (std::size_t i = 0; i < below.size(); i += 2) up.push_back(node_hash(below[i], below[i + 1]));
    nodes.insert(nodes.end(), up.begin(), up.end());
    level = std::move(up);
    below = level;
  }
  return nodes;
}

}  // namespace

std::string BatchStatement::to_text() const {
  return std::string(kFirstLine) + "signer " + signer + "\nsuite " + to_string(suite) + "\ntree-hash sha256\ncreated " +
         chancery::to_string(created) + "\nsize " + std::to_string(size) + "\nroot " + to_base64(root.view()) + "\n";
}

Result<BatchStatement> BatchStatement::parse(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return fail(Errc::malformed, "batch: first line");
  Lines lines(text.substr(kFirstLine.size()));
  BatchStatement batch;
  batch.signer = TRY(lines.value("signer"));
  if (!is_signer(batch.signer)) return fail(Errc::malformed, "batch: signer");
  batch.suite = TRY(parse_suite(TRY(lines.value("suite"))));
  if (TRY(lines.value("tree-hash")) != "sha256") return fail(Errc::malformed, "batch: tree-hash");
  batch.created = TRY(parse_instant(TRY(lines.value("created"))));
  batch.size = TRY(parse_size(TRY(lines.value("size"))));
  batch.root = TRY(to_digest(TRY(parse_base64(TRY(lines.value("root"))))));
  if (batch.to_text() != text) return fail(Errc::malformed, "batch: not canonical");
  return batch;
}

Path SignedBatch::path(std::uint32_t index) const {
  if (index >= leaves.size()) bug("batch: no such leaf");
  Path path{index, {}};
  if (leaves.size() == 1) return path;
  path.hashes.push_back(leaves[index ^ 1U]);
  std::size_t level = 0;  // where in `inner` this level begins
  for (std::size_t width = leaves.size() / 2; width > 1; width /= 2) {
    index /= 2;
    path.hashes.push_back(inner[level + (index ^ 1U)]);
    level += width;
  }
  return path;
}

Result<SignedBatch> sign_batch(std::string_view signer, Signer& key, const Digest& certificate_id,
                               std::vector<Digest> leaves, Instant now, RandomSource& random) {
  if (leaves.empty() || leaves.size() > kMaxBatchLeaves) return fail(Errc::malformed, "batch: 1 to 256 leaves");
  if (!is_signer(signer)) return fail(Errc::malformed, "batch: signer");
  const auto size = std::bit_ceil(leaves.size());
  while (leaves.size() < size) leaves.push_back(leaf_hash(random.bytes(sizeof(Digest::value))));
  SignedBatch batch;
  batch.inner = inner_nodes(leaves);
  const auto& root = batch.inner.empty() ? leaves.front() : batch.inner.back();
  const BatchStatement statement{std::string(signer), key.suite(), now, static_cast<std::uint32_t>(size), root};
  batch.signature.suite = key.suite();
  batch.signature.key_id = certificate_id;
  batch.signature.signing_time = now.ms / 1000;
  batch.signature.statement = statement.to_text();
  batch.signature.signature = TRY(key.sign(signed_attributes(batch.signature)));
  batch.leaves = std::move(leaves);
  return batch;
}

Bytes signed_attributes(const BatchSignature& signature) {
  static const auto content_type = attribute(der::oid("1.2.840.113549.1.9.3"), der::oid(kStatementContentType));
  static const auto digest_kind = der::oid("1.2.840.113549.1.9.4");
  static const auto time_kind = der::oid("1.2.840.113549.1.9.5");
  static const auto certificate_kind = der::oid("1.2.840.113549.1.9.16.2.47");
  const auto digest = der::element(der::kOctetString, message_digest(signature.suite, signature.statement));
  return der::set_of({content_type, attribute(time_kind, signing_time(signature.signing_time)),
                      attribute(digest_kind, digest),
                      attribute(certificate_kind, signing_certificate(signature.key_id))});
}

Result<BatchStatement> verify_batch(const BatchSignature& signature, const Certificate& certificate) {
  if (signature.key_id != certificate.id()) return fail(Errc::unauthenticated, "batch: another key's signature");
  if (signature.suite != certificate.public_key().suite())
    return fail(Errc::unauthenticated, "batch: suite is not the key's");
  if (signature.signing_time < kFirstSecond || signature.signing_time > kLastSecond)
    return fail(Errc::malformed, "batch: signing time");
  if (!certificate.public_key().verify(signed_attributes(signature), signature.signature))
    return fail(Errc::unauthenticated, "batch: signature does not verify");
  auto batch = TRY(BatchStatement::parse(signature.statement));
  if (batch.suite != signature.suite) return fail(Errc::malformed, "batch: names another suite");
  const auto difference = (batch.created - Instant{signature.signing_time * 1000}).ms;
  if (difference > kMaxTimeDifference * 1000 || difference < -kMaxTimeDifference * 1000)
    return fail(Errc::malformed, "batch: created and signing time are more than 60 s apart");
  return batch;
}

bool in_batch(const BatchStatement& batch, const Digest& leaf, const Path& path) {
  return verify_inclusion(leaf, LeafIndex{path.index}, TreeSize{batch.size}, path.hashes, batch.root);
}

VerifiedBatch::VerifiedBatch(BatchStatement statement)
    : statement_(std::move(statement)), nodes_{{1, statement_.root}} {}

bool VerifiedBatch::holds(const Digest& leaf, const Path& path) {
  if (path.index >= statement_.size || path.hashes.size() + 1 != std::bit_width(statement_.size)) return false;
  const auto place = std::size_t{statement_.size} + path.index;
  auto at = place;
  std::vector<Digest> shown = {leaf};  // the nodes on the way up, as far as nothing is known
  for (; !nodes_.contains(at); at /= 2) {
    const auto& partner = path.hashes[shown.size() - 1];
    shown.push_back(at % 2 == 0 ? node_hash(shown.back(), partner) : node_hash(partner, shown.back()));
  }
  if (nodes_.at(at) != shown.back()) return false;
  for (auto level = shown.size() - 1; at > 1; at /= 2, ++level)
    if (nodes_.at(at ^ 1U) != path.hashes[level]) return false;
  at = place;
  for (std::size_t level = 0; level + 1 < shown.size(); ++level, at /= 2) {
    nodes_.emplace(at, shown[level]);
    nodes_.emplace(at ^ 1U, path.hashes[level]);
  }
  return true;
}

}  // namespace chancery::crypto

#include "tests/unit/crypto/samples.h"

#include <bit>
#include <fstream>
#include <sstream>

namespace chancery::crypto {
namespace {

std::ifstream open_vectors(const char* file) {
  std::ifstream in(std::string(CHANCERY_SOURCE_DIR "/tests/vectors/") + file);
  if (!in) bug(file);
  return in;
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, separator);) cells.push_back(cell);
  return cells;
}

// SUBPROOF of RFC 9162 2.1.4.1.
std::vector<Digest> naive_subproof(std::span<const Digest> leaves, std::size_t first, bool whole) {
  if (first == leaves.size()) return whole ? std::vector<Digest>{} : std::vector{naive_root(leaves)};
  const auto k = std::bit_floor(leaves.size() - 1);
  if (first <= k) {
    auto proof = naive_subproof(leaves.first(k), first, whole);
    proof.push_back(naive_root(leaves.subspan(k)));
    return proof;
  }
  auto proof = naive_subproof(leaves.subspan(k), first - k, false);
  proof.push_back(naive_root(leaves.first(k)));
  return proof;
}

}  // namespace

Bytes hex(std::string_view text) { return parse_hex(text).value(); }

nlohmann::json vectors(const char* file) { return nlohmann::json::parse(open_vectors(file)); }

std::vector<std::vector<std::string>> table(const char* file) {
  auto in = open_vectors(file);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(split(line, '\t'));
  return rows;
}

KemPrivateKey kem_key(Suite suite, BytesView scalar) {
  const auto* pkcs8 = suite == Suite::p256 ? "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420"
                                           : "302e020100300506032b656e04220420";
  const auto der = concat({hex(pkcs8), scalar});
  const auto pem = "-----BEGIN PRIVATE KEY-----\n" + to_base64(der) + "\n-----END PRIVATE KEY-----\n";
  return KemPrivateKey::from_pem(as_bytes(pem)).value();
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_());
}

Digest naive_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(BytesView{});
  if (leaves.size() == 1) return leaves[0];
  const auto k = std::bit_floor(leaves.size() - 1);
  return node_hash(naive_root(leaves.first(k)), naive_root(leaves.subspan(k)));
}

std::vector<Digest> naive_path(std::span<const Digest> leaves, std::size_t index) {
  if (leaves.size() == 1) return {};
  const auto k = std::bit_floor(leaves.size() - 1);
  auto path = index < k ? naive_path(leaves.first(k), index) : naive_path(leaves.subspan(k), index - k);
  path.push_back(naive_root(index < k ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

std::vector<Digest> naive_proof(std::span<const Digest> leaves, std::size_t first) {
  return naive_subproof(leaves, first, true);
}

std::vector<Digest> some_leaves(std::size_t count) {
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(u64be(i)));
  return leaves;
}

Authority make_authority(CertificateUse use, Suite suite) {
  auto anchor_key = PrivateKey::generate(Suite::p256).value();
  const CertificateRequest top{"cn-example anchor", CertificateUse::anchor, kNow - days(1), kNow + days(3650)};
  auto anchor = issue_certificate(top, anchor_key.public_key(), anchor_key, nullptr).value();
  auto key = PrivateKey::generate(suite).value();
  const CertificateRequest leaf{"cn-example", use, kNow - days(1), kNow + days(365)};
  auto certificate = issue_certificate(leaf, key.public_key(), anchor_key, &anchor).value();
  return {std::move(anchor_key), std::move(anchor), std::move(key), std::move(certificate)};
}

}  // namespace chancery::crypto

#include "client/signature_block.h"

namespace chancery::client {

namespace {

Result<crypto::Path> to_path(std::uint32_t leaf, const std::string& bytes) {
  if (bytes.size() % 32 != 0) return fail(Errc::malformed, "path: not whole hashes");
  crypto::Path path;
  path.index = leaf;
  for (std::size_t at = 0; at < bytes.size(); at += 32)
    path.hashes.push_back(TRY(to_digest(as_bytes(std::string_view(bytes).substr(at, 32)))));
  return path;
}

}  // namespace

Result<crypto::SignedStatement> to_signed_statement(const std::string& statement, const v1::SignatureBlock& block,
                                                    std::uint32_t leaf, const std::string& path) {
  crypto::BatchSignature signature;
  signature.suite = TRY(crypto::parse_suite(block.suite()));
  signature.key_id = TRY(to_digest(as_bytes(block.key_id())));
  signature.signing_time = block.signing_time();
  signature.signature = to_bytes(block.signature());
  signature.statement = block.batch();
  auto place = TRY(to_path(leaf, path));
  return crypto::SignedStatement{statement, std::move(signature), std::move(place)};
}

void to_proto(const crypto::BatchSignature& signature, v1::SignatureBlock& block) {
  block.set_suite(to_string(signature.suite));
  block.set_key_id(std::string(as_text(signature.key_id.view())));
  block.set_signing_time(signature.signing_time);
  block.set_signature(std::string(as_text(signature.signature)));
  block.set_batch(signature.statement);
}

std::string path_bytes(const crypto::Path& path) {
  std::string out;
  for (const auto& hash : path.hashes) out += as_text(hash.view());
  return out;
}

}  // namespace chancery::client

#include "crypto/attachment.h"

#include <algorithm>
#include <bit>

namespace chancery::crypto {

namespace {

constexpr std::string_view kAad = "chancery/attachment/v1";

Nonce nonce_of(std::uint64_t index, bool last) {
  Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::uint8_t>(index >> (56 - 8 * i));
  nonce[11] = last ? 1 : 0;
  return nonce;
}

}  // namespace

std::uint64_t chunks_of(std::uint64_t plain_length) {
  return std::max<std::uint64_t>(1, plain_length / kChunkSize + (plain_length % kChunkSize == 0 ? 0 : 1));
}

std::uint64_t sealed_length(std::uint64_t plain_length) {
  return plain_length + chunks_of(plain_length) * kAeadTagSize;
}

Result<std::uint64_t> plain_length(std::uint64_t sealed) {
  const auto chunks = sealed / kSealedChunkSize + (sealed % kSealedChunkSize == 0 ? 0 : 1);
  if (sealed < kAeadTagSize || sealed - kAeadTagSize > kMaxPlainLength + kMaxChunks * kAeadTagSize)
    return fail(Errc::malformed, "attachment: not a length");
  const auto plain = sealed - std::min(sealed, chunks * kAeadTagSize);
  if (plain > kMaxPlainLength || sealed_length(plain) != sealed)
    return fail(Errc::malformed, "attachment: not a length");
  return plain;
}

ChunkPlace place_of_chunk(std::uint64_t index, std::uint64_t sealed_length) {
  const auto offset = index * kSealedChunkSize;
  const auto left = sealed_length - offset;
  return {offset, static_cast<std::size_t>(std::min<std::uint64_t>(left, kSealedChunkSize)), left <= kSealedChunkSize};
}

Bytes seal_chunk(BytesView key, std::uint64_t index, bool last, BytesView plaintext) {
  return aead_seal(key, nonce_of(index, last), as_bytes(kAad), plaintext);
}

Result<SecretBytes> open_chunk(BytesView key, std::uint64_t index, bool last, BytesView sealed) {
  return aead_open(key, nonce_of(index, last), as_bytes(kAad), sealed);
}

ChunkTree::ChunkTree(std::span<const Digest> leaves) {
  for (const auto& leaf : leaves) append(leaf);
}

// Leaf i completes as many nodes as it has trailing ones, and itself.
std::size_t ChunkTree::place(std::uint64_t leaf) {
  return static_cast<std::size_t>(2 * leaf - static_cast<std::uint64_t>(std::popcount(leaf)));
}

void ChunkTree::append(const Digest& leaf) {
  const auto completed = tree_.append(leaf);
  nodes_.insert(nodes_.end(), completed.begin(), completed.end());
}

std::vector<Digest> ChunkTree::leaves() const {
  std::vector<Digest> out;
  out.reserve(size());
  for (std::uint64_t i = 0; i < size(); ++i) out.push_back(nodes_[place(i)]);
  return out;
}

std::vector<Digest> ChunkTree::path(std::uint64_t index) const {
  return *stored_inclusion({index}, tree_.size(), [this](LeafIndex leaf, unsigned level) -> Result<Digest> {
    return nodes_.at(place(leaf.value) + level);
  });
}

}  // namespace chancery::crypto

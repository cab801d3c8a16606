// A sealed file as its sender has it.
#pragma once

#include "crypto/attachment.h"
#include "daemon/wire/body.h"
#include "daemon/wire/frame.h"

namespace chancery::service {

inline Bytes some_bytes(std::size_t size, std::uint8_t seed = 1) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + i / 257 + seed);
  return out;
}

struct File {
  explicit File(std::size_t size, std::uint8_t seed = 1) : plain(some_bytes(size, seed)) {
    crypto::ChunkTree plain_tree;
    const auto count = crypto::chunks_of(size);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto begin = static_cast<std::size_t>(i) * crypto::kChunkSize;
      const auto chunk = BytesView(plain).subspan(begin, std::min(crypto::kChunkSize, size - begin));
      chunks.push_back(crypto::seal_chunk(Bytes(32, seed), i, i + 1 == count, chunk));
      plain_tree.append(crypto::leaf_hash(chunk));
      tree.append(crypto::leaf_hash(chunks.back()));
    }
    manifest.name = "file";
    manifest.size = size;
    manifest.key = crypto::SecretBytes(Bytes(32, seed));
    manifest.plain_root = plain_tree.root();
    manifest.line = {tree.root(), crypto::sealed_length(size)};
  }
  [[nodiscard]] wire::AttachmentOffer offer(const core::MessageId& message = {}) const {
    return {message, tree.root(), manifest.line.length};
  }
  [[nodiscard]] wire::AttachmentChunk chunk(std::uint64_t index) const {
    return {tree.root(), index, chunks.at(index), tree.path(index)};
  }

  Bytes plain;
  std::vector<Bytes> chunks;
  crypto::ChunkTree tree;
  wire::Manifest manifest;
};

}  // namespace chancery::service

// Attachments: files sealed in chunks, each attachment under a random key of its own (protocol section 3).
//
//   chunk i      256 KiB of plaintext, the last one what is left (none of an empty file); AES-256-GCM,
//                nonce = u64be(i) || u32be(1 for the last chunk, else 0), aad = "chancery/attachment/v1"
//   cipher root  RFC 9162 root over SHA-256(00 || sealed chunk i): what a statement names
//   plain root   the same over the plaintext chunks
//   length       of the sealed chunks together: 16 bytes a chunk more than the plaintext
//
// So a chunk proves by itself that it belongs to what was signed, and where; and which one is the last.
#pragma once

#include "crypto/aead.h"
#include "crypto/merkle.h"

namespace chancery::crypto {

inline constexpr std::size_t kChunkSize = std::size_t{256} << 10;
inline constexpr std::size_t kSealedChunkSize = kChunkSize + kAeadTagSize;
inline constexpr std::uint64_t kMaxPlainLength = std::uint64_t{16} << 30;
// Chunks of the longest attachment; their inclusion paths have at most so many hashes.
inline constexpr std::uint64_t kMaxChunks = kMaxPlainLength / kChunkSize;
inline constexpr std::size_t kMaxChunkPath = 16;

// At least one chunk.
std::uint64_t chunks_of(std::uint64_t plain_length);
std::uint64_t sealed_length(std::uint64_t plain_length);
// Malformed: no plaintext of at most kMaxPlainLength has this length when it is sealed.
Result<std::uint64_t> plain_length(std::uint64_t sealed_length);

// Where chunk `index` of a sealed attachment stands in its file. The index is inside; outside is our own bug.
struct ChunkPlace {
  std::uint64_t offset = 0;
  std::size_t size = 0;
  bool last = false;
};
ChunkPlace place_of_chunk(std::uint64_t index, std::uint64_t sealed_length);

Bytes seal_chunk(BytesView key, std::uint64_t index, bool last, BytesView plaintext);
// unauthenticated when it is not this chunk, under this key.
Result<SecretBytes> open_chunk(BytesView key, std::uint64_t index, bool last, BytesView sealed);

// The tree over chunks, grown leaf by leaf and kept whole: 64 bytes a chunk. Not thread-safe.
class ChunkTree {
 public:
  ChunkTree() = default;
  explicit ChunkTree(std::span<const Digest> leaves);

  void append(const Digest& leaf);
  [[nodiscard]] std::uint64_t size() const { return tree_.size().value; }
  [[nodiscard]] Digest root() const { return tree_.root(); }
  [[nodiscard]] std::vector<Digest> leaves() const;
  // `index` is inside; outside is our own bug.
  [[nodiscard]] std::vector<Digest> path(std::uint64_t index) const;

 private:
  [[nodiscard]] static std::size_t place(std::uint64_t leaf);
  GrowingTree tree_;
  std::vector<Digest> nodes_;  // of each leaf those it completed, leaf first
};

}  // namespace chancery::crypto

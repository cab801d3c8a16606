#include "crypto/attachment.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

Bytes plaintext_of(std::uint64_t length) {
  Bytes out(length);
  for (std::uint64_t i = 0; i < length; ++i) out[i] = static_cast<std::uint8_t>(i * 131 + i / 251);
  return out;
}

struct Sealed {
  std::vector<Bytes> chunks;
  ChunkTree plain, cipher;
};

Sealed seal(BytesView key, BytesView plaintext) {
  Sealed out;
  const auto count = chunks_of(plaintext.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto begin = i * kChunkSize;
    const auto chunk = plaintext.subspan(begin, std::min(kChunkSize, plaintext.size() - begin));
    out.chunks.push_back(seal_chunk(key, i, i + 1 == count, chunk));
    out.plain.append(leaf_hash(chunk));
    out.cipher.append(leaf_hash(out.chunks.back()));
  }
  return out;
}

// Written down by a second path: tests/vectors/make_attachment.py knows the protocol and nothing of this code.
TEST(Attachment, IsSealedAsAnotherProgramSealsIt) {
  const auto all = vectors("attachment.json");
  ASSERT_GE(all.size(), 7U);
  for (const auto& v : all) {
    const auto length = v["plain_length"].get<std::uint64_t>();
    const auto sealed = seal(hex(v["key"].get<std::string>()), plaintext_of(length));
    Bytes together;
    for (const auto& chunk : sealed.chunks) append(together, chunk);
    EXPECT_EQ(to_hex(sha256(together).view()), v["sealed"].get<std::string>()) << length;
    EXPECT_EQ(to_hex(sealed.plain.root().view()), v["plain_root"].get<std::string>()) << length;
    EXPECT_EQ(to_hex(sealed.cipher.root().view()), v["cipher_root"].get<std::string>()) << length;
    EXPECT_EQ(sealed_length(length), v["sealed_length"].get<std::uint64_t>());
    EXPECT_EQ(plain_length(together.size()).value(), length);
  }
}

TEST(Attachment, ChunksStandOneBehindTheOtherAndTheLastIsKnown) {
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{kChunkSize},
                                     std::uint64_t{kChunkSize + 1}, std::uint64_t{7 * kChunkSize - 5}}) {
    const auto sealed = sealed_length(length);
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < chunks_of(length); ++i) {
      const auto place = place_of_chunk(i, sealed);
      EXPECT_EQ(place.offset, end);
      EXPECT_EQ(place.last, i + 1 == chunks_of(length));
      end += place.size;
    }
    EXPECT_EQ(end, sealed);
  }
}

TEST(PlainLength, KnowsWhichLengthsASealedAttachmentCanHave) {
  std::set<std::uint64_t> possible;
  for (std::uint64_t length = 0; length < 2 * kChunkSize + 100; ++length) possible.insert(sealed_length(length));
  for (std::uint64_t sealed = 0; sealed < sealed_length(2 * kChunkSize + 99); ++sealed)
    EXPECT_EQ(plain_length(sealed).has_value(), possible.contains(sealed)) << sealed;
  EXPECT_EQ(plain_length(sealed_length(kMaxPlainLength)).value(), kMaxPlainLength);
  EXPECT_FALSE(plain_length(sealed_length(kMaxPlainLength) + 1).has_value());
  EXPECT_FALSE(plain_length(~std::uint64_t{0}).has_value());
}

TEST(OpenChunk, OpensNeitherAnotherPlaceNorALastChunkThatIsNone) {
  const Bytes key(32, 5);
  const auto sealed = seal_chunk(key, 3, false, as_bytes("chunk"));
  EXPECT_EQ(to_bytes(as_text(open_chunk(key, 3, false, sealed).value().view())), to_bytes("chunk"));
  EXPECT_FALSE(open_chunk(key, 2, false, sealed).has_value());
  EXPECT_FALSE(open_chunk(key, 3, true, sealed).has_value());
  EXPECT_FALSE(open_chunk(Bytes(32, 6), 3, false, sealed).has_value());
}

TEST(ChunkTree, ProvesEachChunkAsRfc9162Does) {
  ChunkTree tree;
  std::vector<Digest> leaves;
  for (std::uint64_t size = 1; size <= 70; ++size) {
    leaves.push_back(sha256(Bytes(1, static_cast<std::uint8_t>(size))));
    tree.append(leaves.back());
    ASSERT_EQ(tree.root(), merkle_root(leaves));
    ASSERT_EQ(tree.leaves(), leaves);
    for (std::uint64_t i = 0; i < size; ++i)
      ASSERT_TRUE(verify_inclusion(leaves[i], {i}, {size}, tree.path(i), tree.root())) << i << " of " << size;
  }
  EXPECT_EQ(ChunkTree(leaves).root(), tree.root());
}

}  // namespace
}  // namespace chancery::crypto

// Some parts of a body, and what proves that they are of it (protocol sections 3 and 8): their ciphertexts, and of
// every other part its two leaf hashes. The leaf hash of a part covers its salt, so it tells nothing of the text.
#pragma once

#include "crypto/sealing.h"

namespace chancery::crypto {

// Of one part that is left out.
struct PartLeaves {
  Digest body;    // leaf of body-root
  Digest cipher;  // leaf of cipher-root
  bool operator==(const PartLeaves&) const = default;
};

struct Extract {
  std::vector<std::uint32_t> parts;  // ascending, from 0, at least one; all of them is an extract too
  std::vector<Bytes> ciphertexts;    // of these, in order
  std::vector<PartLeaves> omitted;   // of all others, in order
  bool operator==(const Extract&) const = default;
};

// Whether it is of the body with these commitments, as far as can be told unopened: every part of it is there once or
// left out once, and cipher-root is theirs.
bool is_extract_of(const Extract& extract, const BodyCommitments& body);

// Opens these parts with their keys, in order, and checks both roots; cek-commit only the content key could show.
// unauthenticated when anything does not match.
Result<std::vector<OpenedPart>> open_extract(const Extract& extract, const BodyCommitments& body, BytesView keys,
                                             const Digest& header);

// An extract with its keys, in order.
struct KeyedExtract {
  Extract extract;
  SecretBytes keys;
};
// The whole body, opened by its content key.
KeyedExtract extract_all(std::vector<Bytes> ciphertexts, BytesView content_key);
// Fewer parts of it. not_found when it holds not all of `parts`; else as open_extract.
Result<KeyedExtract> narrow(const KeyedExtract& from, const BodyCommitments& body, const Digest& header,
                            std::span<const std::uint32_t> parts);
// The parts of both, which are extracts of one body.
KeyedExtract unite(const KeyedExtract& a, const KeyedExtract& b);

}  // namespace chancery::crypto

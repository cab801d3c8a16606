#include "crypto/extract.h"

#include <algorithm>
#include <numeric>

namespace chancery::crypto {

namespace {

// One hash for every part of the body, in order: `held` of those in the extract, and what `omitted` gives of the
// others. The extract has to have every part once.
template <class Omitted>
std::vector<Digest> in_order(const Extract& extract, const std::vector<Digest>& held, Omitted omitted) {
  std::vector<Digest> leaves;
  leaves.reserve(held.size() + extract.omitted.size());
  std::size_t taken = 0, left = 0;
  while (leaves.size() < held.size() + extract.omitted.size()) {
    const bool here = taken < extract.parts.size() && extract.parts[taken] == leaves.size();
    leaves.push_back(here ? held[taken++] : omitted(extract.omitted[left++]));
  }
  return leaves;
}

bool has_every_part_once(const Extract& extract, std::uint32_t parts) {
  const auto& held = extract.parts;
  return !held.empty() && held.size() == extract.ciphertexts.size() && held.back() < parts &&
         held.size() + extract.omitted.size() == parts &&
         std::adjacent_find(held.begin(), held.end(), std::greater_equal<>()) == held.end();
}

BytesView key_at(BytesView keys, std::size_t at) { return keys.subspan(at * kContentKeySize, kContentKeySize); }

void put_key(SecretBytes& keys, std::size_t at, BytesView key) {
  std::ranges::copy(key, keys.mutable_view().subspan(at * kContentKeySize, kContentKeySize).begin());
}

std::size_t position(const Extract& extract, std::uint32_t part) {
  const auto at = std::ranges::lower_bound(extract.parts, part);
  return at == extract.parts.end() || *at != part ? extract.parts.size()
                                                  : static_cast<std::size_t>(at - extract.parts.begin());
}

}  // namespace

bool is_extract_of(const Extract& extract, const BodyCommitments& body) {
  if (!has_every_part_once(extract, body.parts)) return false;
  std::vector<Digest> held;
  held.reserve(extract.ciphertexts.size());
  for (const auto& ciphertext : extract.ciphertexts) held.push_back(leaf_hash(ciphertext));
  return merkle_root(in_order(extract, held, [](const PartLeaves& it) { return it.cipher; })) == body.cipher_root;
}

Result<std::vector<OpenedPart>> open_extract(const Extract& extract, const BodyCommitments& body, BytesView keys,
                                             const Digest& header) {
  if (!is_extract_of(extract, body)) return fail(Errc::unauthenticated, "extract: not of this body");
  if (keys.size() != extract.parts.size() * kContentKeySize)
    return fail(Errc::unauthenticated, "extract: not one key a part");
  std::vector<OpenedPart> opened;
  std::vector<Digest> held;
  for (std::size_t i = 0; i < extract.parts.size(); ++i) {
    opened.push_back(TRY(open_part(extract.ciphertexts[i], key_at(keys, i), header, extract.parts[i])));
    held.push_back(part_leaf(opened.back().salt, opened.back().content));
  }
  if (merkle_root(in_order(extract, held, [](const PartLeaves& it) { return it.body; })) != body.body_root)
    return fail(Errc::unauthenticated, "extract: body-root");
  return opened;
}

KeyedExtract extract_all(std::vector<Bytes> ciphertexts, BytesView content_key) {
  KeyedExtract out;
  out.extract.parts.resize(ciphertexts.size());
  std::iota(out.extract.parts.begin(), out.extract.parts.end(), 0U);
  out.extract.ciphertexts = std::move(ciphertexts);
  out.keys = part_keys(content_key, out.extract.parts);
  return out;
}

Result<KeyedExtract> narrow(const KeyedExtract& from, const BodyCommitments& body, const Digest& header,
                            std::span<const std::uint32_t> parts) {
  const auto opened = TRY(open_extract(from.extract, body, from.keys.view(), header));
  KeyedExtract out;
  out.keys = SecretBytes(parts.size() * kContentKeySize);
  std::size_t left = 0;
  for (std::uint32_t part = 0; part < body.parts; ++part) {
    const auto at = position(from.extract, part);
    const bool held = at < from.extract.parts.size();
    if (std::ranges::find(parts, part) != parts.end()) {
      if (!held) return fail(Errc::not_found, "extract: a part that is not held");
      put_key(out.keys, out.extract.parts.size(), key_at(from.keys.view(), at));
      out.extract.parts.push_back(part);
      out.extract.ciphertexts.push_back(from.extract.ciphertexts[at]);
    } else if (held) {
      const auto& one = opened[at];
      out.extract.omitted.push_back({part_leaf(one.salt, one.content), leaf_hash(from.extract.ciphertexts[at])});
    }
    if (!held) out.extract.omitted.push_back(from.extract.omitted[left++]);
  }
  if (out.extract.parts.size() != parts.size()) return fail(Errc::not_found, "extract: no such part");
  return out;
}

KeyedExtract unite(const KeyedExtract& a, const KeyedExtract& b) {
  KeyedExtract out;
  const auto parts = a.extract.parts.size() + a.extract.omitted.size();
  std::vector<BytesView> keys;
  std::size_t left = 0;  // of those a leaves out
  for (std::uint32_t part = 0; part < parts; ++part) {
    const bool in_a = position(a.extract, part) < a.extract.parts.size();
    const auto& from = in_a ? a : b;
    const auto at = position(from.extract, part);
    if (at < from.extract.parts.size()) {
      out.extract.parts.push_back(part);
      out.extract.ciphertexts.push_back(from.extract.ciphertexts[at]);
      keys.push_back(key_at(from.keys.view(), at));
    } else {
      out.extract.omitted.push_back(a.extract.omitted[left]);
    }
    if (!in_a) ++left;
  }
  out.keys = SecretBytes(keys.size() * kContentKeySize);
  for (std::size_t i = 0; i < keys.size(); ++i) put_key(out.keys, i, keys[i]);
  return out;
}

}  // namespace chancery::crypto

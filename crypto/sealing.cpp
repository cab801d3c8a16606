#include "crypto/sealing.h"

#include <algorithm>

#include "crypto/aead.h"

namespace chancery::crypto {
namespace {

constexpr std::string_view kCommitLabel = "chancery/cek/v1";
constexpr std::string_view kPartLabel = "chancery/part/v1";
constexpr std::string_view kWrapLabel = "chancery/wrap/v1";
constexpr std::size_t kMaxWraps = 64;
constexpr std::size_t kKeyIdSize = 32;
constexpr std::size_t kWrapCounters = 8 + 2;
constexpr std::uint8_t kUncompressedPoint = 0x04;
constexpr std::uint8_t kNativePoint = 0x40;
constexpr std::size_t kPointSize = 65;
constexpr std::size_t kNativeSize = 32;
constexpr Nonce kZeroNonce{};  // a part key seals one part and nothing else

SecretBytes part_key(BytesView content_key, std::uint32_t index) {
  return hkdf_expand(content_key, concat({as_bytes(kPartLabel), u32be(index)}), kAeadKeySize);
}

Bytes part_aad(const Digest& header, std::uint32_t index) { return concat({header.view(), u32be(index)}); }

// So many bytes from the front, which are taken off.
Result<BytesView> take_front(BytesView& rest, std::size_t size) {
  if (rest.size() < size) return fail(Errc::malformed, "wraps: cut off");
  const auto taken = rest.first(size);
  rest = rest.subspan(size);
  return taken;
}

Result<BytesView> take_enc(BytesView& rest) {
  if (rest.empty()) return fail(Errc::malformed, "wraps: cut off");
  if (rest.front() == kUncompressedPoint) return take_front(rest, kPointSize);
  if (rest.front() != kNativePoint) return fail(Errc::malformed, "wraps: enc of no suite");
  return TRY(take_front(rest, 1 + kNativeSize)).subspan(1);
}

Result<Wrap> take_wrap(BytesView& rest) {
  Wrap wrap;
  wrap.key_id = TRY(to_digest(TRY(take_front(rest, kKeyIdSize))));
  const auto enc = TRY(take_enc(rest));
  wrap.enc.assign(enc.begin(), enc.end());
  const auto counters = TRY(take_front(rest, kWrapCounters));
  wrap.sequence = read_be(counters.first(8));
  const auto size = read_be(counters.subspan(8));
  if (size < kAeadTagSize || size > rest.size()) return fail(Errc::malformed, "wraps: length");
  wrap.ciphertext.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
  rest = rest.subspan(size);
  return wrap;
}

}  // namespace

Digest cek_commitment(BytesView content_key, const Digest& header) {
  return sha256({as_bytes(kCommitLabel), content_key, header.view()});
}

Digest cipher_root(std::span<const Bytes> ciphertexts) {
  std::vector<Digest> leaves;
  leaves.reserve(ciphertexts.size());
  for (const auto& ciphertext : ciphertexts) leaves.push_back(leaf_hash(ciphertext));
  return merkle_root(leaves);
}

Digest part_leaf(BytesView salt, BytesView content) {
  constexpr std::uint8_t leaf_prefix = 0;
  const auto length = u32be(static_cast<std::uint32_t>(content.size()));
  return sha256({BytesView(&leaf_prefix, 1), salt, length, content});
}

SecretBytes part_keys(BytesView content_key, std::span<const std::uint32_t> parts) {
  SecretBytes keys(parts.size() * kContentKeySize);
  auto out = keys.mutable_view().begin();
  for (const auto index : parts) out = std::ranges::copy(part_key(content_key, index).view(), out).out;
  return keys;
}

Result<OpenedPart> open_part(BytesView ciphertext, BytesView part_key, const Digest& header, std::uint32_t index) {
  if (part_key.size() != kAeadKeySize) return fail(Errc::unauthenticated, "body: size of a part key");
  const auto plain = TRY(aead_open(part_key, kZeroNonce, part_aad(header, index), ciphertext));
  if (plain.size() < kSaltSize) return fail(Errc::unauthenticated, "body: part without salt");
  const auto salt = plain.view().first(kSaltSize);
  const auto content = plain.view().subspan(kSaltSize);
  return OpenedPart{{salt.begin(), salt.end()}, {content.begin(), content.end()}};
}

Result<SealedBody> seal_body(std::span<const Bytes> parts, const Digest& header, RandomSource& random) {
  if (parts.empty()) return fail(Errc::malformed, "body: no part");
  SealedBody body;
  body.content_key = random.secret(kContentKeySize);
  std::vector<Digest> leaves;
  for (const auto& part : parts) {
    const auto index = static_cast<std::uint32_t>(leaves.size());
    const auto salt = random.bytes(kSaltSize);
    const SecretBytes plain(concat({salt, part}));
    const auto key = part_key(body.content_key.view(), index);
    leaves.push_back(part_leaf(salt, part));
    body.ciphertexts.push_back(aead_seal(key.view(), kZeroNonce, part_aad(header, index), plain.view()));
  }
  body.commitments = {static_cast<std::uint32_t>(parts.size()), merkle_root(leaves),
                      cek_commitment(body.content_key.view(), header), cipher_root(body.ciphertexts)};
  return body;
}

Result<std::vector<OpenedPart>> open_body(std::span<const Bytes> ciphertexts, const BodyCommitments& commitments,
                                          BytesView content_key, const Digest& header) {
  if (ciphertexts.empty() || ciphertexts.size() != commitments.parts)
    return fail(Errc::unauthenticated, "body: number of parts");
  if (cipher_root(ciphertexts) != commitments.cipher_root) return fail(Errc::unauthenticated, "body: cipher-root");
  if (content_key.size() != kContentKeySize || cek_commitment(content_key, header) != commitments.cek_commit)
    return fail(Errc::unauthenticated, "body: cek-commit");
  std::vector<OpenedPart> parts;
  std::vector<Digest> leaves;
  for (const auto& ciphertext : ciphertexts) {
    const auto index = static_cast<std::uint32_t>(parts.size());
    parts.push_back(TRY(open_part(ciphertext, part_key(content_key, index).view(), header, index)));
    leaves.push_back(part_leaf(parts.back().salt, parts.back().content));
  }
  if (merkle_root(leaves) != commitments.body_root) return fail(Errc::unauthenticated, "body: body-root");
  return parts;
}

Bytes Wrap::to_bytes() const {
  const bool native = enc.size() == kNativeSize;
  if ((enc.size() != kPointSize && !native) || ciphertext.size() > UINT16_MAX) bug("wrap: size of a field");
  const auto length = u16be(static_cast<std::uint16_t>(ciphertext.size()));
  return concat({key_id.view(), BytesView(&kNativePoint, native ? 1 : 0), enc, u64be(sequence), length, ciphertext});
}

Result<std::vector<Wrap>> parse_wraps(BytesView bytes) {
  std::vector<Wrap> wraps;
  while (!bytes.empty()) {
    if (wraps.size() == kMaxWraps) return fail(Errc::malformed, "wraps: more than 64");
    wraps.push_back(TRY(take_wrap(bytes)));
  }
  return wraps;
}

Bytes wrap_info(std::string_view originator, const Digest& recipient_key) {
  return concat({as_bytes(kWrapLabel), as_bytes(originator), recipient_key.view()});
}

Result<Wrap> wrap_key(HpkeSender& context, const Digest& recipient_key, BytesView content_key, const Digest& header) {
  Wrap wrap;
  wrap.key_id = recipient_key;
  wrap.enc.assign(context.enc().begin(), context.enc().end());
  wrap.sequence = context.next_sequence();
  wrap.ciphertext = TRY(context.seal(header.view(), content_key));
  return wrap;
}

Result<SecretBytes> unwrap_key(const HpkeReceiver& context, const Wrap& wrap, const Digest& header) {
  return context.open(wrap.sequence, header.view(), wrap.ciphertext);
}

namespace {

Bytes rewrap_info(const RewrapContext& context, const Digest& recipient_key) {
  const std::string_view label = context.carrier.empty() ? "chancery/detached-wrap/v1" : "chancery/rewrap/v1";
  return concat({as_bytes(label), as_bytes(context.originator), recipient_key.view(), context.grant, context.carrier});
}

Bytes rewrap_aad(const RewrapContext& context) { return concat({context.original, as_bytes(context.extent)}); }

}  // namespace

Result<Wrap> rewrap_key(const KemPublicKey& recipient, const Digest& recipient_key, const RewrapContext& context,
                        BytesView key) {
  auto sender = TRY(HpkeSender::create(recipient, rewrap_info(context, recipient_key)));
  Wrap wrap;
  wrap.key_id = recipient_key;
  wrap.enc.assign(sender.enc().begin(), sender.enc().end());
  wrap.sequence = sender.next_sequence();
  wrap.ciphertext = TRY(sender.seal(rewrap_aad(context), key));
  return wrap;
}

Result<SecretBytes> unwrap_rewrapped(const KemPrivateKey& key, const Wrap& wrap, const RewrapContext& context) {
  const auto receiver = TRY(HpkeReceiver::create(key, wrap.enc, rewrap_info(context, wrap.key_id)));
  return receiver.open(wrap.sequence, rewrap_aad(context), wrap.ciphertext);
}

Bytes seal_at_rest(BytesView storage_key, BytesView aad, BytesView secret, RandomSource& random) {
  Nonce nonce{};
  random.fill(nonce);
  return concat({nonce, aead_seal(storage_key, nonce, aad, secret)});
}

Result<SecretBytes> open_at_rest(BytesView storage_key, BytesView aad, BytesView sealed) {
  Nonce nonce{};
  if (sealed.size() < nonce.size()) return fail(Errc::unauthenticated, "at rest: shorter than its nonce");
  std::copy_n(sealed.begin(), nonce.size(), nonce.begin());
  return aead_open(storage_key, nonce, aad, sealed.subspan(nonce.size()));
}

}  // namespace chancery::crypto

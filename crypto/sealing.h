// Sealing a body: parts under a content key, the key wrapped for each recipient (protocol section 3).
//
//   body-root    RFC 9162 root over SHA-256(00 || salt32 || u32be(len) || part)
//   cipher-root  RFC 9162 root over SHA-256(00 || ciphertext_i)
//   cek-commit   SHA-256("chancery/cek/v1" || CEK || header digest)
//   part key i   HKDF-Expand(CEK, "chancery/part/v1" || u32be(i), 32); AES-256-GCM, nonce zero,
//                aad = header digest || u32be(i); plaintext = salt32 || part
#pragma once

#include <optional>
#include <vector>

#include "crypto/hpke.h"
#include "crypto/merkle.h"
#include "crypto/random.h"

namespace chancery::crypto {

inline constexpr std::size_t kContentKeySize = 32;
inline constexpr std::size_t kSaltSize = 32;

// What the statement says about the body.
struct BodyCommitments {
  std::uint32_t parts = 0;
  Digest body_root;
  Digest cek_commit;
  Digest cipher_root;
  bool operator==(const BodyCommitments&) const = default;
};

struct SealedBody {
  std::vector<Bytes> ciphertexts;  // one a part, as they travel
  BodyCommitments commitments;
  SecretBytes content_key;
};

struct OpenedPart {
  Bytes salt;
  Bytes content;
};

Digest cek_commitment(BytesView content_key, const Digest& header);
Digest cipher_root(std::span<const Bytes> ciphertexts);
Digest part_leaf(BytesView salt, BytesView content);

// The keys of these parts, in order: what is wrapped for whom only they are meant for. None opens another, nor tells
// the content key.
SecretBytes part_keys(BytesView content_key, std::span<const std::uint32_t> parts);
Result<OpenedPart> open_part(BytesView ciphertext, BytesView part_key, const Digest& header, std::uint32_t index);

// At least one part.
Result<SealedBody> seal_body(std::span<const Bytes> parts, const Digest& header, RandomSource& random);
// Opens every part and checks all three commitments. unauthenticated when anything does not match.
Result<std::vector<OpenedPart>> open_body(std::span<const Bytes> ciphertexts, const BodyCommitments& commitments,
                                          BytesView content_key, const Digest& header);

// One wrapped content key: key id (32) || enc || u64be(seq) || u16be(len) || ct. enc says of which suite it is: the
// point of p256 begins with 04 (65 bytes), before the 32 bytes of ed25519 stands 40 (native form, RFC 9580 11.2).
struct Wrap {
  Digest key_id;
  Bytes enc;  // as RFC 9180 has it, 65 or 32 bytes
  std::uint64_t sequence = 0;
  Bytes ciphertext;
  bool operator==(const Wrap&) const = default;

  [[nodiscard]] Bytes to_bytes() const;
};
// The concatenation of wraps, exactly; trailing or missing bytes are malformed. At most 64.
Result<std::vector<Wrap>> parse_wraps(BytesView bytes);
// info of the wrap's context: "chancery/wrap/v1" || originator || recipient key id.
Bytes wrap_info(std::string_view originator, const Digest& recipient_key);

// Wraps under a context that other messages to this key share.
Result<Wrap> wrap_key(HpkeSender& context, const Digest& recipient_key, BytesView content_key, const Digest& header);
// Unwraps; the caller may keep `context` for the other messages of the same enc.
Result<SecretBytes> unwrap_key(const HpkeReceiver& context, const Wrap& wrap, const Digest& header);

// A content key for somebody the originator did not write to: HPKE single shot. Made for one step under a grant:
//   info  "chancery/rewrap/v1" || originator || recipient key id || grant id || carrier id
//   aad   original id || extent ("all", "0,2")
// or, inside a detached grant, for every step it permits; no carrier is known then, nor the grant's own id:
//   info  "chancery/detached-wrap/v1" || originator || recipient key id || digest of the grant's terms
struct RewrapContext {
  std::string_view originator;
  BytesView grant;    // its id; of a detached one the digest of its terms
  BytesView carrier;  // empty: inside a detached grant
  BytesView original;
  std::string_view extent;
};
// `key` is the content key for the extent "all", else the part keys in order.
Result<Wrap> rewrap_key(const KemPublicKey& recipient, const Digest& recipient_key, const RewrapContext& context,
                        BytesView key);
Result<SecretBytes> unwrap_rewrapped(const KemPrivateKey& key, const Wrap& wrap, const RewrapContext& context);

// Content keys, and keys of parts in order, at rest: AES-256-GCM under the storage key, random nonce, aad = message id.
Bytes seal_at_rest(BytesView storage_key, BytesView aad, BytesView secret, RandomSource& random);
Result<SecretBytes> open_at_rest(BytesView storage_key, BytesView aad, BytesView sealed);

}  // namespace chancery::crypto

#include "crypto/hpke.h"

#include <algorithm>
#include <limits>

#include "crypto/hpke_schedule.h"

namespace chancery::crypto {
namespace {

constexpr std::uint16_t kKemP256 = 0x0010;
constexpr std::uint16_t kKdfSha256 = 0x0001;
constexpr std::uint8_t kModeBase = 0;
constexpr std::string_view kVersion = "HPKE-v1";

SecretBytes labeled_extract(BytesView suite, BytesView salt, std::string_view label, BytesView input) {
  const auto digest = hmac_sha256(salt, {as_bytes(kVersion), suite, as_bytes(label), input});
  return SecretBytes(Bytes(digest.value.begin(), digest.value.end()));
}

SecretBytes labeled_expand(BytesView suite, BytesView key, std::string_view label, BytesView info, std::size_t size) {
  const auto labeled =
      concat({u16be(static_cast<std::uint16_t>(size)), as_bytes(kVersion), suite, as_bytes(label), info});
  return hkdf_expand(key, labeled, size);
}

Result<HpkeKeys> keys_of(const PrivateKey& own, const PublicKey& peer, BytesView enc, BytesView recipient,
                         BytesView info) {
  const auto dh = TRY(own.agree(peer));
  const auto shared = hpke_shared_secret(dh.view(), concat({enc, recipient}));
  return hpke_schedule(kHpkeAes256Gcm, kAeadKeySize, shared.view(), info);
}

}  // namespace

SecretBytes hpke_shared_secret(BytesView dh, BytesView kem_context) {
  const auto suite = concat({as_bytes("KEM"), u16be(kKemP256)});
  const auto prk = labeled_extract(suite, {}, "eae_prk", dh);
  return labeled_expand(suite, prk.view(), "shared_secret", kem_context, 32);
}

HpkeKeys hpke_schedule(std::uint16_t aead, std::size_t key_size, BytesView shared_secret, BytesView info) {
  const auto suite = concat({as_bytes("HPKE"), u16be(kKemP256), u16be(kKdfSha256), u16be(aead)});
  const auto psk_id_hash = labeled_extract(suite, {}, "psk_id_hash", {});
  const auto info_hash = labeled_extract(suite, {}, "info_hash", info);
  const auto context = concat({BytesView(&kModeBase, 1), psk_id_hash.view(), info_hash.view()});
  const auto secret = labeled_extract(suite, shared_secret, "secret", {});
  return {labeled_expand(suite, secret.view(), "key", context, key_size),
          labeled_expand(suite, secret.view(), "base_nonce", context, sizeof(Nonce))};
}

Nonce hpke_nonce(BytesView base_nonce, std::uint64_t sequence) {
  Nonce nonce{};
  std::copy(base_nonce.begin(), base_nonce.end(), nonce.begin());
  for (std::size_t i = 0; i < 8; ++i) nonce[nonce.size() - 1 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
  return nonce;
}

Result<HpkeSender> HpkeSender::create(const PublicKey& recipient, BytesView info) {
  return create_with(recipient, info, TRY(PrivateKey::generate(Suite::p256)));
}

Result<HpkeSender> HpkeSender::create_with(const PublicKey& recipient, BytesView info, const PrivateKey& ephemeral) {
  HpkeSender sender;
  sender.enc_ = ephemeral.public_key().raw();
  auto keys = TRY(keys_of(ephemeral, recipient, sender.enc_, recipient.raw(), info));
  sender.key_ = std::move(keys.key);
  sender.base_nonce_ = std::move(keys.base_nonce);
  return sender;
}

Result<Bytes> HpkeSender::seal(BytesView aad, BytesView plaintext) {
  if (sequence_ == std::numeric_limits<std::uint64_t>::max()) return fail(Errc::internal, "hpke: sequence exhausted");
  return aead_seal(key_.view(), hpke_nonce(base_nonce_.view(), sequence_++), aad, plaintext);
}

Result<HpkeReceiver> HpkeReceiver::create(const PrivateKey& key, BytesView enc, BytesView info) {
  const auto ephemeral = TRY(PublicKey::from_point(enc));
  auto keys = TRY(keys_of(key, ephemeral, enc, key.public_key().raw(), info));
  HpkeReceiver receiver;
  receiver.key_ = std::move(keys.key);
  receiver.base_nonce_ = std::move(keys.base_nonce);
  return receiver;
}

Result<SecretBytes> HpkeReceiver::open(std::uint64_t sequence, BytesView aad, BytesView ciphertext) const {
  return aead_open(key_.view(), hpke_nonce(base_nonce_.view(), sequence), aad, ciphertext);
}

}  // namespace chancery::crypto

#include "crypto/hpke.h"

#include <algorithm>
#include <limits>

#include "crypto/hpke_schedule.h"

namespace chancery::crypto {
namespace {

constexpr std::uint16_t kKdfSha256 = 0x0001;
constexpr std::uint8_t kModeBase = 0;
constexpr std::string_view kVersion = "HPKE-v1";

// RFC 9180 7.1
std::uint16_t kem_id(Suite suite) {
  switch (suite) {
    case Suite::p256:
      return 0x0010;
    case Suite::ed25519:
      return 0x0020;
  }
  bug("kem of no suite");
}

SecretBytes labeled_extract(BytesView suite_id, BytesView salt, std::string_view label, BytesView input) {
  const auto digest = hmac_sha256(salt, {as_bytes(kVersion), suite_id, as_bytes(label), input});
  return SecretBytes(Bytes(digest.value.begin(), digest.value.end()));
}

SecretBytes labeled_expand(BytesView suite_id, BytesView key, std::string_view label, BytesView info,
                           std::size_t size) {
  const auto labeled =
      concat({u16be(static_cast<std::uint16_t>(size)), as_bytes(kVersion), suite_id, as_bytes(label), info});
  return hkdf_expand(key, labeled, size);
}

Result<HpkeKeys> keys_of(const KemPrivateKey& own, const KemPublicKey& peer, BytesView enc, BytesView recipient,
                         BytesView info) {
  const auto dh = TRY(own.agree(peer));
  const auto shared = hpke_shared_secret(own.suite(), dh.view(), concat({enc, recipient}));
  return hpke_schedule(own.suite(), kHpkeAes256Gcm, kAeadKeySize, shared.view(), info);
}

}  // namespace

SecretBytes hpke_shared_secret(Suite suite, BytesView dh, BytesView kem_context) {
  const auto suite_id = concat({as_bytes("KEM"), u16be(kem_id(suite))});
  const auto prk = labeled_extract(suite_id, {}, "eae_prk", dh);
  return labeled_expand(suite_id, prk.view(), "shared_secret", kem_context, 32);
}

HpkeKeys hpke_schedule(Suite suite, std::uint16_t aead, std::size_t key_size, BytesView shared_secret, BytesView info) {
  const auto suite_id = concat({as_bytes("HPKE"), u16be(kem_id(suite)), u16be(kKdfSha256), u16be(aead)});
  const auto psk_id_hash = labeled_extract(suite_id, {}, "psk_id_hash", {});
  const auto info_hash = labeled_extract(suite_id, {}, "info_hash", info);
  const auto context = concat({BytesView(&kModeBase, 1), psk_id_hash.view(), info_hash.view()});
  const auto secret = labeled_extract(suite_id, shared_secret, "secret", {});
  return {labeled_expand(suite_id, secret.view(), "key", context, key_size),
          labeled_expand(suite_id, secret.view(), "base_nonce", context, sizeof(Nonce))};
}

Nonce hpke_nonce(BytesView base_nonce, std::uint64_t sequence) {
  Nonce nonce{};
  std::copy(base_nonce.begin(), base_nonce.end(), nonce.begin());
  for (std::size_t i = 0; i < 8; ++i) nonce[nonce.size() - 1 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
  return nonce;
}

Result<HpkeSender> HpkeSender::create(const KemPublicKey& recipient, BytesView info) {
  return create_with(recipient, info, TRY(KemPrivateKey::generate(recipient.suite())));
}

Result<HpkeSender> HpkeSender::create_with(const KemPublicKey& recipient, BytesView info,
                                           const KemPrivateKey& ephemeral) {
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

Result<HpkeReceiver> HpkeReceiver::create(const KemPrivateKey& key, BytesView enc, BytesView info) {
  const auto ephemeral = TRY(KemPublicKey::from_raw(key.suite(), enc));
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

// The inside of HPKE base mode (RFC 9180 4.1, 5.1), apart so that published vectors of other AEADs can hold it.
// Included by hpke.cpp and its tests only.
#pragma once

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "crypto/suite.h"

namespace chancery::crypto {

// ids of RFC 9180 7.3
inline constexpr std::uint16_t kHpkeAes128Gcm = 0x0001;
inline constexpr std::uint16_t kHpkeAes256Gcm = 0x0002;

struct HpkeKeys {
  SecretBytes key;
  SecretBytes base_nonce;
};

// ExtractAndExpand of the suite's DHKEM; the context is enc || recipient's raw key.
SecretBytes hpke_shared_secret(Suite suite, BytesView dh, BytesView kem_context);
// KeySchedule in base mode for the suite's KEM and KDF HKDF-SHA256.
HpkeKeys hpke_schedule(Suite suite, std::uint16_t aead, std::size_t key_size, BytesView shared_secret, BytesView info);
// ComputeNonce (5.2).
Nonce hpke_nonce(BytesView base_nonce, std::uint64_t sequence);

}  // namespace chancery::crypto

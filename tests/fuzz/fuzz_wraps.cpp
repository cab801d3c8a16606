// Wraps: whatever parses is written back to the same bytes, and none opens that we did not seal.
#include "crypto/sealing.h"

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::crypto;  // NOLINT(google-build-using-namespace)

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto p256 = KemPrivateKey::generate(Suite::p256).value();
  static const auto x25519 = KemPrivateKey::generate(Suite::ed25519).value();
  const BytesView input(data, size);
  const auto wraps = parse_wraps(input);
  if (!wraps.has_value()) return 0;
  Bytes again;
  for (const auto& wrap : wraps.value()) append(again, wrap.to_bytes());
  if (!std::equal(again.begin(), again.end(), input.begin(), input.end())) __builtin_trap();
  if (wraps.value().empty()) return 0;
  const auto& first = wraps.value().front();
  const auto receiver =
      HpkeReceiver::create(first.enc.size() == 32 ? x25519 : p256, first.enc, wrap_info("cn-example", first.key_id));
  if (receiver.has_value() && unwrap_key(receiver.value(), first, Digest{}).has_value()) __builtin_trap();
  return 0;
}

// The smallest readers: hex, base64 and times. Whatever parses is written back to the same text.
#include <cstdlib>

#include "crypto/digest.h"
#include "crypto/instant.h"

using namespace chancery;  // NOLINT(google-build-using-namespace)

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto hex = parse_hex(text);
  if (hex.has_value() && to_hex(*hex) != text) std::abort();
  const auto base64 = parse_base64(text);
  if (base64.has_value() && to_base64(*base64) != text) std::abort();
  const auto digest = parse_digest(text);
  if (digest.has_value() && to_string(*digest) != text) std::abort();
  const auto time = parse_instant(text);
  if (time.has_value() && to_string(*time) != text) std::abort();
  return 0;
}

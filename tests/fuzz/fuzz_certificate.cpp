// A peer's certificate: whatever is taken in has one spelling and can be asked everything.
#include "crypto/certificate.h"

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::crypto;  // NOLINT(google-build-using-namespace)

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  const auto certificate = Certificate::from_der(input);
  if (!certificate.has_value()) return 0;
  if (!std::equal(input.begin(), input.end(), certificate.value().der().begin(), certificate.value().der().end()))
    __builtin_trap();
  const auto again = Certificate::from_pem(certificate.value().pem());
  if (!again.has_value() || again.value().id() != certificate.value().id()) __builtin_trap();
  static_cast<void>(certificate.value().issued_by(certificate.value()));
  return 0;
}

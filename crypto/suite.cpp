#include "crypto/suite.h"

namespace chancery::crypto {

const char* to_string(Suite suite) {
  switch (suite) {
    case Suite::p256:
      return "p256";
    case Suite::ed25519:
      return "ed25519";
  }
  return "unknown";
}

Result<Suite> parse_suite(std::string_view name) {
  for (const auto suite : {Suite::p256, Suite::ed25519}) {
    if (name == to_string(suite)) return suite;
  }
  return fail(Errc::malformed, "suite: unknown");
}

}  // namespace chancery::crypto

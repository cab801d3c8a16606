#include "crypto/result.h"

#include <cstdio>
#include <cstdlib>

namespace chancery {

const char* to_string(Errc code) {
  switch (code) {
    case Errc::malformed:
      return "malformed";
    case Errc::unauthenticated:
      return "unauthenticated";
    case Errc::forbidden:
      return "forbidden";
    case Errc::not_found:
      return "not_found";
    case Errc::conflict:
      return "conflict";
    case Errc::stale:
      return "stale";
    case Errc::busy:
      return "busy";
    case Errc::unavailable:
      return "unavailable";
    case Errc::corrupt:
      return "corrupt";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

void bug(const char* what) noexcept {
  std::fprintf(stderr, "chancery: internal fault: %s\n", what);
  std::abort();
}

}  // namespace chancery

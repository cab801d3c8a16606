// A revocation list from a file: whatever is taken in can be asked everything, and is read again as it was.
#include "crypto/revocation_list.h"

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::crypto;  // NOLINT(google-build-using-namespace)

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto list = RevocationList::from_file({data, size});
  if (!list.has_value()) return 0;
  const auto again = RevocationList::from_der(list.value().der());
  if (!again.has_value() || again.value().entries() != list.value().entries() ||
      again.value().next_update() != list.value().next_update())
    __builtin_trap();
  return 0;
}

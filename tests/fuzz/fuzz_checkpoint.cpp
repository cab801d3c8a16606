// A checkpoint and the note around it: whatever parses is written back to the same text; no note opens under a key that
// signed nothing.
#include "crypto/checkpoint.h"

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::crypto;  // NOLINT(google-build-using-namespace)

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = PrivateKey::generate(Suite::ed25519).value();
  const auto text = as_text({data, size});
  const auto checkpoint = Checkpoint::parse(text);
  if (checkpoint.has_value() && checkpoint.value().to_text() != text) __builtin_trap();
  if (open_checkpoint(text, key.public_key()).has_value()) __builtin_trap();
  return 0;
}

// A batch statement: whatever parses is written back to the same text.
#include "crypto/batch.h"

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::crypto;  // NOLINT(google-build-using-namespace)

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto batch = BatchStatement::parse(text);
  if (batch.has_value() && batch.value().to_text() != text) __builtin_trap();
  BatchSignature signature;
  signature.statement = text;
  signature.signing_time = static_cast<std::int64_t>(read_be(BytesView(data, size < 8 ? size : 8)));
  static_cast<void>(signed_attributes(signature));
  return 0;
}

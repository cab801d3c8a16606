// What a peer sends: a frame that is read is written and read again as the same values, its proofs point to signatures
// it holds, and what it says about its own size is not far off.
#include <cstdlib>

#include <google/protobuf/stubs/logging.h>

#include "daemon/wire/frame.h"

namespace {

using namespace chancery;        // NOLINT(google-build-using-namespace)
using namespace chancery::wire;  // NOLINT(google-build-using-namespace)

void check(const Proven& proven, const Frame& frame) {
  if (proven.signature >= frame.signatures.size() || proven.statement.empty()) std::abort();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);  // of bytes that are no UTF-8
  const auto frame = decode_frame({data, size});
  if (!frame.has_value()) return 0;
  for (const auto* list : {&frame->seal_keys, &frame->dispatches, &frame->receipts})
    for (const auto& proven : *list) check(proven, *frame);
  for (const auto& item : frame->messages) {
    check(item.statement, *frame);
    for (const auto& source : item.sources) check(source, *frame);
    if (item.forwarded) check(item.forwarded->statement, *frame);
    for (const auto& permit : item.permits) check(permit.statement, *frame);
  }
  const auto bytes = encode_frame(*frame);
  const auto again = decode_frame(bytes);
  if (!again.has_value() || *again != *frame || encode_frame(*again) != bytes) std::abort();
  return 0;
}

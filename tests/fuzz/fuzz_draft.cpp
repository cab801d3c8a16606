// What an officer's client sends: a draft that is read is written and read again as the same draft. A designation
// bundle, from a file or the client, likewise. The first byte chooses.
#include <cstdlib>

#include <google/protobuf/stubs/logging.h>

#include "daemon/wire/desk.h"
#include "daemon/wire/draft.h"

namespace {

using namespace chancery;        // NOLINT(google-build-using-namespace)
using namespace chancery::wire;  // NOLINT(google-build-using-namespace)

void check_draft(BytesView bytes) {
  const auto draft = decode_draft(bytes, full_id);
  if (!draft.has_value()) return;
  const auto written = encode_draft(*draft);
  const auto again = decode_draft(written, full_id);
  if (!again.has_value() || encode_draft(*again) != written) std::abort();
  if (part_digests(*again) != part_digests(*draft)) std::abort();
}

void check_designation(BytesView bytes) {
  const auto item = decode_designation(bytes);
  if (!item.has_value()) return;
  const auto again = decode_designation(encode_designation(*item));
  if (!again.has_value() || *again != *item) std::abort();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);  // of bytes that are no UTF-8
  if (size == 0) return 0;
  const BytesView rest(data + 1, size - 1);
  if (*data == 'd')
    check_draft(rest);
  else if (*data == 'b')
    check_designation(rest);
  return 0;
}

// The values on single lines. Their parsers read values, so spelling is held by the statement around them; here they
// only have to be the same value after being written and read again.
#include <cstdlib>

#include "daemon/core/consent.h"
#include "daemon/core/designation.h"
#include "daemon/core/message.h"
#include "daemon/core/registry_number.h"

namespace {

using namespace chancery::core;  // NOLINT(google-build-using-namespace)

template <class T>
void check(std::string_view text) {
  const auto value = T::parse(text);
  if (!value.has_value()) return;
  const auto again = T::parse(value->text());
  if (!again.has_value() || !(*again == *value)) std::abort();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = chancery::as_text({data, size});
  check<Label>(text);
  check<SourceLine>(text);
  check<Fact>(text);
  check<Extent>(text);
  check<AttachmentLine>(text);
  check<GrantWrap>(text);
  check<DesignatedKey>(text);
  check<RegistryNumber>(text);
  return 0;
}

// Journal entries: what parses is written exactly as it was read.
#include <cstdlib>

#include "daemon/core/journal_entry.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = chancery::as_text({data, size});
  const auto entry = chancery::core::JournalEntry::parse(text);
  if (entry.has_value() && entry->to_text() != text) std::abort();
  return 0;
}

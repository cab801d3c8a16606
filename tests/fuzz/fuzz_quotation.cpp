// Text of others on its way to fingerprints: whatever the bytes, every symbol says where it stands, writing the text
// twice changes nothing of the symbols of either half, reading it twice from its end nothing at all, and a text of the
// length of a run is found in itself.
#include <algorithm>
#include <cstdlib>

#include "daemon/quotation/fingerprint.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chancery::quotation;  // NOLINT(google-build-using-namespace)
  static const Fingerprinter by(chancery::as_bytes("a key of no daemon"));
  const std::string text(chancery::as_text({data, size}));
  const auto once = skeleton(text);
  if (once.at.size() != once.symbols.size()) std::abort();
  if (!std::is_sorted(once.at.begin(), once.at.end())) std::abort();
  if (!once.at.empty() && once.at.back() >= text.size()) std::abort();
  const auto twice = skeleton(text + "\n" + text);
  if (twice.symbols != once.symbols + once.symbols) std::abort();
  const auto back = reversed(reversed(once));
  if (back.symbols != once.symbols || back.at != once.at) std::abort();
  (void)field_skeleton(text);
  const auto prints = by.fingerprints(once.symbols, {});
  const auto again = by.fingerprints(twice.symbols, {});
  if (!std::includes(again.begin(), again.end(), prints.begin(), prints.end())) std::abort();
  const auto run = Compared(by, twice.symbols, {}).shared(once.symbols);
  if (run.has_value() != (once.symbols.size() >= kRun)) std::abort();
  return 0;
}

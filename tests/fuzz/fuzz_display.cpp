// Foreign text on a terminal: whatever the bytes, nothing of ASCII control or escape gets through, neutral text stays
// as it is, and every line bears its prefix.
#include <cstdlib>

#include "crypto/bytes.h"
#include "daemon/core/display.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using chancery::core::neutralised;
  const auto text = chancery::as_text({data, size});
  const auto shown = neutralised(text);
  for (const char c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  if (neutralised(shown) != shown) std::abort();
  if (chancery::core::display_width(shown) > 2 * shown.size()) std::abort();
  for (const auto& line : chancery::core::quoted_lines(text, "| "))
    if (line.rfind("| ", 0) != 0 || line.find('\n') != std::string::npos) std::abort();
  return 0;
}

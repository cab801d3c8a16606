// Registry numbers, as people write them: `CN-2026-0142` for what this authority sent, `IN-2026-0087` for what came in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/result.h"

namespace chancery::core {

inline constexpr std::string_view kIncomingPrefix = "IN";
inline constexpr std::string_view kReportPrefix = "REPORT";  // what a daemon sends by itself

// What an authority may number its own messages under: 2 to 8 capital letters, neither of the prefixes above.
bool is_number_prefix(std::string_view text);

struct RegistryNumber {
  std::string prefix;        // 2 to 8 capital letters
  std::uint32_t year = 0;    // 1970 to 9999
  std::uint32_t number = 0;  // from 1, counted within prefix and year
  bool operator==(const RegistryNumber&) const = default;

  [[nodiscard]] std::string text() const;  // the number has at least four digits
  // Exactly what text() writes. Error: malformed.
  static Result<RegistryNumber> parse(std::string_view text);
};

}  // namespace chancery::core

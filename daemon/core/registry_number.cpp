#include "daemon/core/registry_number.h"

#include <algorithm>

#include "daemon/core/form.h"

namespace chancery::core {

namespace {

bool is_prefix(std::string_view text) {
  return text.size() >= 2 && text.size() <= 8 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string_view without_leading_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

bool is_number_prefix(std::string_view text) {
  return is_prefix(text) && text != kIncomingPrefix && text != kReportPrefix;
}

std::string RegistryNumber::text() const {
  auto digits = std::to_string(number);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return prefix + "-" + std::to_string(year) + "-" + digits;
}

Result<RegistryNumber> RegistryNumber::parse(std::string_view text) {
  const auto words = split(text, '-');
  if (words.size() != 3 || !is_prefix(words[0])) return fail(Errc::malformed, "not `<prefix>-<year>-<number>`");
  RegistryNumber number;
  number.prefix = words[0];
  number.year = TRY(parse_version(words[1]));
  number.number = TRY(parse_version(without_leading_zeros(words[2])));
  if (number.year < 1970 || number.year > 9999) return fail(Errc::malformed, "not a year");
  if (number.text() != text) return fail(Errc::malformed, "another spelling of a registry number");
  return number;
}

}  // namespace chancery::core

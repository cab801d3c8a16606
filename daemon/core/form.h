// The forms a value in a statement can have: one small grammar each, exact, so that a value has one spelling.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/instant.h"

namespace chancery::core {

// Whether a text has a certain form.
using Form = bool (*)(std::string_view);

bool is_identifier(std::string_view text);   // [a-z][a-z0-9-]*: kinds, fact names, classes, categories, agreements
bool is_code(std::string_view text);         // [a-z0-9][a-z0-9./-]*: directions and threats, "sco-2009/3/16"
bool is_language(std::string_view text);     // [a-z]{2,3}
bool is_reason_code(std::string_view text);  // E-[A-Z-]+
bool is_date(std::string_view text);         // YYYY-MM-DD, a day of the calendar
bool is_endpoint(std::string_view text);     // host:port; an IPv6 address stands in brackets
bool is_word(std::string_view text);         // printable ASCII without spaces, 1 to 128 characters, not `-`
// One line that a person typed: 1 to 200 bytes, and shown as it is (core/display.h, neutralised).
bool is_line(std::string_view text);

Result<std::uint64_t> parse_number(std::string_view text);   // decimal, no leading zeros, < 2^63
Result<std::uint64_t> parse_ordinal(std::string_view text);  // a number from 1
Result<std::uint32_t> parse_version(std::string_view text);  // an ordinal < 2^32
Result<Instant> parse_time(std::string_view text);           // RFC 3339 as crypto/instant.h has it, not before 1970
Result<Bytes> parse_salt(std::string_view text);             // 32 bytes as 64 lower-case hex digits
std::vector<std::string_view> split(std::string_view text, char separator);

// Bytewise ascending, nothing twice.
template <class T>
bool strictly_ascending(const std::vector<T>& values) {
  for (std::size_t i = 1; i < values.size(); ++i)
    if (!(values[i - 1] < values[i])) return false;
  return true;
}

// The enumerator among `values` that is written this way.
template <class E, std::size_t N>
Result<E> parse_enumerator(std::string_view text, const E (&values)[N]) {
  for (const auto value : values)
    if (text == to_string(value)) return value;
  return fail(Errc::malformed, "unknown word");
}

}  // namespace chancery::core

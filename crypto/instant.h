// Instant: a point in time, milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored as in POSIX.
// On the wire and in statements it is RFC 3339 in UTC with exactly three decimals and a `Z`.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/result.h"

namespace chancery {

struct Instant {
  std::int64_t ms = 0;
  auto operator<=>(const Instant&) const = default;
};

// Milliseconds between two instants, or to add to one.
struct Duration {
  std::int64_t ms = 0;
  auto operator<=>(const Duration&) const = default;
};

constexpr Duration seconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
constexpr Duration hours(std::int64_t n) { return minutes(n * 60); }
constexpr Duration days(std::int64_t n) { return hours(n * 24); }
constexpr Instant operator+(Instant t, Duration d) { return {t.ms + d.ms}; }
constexpr Instant operator-(Instant t, Duration d) { return {t.ms - d.ms}; }
constexpr Duration operator-(Instant a, Instant b) { return {a.ms - b.ms}; }

// "2026-11-22T06:00:03.125Z". Years 0001 to 9999; what lies outside is written as the nearest end.
std::string to_string(Instant instant);
// Accepts exactly what to_string writes: real calendar dates, no leap second, no other zone.
Result<Instant> parse_instant(std::string_view text);

}  // namespace chancery

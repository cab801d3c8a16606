#include "crypto/instant.h"

#include <algorithm>
#include <chrono>

namespace chancery {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFirst = -62'135'596'800'000;  // 0001-01-01T00:00:00.000Z
constexpr std::int64_t kLast = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";

bool has_form(std::string_view text) {
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(),
                    [](char c, char form) { return form == 'd' ? c >= '0' && c <= '9' : c == form; });
}

unsigned number(std::string_view text, std::size_t at, std::size_t digits) {
  unsigned value = 0;
  for (const char c : text.substr(at, digits)) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

void write(unsigned value, std::string& text, std::size_t at, std::size_t digits) {
  for (auto i = at + digits; i-- > at; value /= 10) text[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

// Every statement and every entry has a time in it, so no formatter.
std::string to_string(Instant instant) {
  const auto ms = std::clamp(instant.ms, kFirst, kLast);
  const auto point = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(ms));
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const auto in_day = static_cast<unsigned>((point - day).count());
  std::string out(kForm);
  write(static_cast<unsigned>(static_cast<int>(date.year())), out, 0, 4);
  write(static_cast<unsigned>(date.month()), out, 5, 2);
  write(static_cast<unsigned>(date.day()), out, 8, 2);
  write(in_day / 3'600'000, out, 11, 2);
  write(in_day / 60'000 % 60, out, 14, 2);
  write(in_day / 1000 % 60, out, 17, 2);
  write(in_day % 1000, out, 20, 3);
  return out;
}

Result<Instant> parse_instant(std::string_view text) {
  if (!has_form(text)) return fail(Errc::malformed, "time: not RFC 3339 in UTC with milliseconds");
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(text, 0, 4))),
                                         std::chrono::month(number(text, 5, 2)), std::chrono::day(number(text, 8, 2)));
  const auto hour = number(text, 11, 2);
  const auto minute = number(text, 14, 2);
  const auto second = number(text, 17, 2);
  if (!date.ok() || date.year() < std::chrono::year(1) || hour > 23 || minute > 59 || second > 59)
    return fail(Errc::malformed, "time: no such moment");
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const auto in_day = ((hour * 60 + minute) * 60 + second) * 1000 + number(text, 20, 3);
  return Instant{days * kDayMs + in_day};
}

}  // namespace chancery

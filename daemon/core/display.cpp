#include "daemon/core/display.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace chancery::core {

namespace {

struct Range {
  char32_t first, last;
};

// Controls, and what hides or reorders: Unicode general categories Cc, Cf, Zl, Zp, fillers and selectors that show
// nothing.
constexpr auto kHidden = std::to_array<Range>({
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},
    {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
});

// East Asian Width W and F, in blocks where they are mostly so; and the letters of flags, which some draw wide.
constexpr auto kWide = std::to_array<Range>({
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
    {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},
    {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
    {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
    {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},
    {0x2E80, 0x303E},   {0x3041, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E},
    {0x1F191, 0x1F19A}, {0x1F1E6, 0x1F2FF}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7FF},
    {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD},
});

// Marks drawn over the character before.
constexpr auto kCombining = std::to_array<Range>({
    {0x0300, 0x036F},
    {0x0483, 0x0489},
    {0x0591, 0x05BD},
    {0x0610, 0x061A},
    {0x064B, 0x065F},
    {0x1AB0, 0x1ACE},
    {0x1DC0, 0x1DFF},
    {0x20D0, 0x20F0},
    {0x302A, 0x302D},
    {0x3099, 0x309A},
    {0xFE20, 0xFE2F},
});

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return r.first <= c && c <= r.last; });
}

struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // bytes; 0 when they are not UTF-8
};

std::uint8_t byte_at(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }

std::size_t length_of(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The first character of a text that is not empty (RFC 3629: shortest form, no surrogates, to U+10FFFF).
Character decode(std::string_view text) {
  const auto lead = byte_at(text, 0);
  const auto size = length_of(lead);
  if (size == 1) return {lead, 1};
  if (size == 0 || size > text.size()) return {};
  char32_t code = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte_at(text, i) & 0xC0u) != 0x80u) return {};
    code = (code << 6) | (byte_at(text, i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < smallest[size] || surrogate || code > 0x10FFFF ? Character{} : Character{code, size};
}

void append_mark(std::string& out, const char* format, std::uint32_t value) {
  std::array<char, 16> mark{};
  std::snprintf(mark.data(), mark.size(), format, value);
  out += mark.data();
}

void append_visible(std::string& out, std::string_view bytes, char32_t code) {
  if (!in(kHidden, code))
    out += bytes;
  else if (code <= 0xFFFF)
    append_mark(out, "\\u%04x", code);
  else
    append_mark(out, "\\U%08x", code);
}

std::size_t width_of(char32_t code) {
  if (in(kCombining, code)) return 0;
  return in(kWide, code) ? 2 : 1;
}

std::string_view without_carriage_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

std::string neutralised(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto character = decode(text);
    if (character.size == 0)
      append_mark(out, "\\x%02x", byte_at(text, 0));
    else
      append_visible(out, text.substr(0, character.size), character.code);
    text.remove_prefix(std::max<std::size_t>(character.size, 1));
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto size = decode(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::vector<std::string> quoted_lines(std::string_view text, std::string_view prefix) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(std::string(prefix) + neutralised(without_carriage_return(text.substr(0, end))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto character = decode(text);
    width += character.size == 0 ? 1 : width_of(character.code);
    text.remove_prefix(std::max<std::size_t>(character.size, 1));
  }
  return width;
}

namespace {

// Bytes of the first piece.
std::size_t first_piece(std::string_view line, std::size_t columns) {
  std::size_t width = 0, at = 0, space = 0;
  while (at < line.size()) {
    const auto size = std::max<std::size_t>(decode(line.substr(at)).size, 1);
    width += display_width(line.substr(at, size));
    if (width > columns && at > 0) return space > 0 ? space : at;
    at += size;
    if (line[at - 1] == ' ' && 2 * width > columns) space = at;
  }
  return at;
}

}  // namespace

std::vector<std::string> folded(std::string_view line, std::size_t columns) {
  std::vector<std::string> pieces;
  do {
    const auto size = first_piece(line, columns);
    pieces.emplace_back(line.substr(0, size));
    line.remove_prefix(size);
  } while (!line.empty());
  return pieces;
}

}  // namespace chancery::core

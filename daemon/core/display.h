// Text of others, made fit for a terminal: what moves the cursor, hides, reorders or imitates becomes visible. The text
// itself is never changed where it is kept; JSON output carries it exactly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chancery::core {

// One line. Every C0 and C1 control (line feed and tab too), DEL, U+2028 and U+2029, and every character that hides or
// reorders (Unicode Cf and fillers) becomes `\u001b` or `\U000e0001`; each byte that is not UTF-8 becomes `\xff`.
// The result is UTF-8 and neutral itself: neutralised twice it stays the same. Pure.
std::string neutralised(std::string_view text);

// The lines of a text (LF or CRLF), each neutralised and begun with `prefix`, so that none looks like a line of ours.
// A last line feed ends the last line; an empty text has no lines.
std::vector<std::string> quoted_lines(std::string_view text, std::string_view prefix);

// Whether it is UTF-8 throughout (RFC 3629).
bool is_utf8(std::string_view text);

// Columns a neutral text takes: CJK and other wide characters two, combining marks none, all others one. In doubt too
// many: a line that is longer than it was thought leaves the margin when it is folded.
std::size_t display_width(std::string_view text);

// The line in pieces of at most so many columns, ended after a space where one is in the second half; together they are
// the line. A character wider than that stands alone. Of a neutral text.
std::vector<std::string> folded(std::string_view line, std::size_t columns);

}  // namespace chancery::core

// The strict text every statement is written in (protocol, introduction): fixed order, one `name value`
// a line, LF, printable UTF-8 in NFC restricted here to what codes, ids, numbers and dates need
// (printable ASCII), no leading or trailing space, `-` for empty. Parsers read, re-emit and compare, so
// a statement has exactly one spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/instant.h"

namespace chancery::core {

inline constexpr std::size_t kMaxStatementSize = 64 * 1024;

// Kinds of signed statement, told apart by their first line.
enum class StatementKind { message, dispatch, receipt, designation, seal_key, permit };

// The first line without LF, e.g. "chancery/message/v1".
const char* first_line(StatementKind kind);
// Which kind these bytes claim to be; malformed when none, or larger than kMaxStatementSize.
Result<StatementKind> kind_of(std::string_view statement);

// The leaf of a statement: SHA-256(00 || statement). Also what `sha256:<digest of its statement>` means.
Digest statement_digest(std::string_view statement);

// Writes lines. Values are trusted to be well formed: they come from typed fields.
class StatementWriter {
 public:
  explicit StatementWriter(std::string_view first_line);
  StatementWriter& line(std::string_view name, std::string_view value);  // empty value writes `-`
  StatementWriter& list(std::string_view name, const std::vector<std::string>& values);  // joined by spaces, as given
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Reads lines in order. Every method fails (malformed) with the line number when the next line is another.
class StatementReader {
 public:
  static Result<StatementReader> open(std::string_view text, std::string_view first_line);
  Result<std::string_view> line(std::string_view name);                // the raw value, `-` included
  Result<std::string_view> value(std::string_view name);               // `-` refused
  Result<std::vector<std::string>> list(std::string_view name);        // `-` is the empty list; sorted, no duplicates
  [[nodiscard]] bool next_is(std::string_view name) const;             // for repeated lines
  Result<void> end() const;                                            // nothing may follow

 private:
  explicit StatementReader(std::string_view rest) : rest_(rest) {}
  std::string_view rest_;
  std::size_t number_ = 1;
};

// Field forms shared by the statements. All malformed on anything but the canonical spelling.
Result<std::uint64_t> parse_number(std::string_view text);             // decimal, no leading zeros, < 2^63
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace chancery::core

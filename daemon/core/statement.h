// The strict text every statement is written in (proto/README.md): fixed order, one `name value` a line, LF,
// printable ASCII, because lines hold codes, ids, numbers and dates only; no leading or trailing space, `-` for empty.
// Parsers read, re-emit and compare, so a statement has exactly one spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/instant.h"
#include "daemon/core/form.h"

namespace chancery::core {

inline constexpr std::size_t kMaxStatementSize = 64 * 1024;

// Kinds of signed statement, told apart by their first line.
enum class StatementKind { message, dispatch, receipt, designation, seal_key, permit, handling };

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
  StatementWriter& line(std::string_view name, std::string_view value);                  // empty value writes `-`
  StatementWriter& list(std::string_view name, const std::vector<std::string>& values);  // joined by spaces, as given
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Reads lines in order. Every method fails (malformed) with the line number when the next line is another, or its value
// is not of the form asked for.
class StatementReader {
 public:
  // Checks size, characters, the last LF and the first line.
  static Result<StatementReader> open(std::string_view text, std::string_view first_line);
  Result<std::string_view> line(std::string_view name);          // the raw value, `-` included
  Result<std::string_view> value(std::string_view name);         // `-` refused
  Result<std::vector<std::string>> list(std::string_view name);  // `-` is the empty list; sorted, no duplicates
  [[nodiscard]] bool next_is(std::string_view name) const;       // for repeated lines
  Result<void> end() const;                                      // nothing may follow

  // Values of a given form, as text.
  Result<std::string> token(std::string_view name, Form form);
  Result<std::string> optional_token(std::string_view name, Form form);  // `-` reads as the empty text
  Result<std::vector<std::string>> tokens(std::string_view name, Form form);

  // Values with a type of their own.
  template <class T>
  Result<T> field(std::string_view name, Result<T> (*parse)(std::string_view)) {
    return parsed(name, parse(TRY(value(name))));
  }
  template <class T>
  Result<std::optional<T>> optional_field(std::string_view name, Result<T> (*parse)(std::string_view)) {
    const auto text = TRY(line(name));
    if (text == "-") return std::optional<T>();
    return std::optional<T>(TRY(parsed(name, parse(text))));
  }
  // Zero or more lines of this name, in the order they stand.
  template <class T>
  Result<std::vector<T>> repeated(std::string_view name, Result<T> (*parse)(std::string_view)) {
    std::vector<T> all;
    while (next_is(name)) all.push_back(TRY(field(name, parse)));
    return all;
  }

 private:
  explicit StatementReader(std::string_view rest) : rest_(rest) {}
  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view name, std::string_view what) const;
  template <class T>
  Result<T> parsed(std::string_view name, Result<T> result) const {
    if (!result) return wrong(name, result.error().detail);
    return result;
  }

  std::string_view rest_;
  std::size_t number_ = 1;  // of the line read last
};

// One spelling only: what was read has to be what would be written.
Result<void> check_spelling(std::string_view read, std::string_view written);

}  // namespace chancery::core

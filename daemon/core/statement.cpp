#include "daemon/core/statement.h"

#include <algorithm>

#include "crypto/merkle.h"

namespace chancery::core {

namespace {

bool in_character_set(std::string_view text) {
  // Counts without a branch: this runs over every statement that arrives.
  std::size_t foreign = 0;
  for (const char c : text) foreign += static_cast<std::size_t>(c != '\n' && (c < ' ' || c > '~'));
  return foreign == 0;
}

bool spaced_right(std::string_view value) { return !value.empty() && value.front() != ' ' && value.back() != ' '; }

}  // namespace

const char* first_line(StatementKind kind) {
  switch (kind) {
    case StatementKind::message:
      return "chancery/message/v1";
    case StatementKind::dispatch:
      return "chancery/dispatch/v1";
    case StatementKind::receipt:
      return "chancery/receipt/v1";
    case StatementKind::designation:
      return "chancery/designation/v1";
    case StatementKind::seal_key:
      return "chancery/seal-key/v1";
    case StatementKind::permit:
      return "chancery/permit/v1";
    case StatementKind::handling:
      return "chancery/handling/v1";
  }
  return "";
}

Result<StatementKind> kind_of(std::string_view statement) {
  if (statement.size() > kMaxStatementSize) return fail(Errc::malformed, "statement too large");
  const auto line = statement.substr(0, statement.find('\n'));
  for (const auto kind :
       {StatementKind::message, StatementKind::dispatch, StatementKind::receipt, StatementKind::designation,
        StatementKind::seal_key, StatementKind::permit, StatementKind::handling})
    if (line == first_line(kind) && line.size() < statement.size()) return kind;
  return fail(Errc::malformed, "line 1: not a statement of a known kind");
}

Digest statement_digest(std::string_view statement) { return crypto::leaf_hash(as_bytes(statement)); }

StatementWriter::StatementWriter(std::string_view first_line) {
  text_.reserve(1536);  // a usual message
  text_.append(first_line).push_back('\n');
}

StatementWriter& StatementWriter::line(std::string_view name, std::string_view value) {
  text_.append(name).push_back(' ');
  text_.append(value.empty() ? "-" : value).push_back('\n');
  return *this;
}

StatementWriter& StatementWriter::list(std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return line(name, {});
  text_.append(name);
  for (const auto& value : values) text_.append(1, ' ').append(value);
  text_.push_back('\n');
  return *this;
}

Result<StatementReader> StatementReader::open(std::string_view text, std::string_view first_line) {
  if (text.size() > kMaxStatementSize) return fail(Errc::malformed, "statement too large");
  if (!in_character_set(text)) return fail(Errc::malformed, "not printable ASCII in lines ended by LF");
  if (text.empty() || text.back() != '\n') return fail(Errc::malformed, "last line without LF");
  if (text.substr(0, text.find('\n')) != first_line) return fail(Errc::malformed, "line 1: another kind of statement");
  return StatementReader(text.substr(first_line.size() + 1));
}

bool StatementReader::next_is(std::string_view name) const {
  return rest_.size() > name.size() && rest_.substr(0, name.size()) == name && rest_[name.size()] == ' ';
}

Result<std::string_view> StatementReader::line(std::string_view name) {
  ++number_;
  if (!next_is(name)) return wrong(name, "expected here");
  const auto end = rest_.find('\n');  // there is one: open() saw the last
  const auto value = rest_.substr(name.size() + 1, end - name.size() - 1);
  rest_.remove_prefix(end + 1);
  if (!spaced_right(value)) return wrong(name, "empty, or a space at an end");
  return value;
}

Result<std::string_view> StatementReader::value(std::string_view name) {
  const auto text = TRY(line(name));
  if (text == "-") return wrong(name, "must not be empty");
  return text;
}

Result<std::vector<std::string>> StatementReader::list(std::string_view name) {
  auto text = TRY(line(name));
  std::vector<std::string> values;
  if (text == "-") return values;
  for (const auto value : split(text, ' ')) values.emplace_back(value);
  if (!strictly_ascending(values)) return wrong(name, "not sorted, or something twice");
  return values;
}

Result<void> StatementReader::end() const {
  if (rest_.empty()) return {};
  return fail(Errc::malformed, "line " + std::to_string(number_ + 1) + ": nothing may stand here");
}

Result<std::string> StatementReader::token(std::string_view name, Form form) {
  const auto text = TRY(value(name));
  if (!form(text)) return wrong(name, "not of its form");
  return std::string(text);
}

Result<std::string> StatementReader::optional_token(std::string_view name, Form form) {
  const auto text = TRY(line(name));
  if (text == "-") return std::string();
  if (!form(text)) return wrong(name, "not of its form");
  return std::string(text);
}

Result<std::vector<std::string>> StatementReader::tokens(std::string_view name, Form form) {
  auto values = TRY(list(name));
  if (!std::all_of(values.begin(), values.end(), form)) return wrong(name, "not of its form");
  return values;
}

tl::unexpected<Error> StatementReader::wrong(std::string_view name, std::string_view what) const {
  std::string detail = "line " + std::to_string(number_) + ": ";
  detail.append(name).append(": ").append(what);
  return fail(Errc::malformed, std::move(detail));
}

Result<void> check_spelling(std::string_view read, std::string_view written) {
  if (read == written) return {};
  return fail(Errc::malformed, "not the canonical spelling");
}

}  // namespace chancery::core

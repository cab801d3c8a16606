#include "tests/unit/core/mutations.h"

#include <algorithm>
#include <cctype>

namespace chancery::core {

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto lf = text.find('\n', from);
    lines.push_back(text.substr(from, lf - from));
    from = lf + 1;
  }
  return lines;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const auto& line : lines) text.append(line).push_back('\n');
  return text;
}

std::string name_of(const std::string& line) { return line.substr(0, line.find(' ')); }

// The text with line i written as `line`.
std::string with_line(Lines lines, std::size_t i, const std::string& line) {
  lines[i] = line;
  return joined(lines);
}

std::string with_inserted(Lines lines, std::size_t i, const std::string& line) {
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), line);
  return joined(lines);
}

std::string without(Lines lines, std::size_t i) {
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
  return joined(lines);
}

std::string swapped(Lines lines, std::size_t i, std::size_t j) {
  std::swap(lines[i], lines[j]);
  return joined(lines);
}

void mutate_order(const Lines& lines, std::size_t i, const std::vector<std::string>& repeated,
                  std::vector<Mutation>& out) {
  const auto& line = lines[i];
  if (std::find(repeated.begin(), repeated.end(), name_of(line)) == repeated.end())
    out.push_back({"missing: " + line, without(lines, i)});
  out.push_back({"doubled: " + line, with_inserted(lines, i, line)});
  // Of two labels either may be the originator's own, which stands first.
  const bool swappable = i + 1 < lines.size() && !(name_of(line) == "label" && name_of(lines[i + 1]) == "label");
  if (swappable) out.push_back({"swapped with the next: " + line, swapped(lines, i, i + 1)});
  out.push_back({"unknown line before: " + line, with_inserted(lines, i, "x-unknown 1")});
  out.push_back({"empty line before: " + line, with_inserted(lines, i, "")});
  out.push_back({"comment before: " + line, with_inserted(lines, i, "# note")});
}

void mutate_spelling(const Lines& lines, std::size_t i, std::vector<Mutation>& out) {
  const auto& line = lines[i];
  const auto space = line.find(' ');
  const std::pair<const char*, std::string> spellings[] = {
      {"CRLF", line + "\r"},
      {"trailing space", line + " "},
      {"leading space", " " + line},
      {"trailing tab", line + "\t"},
      {"NUL at the end", line + std::string(1, '\0')},
      {"NUL inside", line.substr(0, 3) + std::string(1, '\0') + line.substr(3)},
      {"non-ASCII", line + "\xc3\xa9"},
      {"a lone high byte", line + "\xff"},
      {"DEL", line + "\x7f"},
      {"name in capitals", static_cast<char>(std::toupper(line[0])) + line.substr(1)},
  };
  for (const auto& [what, spelling] : spellings)
    out.push_back({std::string(what) + ": " + line, with_line(lines, i, spelling)});
  if (space == std::string::npos) return;
  const auto name = line.substr(0, space);
  out.push_back({"two spaces: " + line, with_line(lines, i, name + " " + line.substr(space))});
  out.push_back({"tab: " + line, with_line(lines, i, name + "\t" + line.substr(space + 1))});
  out.push_back({"no value: " + line, with_line(lines, i, name)});
  out.push_back({"no value after the space: " + line, with_line(lines, i, name + " ")});
  if (name != "fact") out.push_back({"a value more: " + line, with_line(lines, i, line + " -")});
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Every run of 64 hex digits: in capitals, one digit short, one too long. A fact's value is free of this.
void mutate_hex(const Lines& lines, std::size_t i, std::vector<Mutation>& out) {
  const auto& line = lines[i];
  for (std::size_t at = 0; at + 64 <= line.size() && name_of(line) != "fact"; ++at) {
    auto run = line.substr(at, 64);
    if (!std::all_of(run.begin(), run.end(), is_hex)) continue;
    const auto before = line.substr(0, at), after = line.substr(at + 64);
    out.push_back({"hex too short: " + line, with_line(lines, i, before + run.substr(1) + after)});
    out.push_back({"hex too long: " + line, with_line(lines, i, before + "0" + run + after)});
    for (auto& c : run) c = static_cast<char>(std::toupper(c));
    out.push_back({"hex in capitals: " + line, with_line(lines, i, before + run + after)});
    at += 63;
  }
}

void mutate_whole(const std::string& text, std::vector<Mutation>& out) {
  const auto first = text.substr(0, text.find('\n') + 1);
  const auto rest = text.substr(first.size());
  out.push_back({"empty", ""});
  out.push_back({"first line alone", first});
  out.push_back({"first line without LF", first.substr(0, first.size() - 1)});
  out.push_back({"last LF missing", text.substr(0, text.size() - 1)});
  out.push_back({"one more LF", text + "\n"});
  out.push_back({"twice", text + text});
  out.push_back({"byte order mark", "\xef\xbb\xbf" + text});
  out.push_back({"next version", first.substr(0, first.size() - 2) + "2\n" + rest});
  out.push_back({"another kind", "chancery/batch/v1\n" + rest});
  out.push_back({"too large", text + "x " + std::string(64 * 1024, 'x') + "\n"});
  for (std::size_t size = 1; size < text.size(); size += 13)
    if (text[size - 1] != '\n') out.push_back({"cut at byte " + std::to_string(size), text.substr(0, size)});
}

}  // namespace

std::vector<Mutation> common_mutations(const std::string& text, const std::vector<std::string>& repeated) {
  std::vector<Mutation> out;
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    mutate_order(lines, i, repeated, out);
    mutate_spelling(lines, i, out);
    mutate_hex(lines, i, out);
  }
  mutate_whole(text, out);
  return out;
}

std::string replaced(const std::string& text, const Replacement& replacement) {
  const auto at = text.find(replacement.first);
  if (at == std::string::npos || replacement.first.empty()) {
    ADD_FAILURE() << "not in the sample: " << replacement.first;
    return {};
  }
  auto changed = text;
  return changed.replace(at, replacement.first.size(), replacement.second);
}

}  // namespace chancery::core

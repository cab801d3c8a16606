#include "client/table.h"

#include <time.h>

#include <algorithm>

#include "crypto/instant.h"
#include "daemon/core/display.h"

namespace chancery::client {

Table::Table(std::vector<std::string> headers) { rows_.push_back(std::move(headers)); }

void Table::add(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = cell.empty() ? "-" : core::neutralised(cell);
  cells.resize(rows_.front().size());
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], core::display_width(row[i]));
  return widths;
}

std::string Table::text() const {
  const auto columns = widths();
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], columns[i] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string padded(const std::string& text, std::size_t width) {
  const auto used = core::display_width(text);
  return used >= width ? text : text + std::string(width - used, ' ');
}

std::string local_time(const std::string& instant) {
  const auto parsed = parse_instant(instant);
  if (!parsed) return instant;
  const time_t seconds = static_cast<time_t>(parsed->ms / 1000);
  struct tm local {};
  if (localtime_r(&seconds, &local) == nullptr) return instant;
  char text[40];
  char zone[8];
  if (strftime(text, sizeof text, "%Y-%m-%d %H:%M ", &local) == 0 || strftime(zone, sizeof zone, "%z", &local) != 5)
    return instant;
  return std::string(text) + std::string(zone, 3) + ":" + std::string(zone + 3, 2);
}

std::string shell_word(const std::string& text) {
  constexpr auto* kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=,@%+";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& parts, const std::string& separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

}  // namespace chancery::client

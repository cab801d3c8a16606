// Tables of text, aligned by the columns a terminal needs: CJK characters take two.
#pragma once

#include <string>
#include <vector>

namespace chancery::client {

class Table {
 public:
  explicit Table(std::vector<std::string> headers);
  // As many cells as headers. Cells are neutralised: one line each, nothing that moves the cursor.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  // Columns two spaces apart, no spaces at the end of a line.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  std::vector<std::vector<std::string>> rows_;  // the first are the headers
};

// Spaces after the text up to `width` columns.
std::string padded(const std::string& text, std::size_t width);

// "2026-11-22T06:00:03.125Z" as "2026-11-22 14:00 +08:00" in the zone of the process; what is no time stays as it is.
std::string local_time(const std::string& instant);

// As one word of a shell's command line: quoted where it has to be.
std::string shell_word(const std::string& text);

std::string joined(const std::vector<std::string>& parts, const std::string& separator);

}  // namespace chancery::client

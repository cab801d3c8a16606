#include "daemon/config/faults.h"

#include <algorithm>
#include <tuple>

namespace chancery::config {

namespace {

// Keys and values come from the file and end on a terminal: a control character is shown, not obeyed.
std::string printable(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return out;
}

auto order(const Fault& fault) { return std::tie(fault.file, fault.line, fault.key, fault.what); }

}  // namespace

std::string to_string(const Fault& fault) {
  auto text = fault.file + ":";
  if (fault.line != 0) text += std::to_string(fault.line) + ":";
  if (!fault.key.empty()) text += " " + fault.key + ":";
  return text + " " + fault.what;
}

void Faults::add(const Place& place, std::string what) {
  faults_.push_back({place.file, place.line, printable(place.key), printable(what)});
}

std::vector<Fault> Faults::sorted() const {
  auto faults = faults_;
  std::sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) { return order(a) < order(b); });
  faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
  return faults;
}

}  // namespace chancery::config

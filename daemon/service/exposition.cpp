#include "daemon/service/exposition.h"

#include <array>
#include <cstdio>

namespace chancery::service {

namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.15g", value);
  return text.data();
}

}  // namespace

Exposition& Exposition::begin(std::string_view name, const char* type, std::string_view help) {
  name_ = name;
  text_ += "# HELP " + name_ + " " + escaped(help, false) + "\n# TYPE " + name_ + " " + type + "\n";
  return *this;
}

void Exposition::line(std::string_view suffix, const Labels& labels, const std::string& value) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [label, of] : labels) {
    text_ += before;
    text_ += label;
    text_ += "=\"" + escaped(of, true) + "\"";
    before = ',';
  }
  text_ += (labels.empty() ? " " : "} ") + value + "\n";
}

Exposition& Exposition::sample(std::uint64_t value, const Labels& labels) {
  line({}, labels, std::to_string(value));
  return *this;
}

Exposition& Exposition::sample(double value, const Labels& labels) {
  line({}, labels, number(value));
  return *this;
}

Exposition& Exposition::histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                                  const std::vector<std::uint64_t>& cumulative, std::uint64_t count, double sum) {
  begin(name, "histogram", help);
  for (std::size_t i = 0; i < bounds.size() && i < cumulative.size(); ++i)
    line("_bucket", {{"le", number(bounds[i])}}, std::to_string(cumulative[i]));
  line("_bucket", {{"le", "+Inf"}}, std::to_string(count));
  line("_sum", {}, number(sum));
  line("_count", {}, std::to_string(count));
  return *this;
}

}  // namespace chancery::service

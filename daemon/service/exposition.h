// The text format of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chancery::service {

class Exposition {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  // Begins a family: the samples that follow are its. `help` is one line.
  Exposition& counter(std::string_view name, std::string_view help) { return begin(name, "counter", help); }
  Exposition& gauge(std::string_view name, std::string_view help) { return begin(name, "gauge", help); }

  Exposition& sample(std::uint64_t value, const Labels& labels = {});
  Exposition& sample(double value, const Labels& labels = {});
  // A whole family without labels. `cumulative`: of each bound how many were no larger.
  Exposition& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                        const std::vector<std::uint64_t>& cumulative, std::uint64_t count, double sum);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  Exposition& begin(std::string_view name, const char* type, std::string_view help);
  void line(std::string_view suffix, const Labels& labels, const std::string& value);

  std::string name_;
  std::string text_;
};

}  // namespace chancery::service

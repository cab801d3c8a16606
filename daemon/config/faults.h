// Where something stands in the data, and everything found wrong with it.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/load.h"

namespace chancery::config {

struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::string key;
};

// Collects faults; reading goes on after each.
class Faults {
 public:
  void add(const Place& place, std::string what);
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  // By file and line; what is found twice at one place is said once.
  [[nodiscard]] std::vector<Fault> sorted() const;

 private:
  std::vector<Fault> faults_;
};

}  // namespace chancery::config

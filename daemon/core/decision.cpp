#include "daemon/core/decision.h"

#include <algorithm>
#include <array>
#include <set>

namespace chancery::core {

namespace {

struct Row {
  ReasonCode reason;
  const char* code;
  Verdict outcome;
  int exit_code;
};

constexpr auto kRows = std::to_array<Row>({
#define CHANCERY_REASON(name, code, outcome, exit_code) {ReasonCode::name, code, Verdict::outcome, exit_code},
#include "daemon/core/reason.def"
#undef CHANCERY_REASON
});

// Enumerators are numbered in the order of the same list.
const Row& row(ReasonCode code) { return kRows.at(static_cast<std::size_t>(code)); }

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return "allow";
    case Verdict::defer:
      return "defer";
    case Verdict::refuse:
      return "refuse";
  }
  return "";
}

const char* to_string(ReasonCode code) { return row(code).code; }
Verdict outcome_of(ReasonCode code) { return row(code).outcome; }
int exit_code_of(ReasonCode code) { return row(code).exit_code; }

Result<ReasonCode> parse_reason(std::string_view text) {
  for (const auto& row : kRows)
    if (text == row.code) return row.reason;
  return fail(Errc::malformed, "not a reason code");
}

std::vector<ReasonCode> all_reasons() {
  std::vector<ReasonCode> all;
  for (const auto& row : kRows) all.push_back(row.reason);
  return all;
}

void Decision::add(Reason reason) {
  if (std::find(reasons_.begin(), reasons_.end(), reason) == reasons_.end()) reasons_.push_back(std::move(reason));
}

Verdict Decision::verdict() const {
  const auto refuses = [](const Reason& reason) { return outcome_of(reason.code) == Verdict::refuse; };
  if (reasons_.empty()) return Verdict::allow;
  return std::any_of(reasons_.begin(), reasons_.end(), refuses) ? Verdict::refuse : Verdict::defer;
}

std::vector<std::string> Decision::codes() const {
  std::set<std::string> codes;
  for (const auto& reason : reasons_) codes.insert(to_string(reason.code));
  return {codes.begin(), codes.end()};
}

}  // namespace chancery::core

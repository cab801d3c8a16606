// Decisions: allow, refuse or defer, with all reasons. A refusal is an answer, not an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace chancery::core {

// The one list of reasons is reason.def; proto, catalogues and agreement data are checked against it.
enum class ReasonCode {
#define CHANCERY_REASON(name, code, outcome, exit_code) name,
#include "daemon/core/reason.def"
#undef CHANCERY_REASON
};

enum class Verdict { allow, defer, refuse };
const char* to_string(Verdict verdict);

const char* to_string(ReasonCode code);  // "E-CONSENT-REQUIRED"
Result<ReasonCode> parse_reason(std::string_view text);
Verdict outcome_of(ReasonCode code);  // refuse or defer
int exit_code_of(ReasonCode code);    // the client's exit code for it
std::vector<ReasonCode> all_reasons();

struct Reason {
  ReasonCode code;
  std::string clause;   // "S6.9"; empty where no clause of an agreement speaks
  std::string article;  // "6(3)"
  std::string subject;  // what it is about: an authority, a line, a class; codes and ids only
  bool operator==(const Reason&) const = default;
};

class Decision {
 public:
  static Decision allow() { return {}; }
  // The same reason is kept once.
  void add(Reason reason);

  // Any refusing reason refuses; else any deferring one defers; else allowed.
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] bool allowed() const { return reasons_.empty(); }
  [[nodiscard]] const std::vector<Reason>& reasons() const { return reasons_; }
  [[nodiscard]] std::vector<std::string> codes() const;  // sorted, without duplicates
  bool operator==(const Decision&) const = default;

 private:
  std::vector<Reason> reasons_;
};

}  // namespace chancery::core

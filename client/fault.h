// What went wrong in a form a person can act on: a stable code, an exit code, and the words for the catalogue's
// `error.<code>.{what,why,fix}`. Exit codes: 0 ok, 1 internal, 2 usage, 3 configuration or context, 4 not found,
// 5 refused by agreement, label or consent, 6 not authorised, 7 unreachable (a retry may help), 8 verification failed,
// 9 conflict or already done, 10 attention needed, 130 interrupted.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "crypto/result.h"

namespace chancery::client {

// Names and values of the placeholders of a text.
using Params = std::map<std::string, std::string>;

enum ExitCode : int {
  kOk = 0,
  kInternal = 1,
  kUsage = 2,
  kConfiguration = 3,
  kNotFound = 4,
  kRefused = 5,
  kNotAuthorised = 6,
  kUnreachable = 7,
  kVerificationFailed = 8,
  kConflict = 9,
  kAttention = 10,
};

// A further reason of the same failure: shown as one more `why` line.
struct FurtherReason {
  std::string code;  // its `what` is shown; empty: `text` as it stands
  Params params;
  std::string text;
};

// The client's own codes; those of the daemon are in daemon/core/reason.def.
const std::map<std::string, ExitCode>& own_codes();

// One code, one exit code. What nobody knows here is a reason of a later daemon and counts as a refusal.
int exit_code_of(const std::string& code);

// Text that a draft shares with a message it does not name, as it stands in both.
struct SharedPassage {
  std::string source;  // how that message is called here
  std::string here;
  std::string there;
};

struct Fault {
  std::string code;
  Params params;
  std::vector<FurtherReason> also = {};
  std::string ground = {};  // "sco-2009, 6(3), S6.10"; empty when no agreement speaks
  std::vector<SharedPassage> passages = {};
  [[nodiscard]] int exit_code() const { return exit_code_of(code); }
};

template <class T>
class [[nodiscard]] Outcome : public tl::expected<T, Fault> {
  using Base = tl::expected<T, Fault>;

 public:
  using Base::Base;
  Outcome(Base base) : Base(std::move(base)) {}  // NOLINT(google-explicit-constructor)
};

inline tl::unexpected<Fault> fault(std::string code, Params params = {}) {
  return tl::unexpected<Fault>(Fault{std::move(code), std::move(params)});
}

// A result of the rooms below, with the words for its failure; its detail becomes {detail}.
template <class T>
Outcome<T> or_fault(Result<T> result, std::string code, Params params = {}) {
  if (!result.has_value()) {
    params.emplace("detail", result.error().detail);
    return fault(std::move(code), std::move(params));
  }
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return std::move(result).value();
}

}  // namespace chancery::client

// Result: a value, or an Error saying that we could not find out. A refusal by policy is never an
// Error; it is a core::Decision.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace chancery {

// Closed list; transport maps each to one gRPC status. Only `unavailable` and `busy` are worth a retry.
enum class Errc {
  malformed,
  unauthenticated,
  forbidden,
  not_found,
  conflict,
  stale,
  busy,
  unavailable,
  corrupt,
  internal,
};

const char* to_string(Errc code);

// `detail` is for our own log; it never crosses the wire and never holds message text or secrets.
struct Error {
  Errc code;
  std::string detail;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}  // NOLINT(google-explicit-constructor)
};

inline tl::unexpected<Error> fail(Errc code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

// Ends the process: for a mistake of our own, or where nothing safe is left to do. Never for input.
[[noreturn]] void bug(const char* what) noexcept;

}  // namespace chancery

// Yields the value, or returns the error from the enclosing function. May stand inside another TRY.
#define TRY(expression) CHANCERY_TRY_(CHANCERY_NAME_(chancery_try_, __COUNTER__), expression)

// The same for Result<void>.
#define CHECK_OK(expression)                                                                                     \
  do {                                                                                                           \
    auto chancery_check_result_ = (expression);                                                                  \
    if (!chancery_check_result_.has_value()) return ::tl::unexpected(std::move(chancery_check_result_).error()); \
  } while (false)

// Each TRY names its result anew, so that a nested one hides nothing. NOLINTBEGIN(bugprone-macro-parentheses): a name
#define CHANCERY_TRY_(result, expression)                                          \
  __extension__({                                                                  \
    auto result = (expression);                                                    \
    if (!(result).has_value()) return ::tl::unexpected(std::move(result).error()); \
    std::move(result).value();                                                     \
  })
#define CHANCERY_NAME_(name, number) CHANCERY_JOIN_(name, number)
#define CHANCERY_JOIN_(left, right) left##right
// NOLINTEND(bugprone-macro-parentheses)

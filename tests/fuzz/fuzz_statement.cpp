// Every parser of core statements on the same bytes: what parses is written exactly as it was read, and bytes parse as
// the kind their first line claims or as none.
#include <cstdlib>

#include "daemon/core/designation.h"
#include "daemon/core/dispatch.h"
#include "daemon/core/handling.h"
#include "daemon/core/permit.h"
#include "daemon/core/receipt.h"

namespace {

using namespace chancery::core;  // NOLINT(google-build-using-namespace)

template <class T>
void check(std::string_view text, StatementKind kind) {
  const auto value = T::parse(text);
  if (!value.has_value()) return;
  if (value->to_text() != text) std::abort();
  const auto claimed = kind_of(text);
  if (!claimed.has_value() || *claimed != kind) std::abort();
}

void check_message(std::string_view text) {
  const auto message = Message::parse(text);
  if (!message.has_value()) return;
  // What is derived from its bytes is derived from every byte above `body-root`, whatever they are.
  if (to_string(message_id(text, message->created)).size() != 64) std::abort();
  if (plan_digest(*message, {}) == header_digest(text)) std::abort();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = chancery::as_text({data, size});
  check<Message>(text, StatementKind::message);
  check<Dispatch>(text, StatementKind::dispatch);
  check<Receipt>(text, StatementKind::receipt);
  check<Designation>(text, StatementKind::designation);
  check<SealKey>(text, StatementKind::seal_key);
  check<Permit>(text, StatementKind::permit);
  check<Handling>(text, StatementKind::handling);
  check_message(text);
  return 0;
}

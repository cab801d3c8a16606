#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/lookup.h"
#include "client/refusal.h"
#include "client/sending.h"

namespace chancery::client::commands {

namespace {

Outcome<void> agree_to(Session& session, const std::string& name, bool retain) {
  if (session.arguments().has("--yes")) return {};
  if (!session.may_ask()) return fault("E-INPUT-NEEDED", {{"flag", "--yes"}, {"other", "--yes"}});
  const auto message = TRY(find_message(session, name));
  const auto question = session.text(retain ? "erase.question-retain" : "erase.question",
                                     {{"number", message.number()}, {"originator", message.originator()}});
  if (!session.confirmed(question)) return fault("E-CANCELLED");
  return {};
}

}  // namespace

Outcome<int> erase(Session& session) {
  const auto name = session.arguments().value("ID");
  const auto retain = session.arguments().value("--retain");
  CHECK_OK(agree_to(session, name, !retain.empty()));
  v1::EraseRequest request;
  request.set_message(name);
  request.set_retain(retain);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::Erase, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), name));
  if (session.json()) return session.print_json("EraseResponse", response);
  if (session.format() == Format::id) return session.print(response.state() + "\n");
  const auto number = response.number().empty() ? name : response.number();
  return session.say("erase." + response.state(), {{"number", number},
                                                   {"count", std::to_string(response.copies())},
                                                   {"ground", retain},
                                                   {"retain", retain.empty() ? "" : " --retain " + retain}});
}

}  // namespace chancery::client::commands

#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/dissemination_text.h"
#include "client/refusal.h"

namespace chancery::client::commands {

Outcome<int> dissemination(Session& session) {
  v1::ShowDisseminationRequest request;
  request.set_message(session.arguments().value("ID"));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::ShowDissemination, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.message()));
  if (session.json()) return session.print_json("ShowDisseminationResponse", response);
  if (session.format() == Format::table) return session.print(dissemination_text(response, session.catalogue()));
  for (const auto& receiver : receivers_of(response)) session.print(receiver + "\n");
  return kOk;
}

}  // namespace chancery::client::commands

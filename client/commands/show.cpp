#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/message_text.h"
#include "client/refusal.h"

namespace chancery::client::commands {

Outcome<int> show(Session& session) {
  v1::ReadRequest request;
  request.set_message(session.arguments().value("ID"));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::Read, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.message()));
  if (session.json())
    session.print_json("ReadResponse", response);
  else if (session.format() == Format::id)
    session.print(response.body().message().id() + "\n");
  else
    session.print_page(body_text(response.body(), DataNames::fetch(session), session.catalogue()));
  return kOk;
}

Outcome<int> ack(Session& session) {
  v1::AcknowledgeRequest request;
  request.set_message(session.arguments().value("ID"));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::Acknowledge, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.message()));
  const auto& message = response.acknowledged();
  if (session.json())
    session.print_json("AcknowledgeResponse", response);
  else if (session.format() == Format::id)
    session.print(message.number() + "\n");
  else
    session.say("ack.done", {{"number", message.number()},
                             {"their_number", message.their_number().empty() ? message.id() : message.their_number()},
                             {"originator", message.originator()}});
  return kOk;
}

}  // namespace chancery::client::commands

#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/consent_draft.h"
#include "client/covering_text.h"
#include "client/files.h"
#include "client/lookup.h"
#include "client/message_text.h"
#include "client/refusal.h"
#include "client/sending.h"

namespace chancery::client::commands {

// The decision, as a statement of this authority to the original providers: two persons.
Outcome<int> disclose(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("ID");
  const auto original = original_of(TRY(find_message(session, name)));
  auto draft = TRY(disclosure_draft(original, session.arguments()));
  const auto names = DataNames::fetch(session);
  draft.set_label(session.arguments().value_or("--label", names.lowest_class()));
  const auto number = original.their_number().empty() ? original.number() : original.their_number();
  *draft.add_texts() = TRY(covering_text(
      session, names, draft.agreement(), session.arguments().value("--note"), [&](const Catalogue& catalogue) {
        const auto title = catalogue.text("disclosure.title", {{"original", number.empty() ? name : number}});
        return CoveringWords{title, title};
      }));
  return preview_and_submit(session, draft, name);
}

// What a released disclosure says, taken out of the house.
Outcome<int> publish(Session& session) {
  v1::PublishRequest request;
  request.set_disclosure(session.arguments().value("DISCLOSURE"));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::Publish, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.disclosure()));
  if (session.json()) return session.print_json("ReadResponse", response);
  const auto text = body_text(response.body(), DataNames::fetch(session), session.catalogue());
  const auto file = session.arguments().value("--out");
  if (file.empty()) return session.print_page(text);
  CHECK_OK(write_new_private_file(file, text));
  return session.say("publish.written", {{"file", file}});
}

}  // namespace chancery::client::commands

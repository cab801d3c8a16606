#include <algorithm>

#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/data_names.h"
#include "client/files.h"
#include "client/sending.h"
#include "daemon/core/display.h"

namespace chancery::client::commands {

namespace {

Outcome<v1::MessageView> find_message(Session& session, const std::string& name) {
  auto& desk = *TRY(session.desk());
  for (const auto box : {v1::BOX_INBOX, v1::BOX_OUTBOX}) {
    v1::ListRequest request;
    request.set_box(box);
    request.set_message(name);
    const auto response = desk.call(&v1::Desk::Stub::List, request);
    if (response && response->messages_size() > 0) return response->messages(0);
    if (!response && response.error().exit_code() != kNotFound) return tl::unexpected(response.error());
  }
  return fault("E-NOT-FOUND", {{"subject", name}});
}

// The covering text has to be in a working language: the reader's if it is one, else the first that is.
std::string cover_language(const Session& session, const std::vector<std::string>& working) {
  const auto asked = session.arguments().value_or("--note-language", session.catalogue().language());
  const bool fits = working.empty() || std::find(working.begin(), working.end(), asked) != working.end();
  return fits || session.arguments().has("--note-language") ? asked : working.front();
}

Outcome<std::string> read_note(const std::string& file) {
  auto text = TRY(read_file(file));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.empty() || !core::is_utf8(text)) return fault("E-MALFORMED", {{"subject", file}});
  return text;
}

Outcome<void> add_cover(Session& session, const v1::MessageView& original, v1::Draft& draft) {
  const auto language = cover_language(session, DataNames::fetch(session).working_languages(original.agreement()));
  auto& text = *draft.add_texts();
  text.set_language(language);
  text.set_status(v1::TEXT_STATUS_ORIGINAL);
  const auto catalogue =
      is_known_language(language)
          ? TRY(or_fault(Catalogue::load(session.data(), language), "E-FILE", {{"path", session.data()}}))
          : session.catalogue();
  const auto number = original.their_number().empty() ? original.number() : original.their_number();
  text.set_title(catalogue.text("forward.title", {{"number", number.empty() ? original.id().substr(12, 10) : number},
                                                  {"originator", original.originator()}}));
  const auto file = session.arguments().value("--note");
  text.set_body(file.empty() ? text.title() : TRY(read_note(file)));
  return {};
}

}  // namespace

Outcome<int> forward(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("ID");
  const auto original = TRY(find_message(session, name));
  v1::Draft draft;
  draft.set_kind("forward");
  draft.set_agreement(session.arguments().value_or("--agreement", original.agreement()));
  *draft.mutable_directions() = original.directions();
  *draft.mutable_threats() = original.threats();
  draft.set_label(session.arguments().value_or("--label", original.own_marking()));
  draft.set_precedence(original.precedence());
  draft.set_exercise(original.exercise());
  for (const auto& recipient : session.arguments().list("--to")) draft.add_recipients(recipient);
  auto& source = *draft.add_sources();
  source.set_message(original.id());
  source.set_relation("forwards");
  source.set_extent("all");
  CHECK_OK(add_cover(session, original, draft));
  return preview_and_submit(session, draft, name);
}

}  // namespace chancery::client::commands

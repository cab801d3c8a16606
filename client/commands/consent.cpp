#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/consent_draft.h"
#include "client/consent_text.h"
#include "client/covering_text.h"
#include "client/files.h"
#include "client/lookup.h"
#include "client/paging.h"
#include "client/sending.h"
#include "client/sentence_preview.h"
#include "crypto/clock.h"
#include "crypto/digest.h"

namespace chancery::client::commands {

namespace {

// Label and covering text, then as any draft. The words of a grant or revocation are, unless the person gave others,
// the sentence that its facts say.
struct Composed {
  v1::Draft draft;
  std::string original_number;
  std::string answered_number;
  std::string file;  // of the person's own words
};

// Titles of this kind: for what, and what it answers.
std::string title_of(const Composed& composed, const v1::ConsentView& consent, const Catalogue& catalogue) {
  return catalogue.text(composed.draft.kind() + ".title",
                        {{"original", called(composed.original_number, consent.original())},
                         {"answered", called(composed.answered_number, consent.answers())}});
}

Outcome<std::string> own_authority(Session& session) {
  auto& desk = *TRY(session.desk());
  return TRY(desk.call(&v1::Desk::Stub::Status, v1::StatusRequest())).authority();
}

Outcome<void> add_words(Session& session, const Composed& composed, v1::Draft& draft) {
  const auto names = DataNames::fetch(session);
  draft.set_label(session.arguments().value_or("--label", names.lowest_class()));
  const bool states_terms =
      draft.kind() == "consent-grant" || draft.kind() == "consent-revocation" || draft.kind() == "spill-notice";
  auto consent = consent_of(draft, states_terms ? TRY(own_authority(session)) : std::string());
  consent.set_original_number(composed.original_number);
  *draft.add_texts() =
      TRY(covering_text(session, names, draft.agreement(), composed.file, [&](const Catalogue& catalogue) {
        const auto title = title_of(composed, consent, catalogue);
        return CoveringWords{title,
                             states_terms ? consent_sentence(consent, composed.answered_number, catalogue) : title};
      }));
  return {};
}

Outcome<int> submit_consent(Session& session, const Composed& composed, const std::string& name) {
  auto draft = composed.draft;
  CHECK_OK(add_words(session, composed, draft));
  return preview_and_submit(session, draft, name);
}

// What answers a message of an exercise belongs to the exercise.
void go_with(Session& session, const std::string& answered, v1::Draft& draft) {
  const auto message = find_message(session, answered);
  if (!message) return;
  draft.set_exercise(message->exercise());
  draft.set_precedence(message->precedence());
}

Outcome<v1::ConsentView> asked_terms(Session& session) {
  const auto& typed = session.arguments();
  if (typed.has("REQUEST")) return find_consent(session, typed.value("REQUEST"), "consent-request");
  for (const auto* needed : {"--original", "--holder"})
    if (!typed.has(needed)) return fault("E-USAGE-MISSING", {{"name", typed.has("--original") ? needed : "REQUEST"}});
  const auto original = TRY(find_message(session, typed.value("--original")));
  return unasked_terms(original, typed.value("--holder"), typed, SystemClock().now());
}

// Terms are typed or asked for, not both: neither would be left out in silence.
Outcome<void> check_asked_once(const Arguments& typed) {
  for (const auto* other : {"--original", "--holder"})
    if (typed.has("REQUEST") && typed.has(other)) return fault("E-USAGE-EXTRA", {{"word", other}});
  return {};
}

}  // namespace

Outcome<int> consent_request(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("ID");
  const auto now = SystemClock().now();
  const auto original = original_of(TRY(find_message(session, name)));
  const auto number = original.their_number().empty() ? original.number() : original.their_number();
  const auto draft = TRY(request_draft(original, session.arguments(), now));
  return submit_consent(session, {draft, number, {}, session.arguments().value("--purpose")}, name);
}

Outcome<int> consent_grant(Session& session) {
  CHECK_OK(check_can_agree(session));
  CHECK_OK(check_asked_once(session.arguments()));
  const auto asked = TRY(asked_terms(session));
  auto draft = TRY(grant_draft(asked, TRY(own_authority(session)), session.arguments()));
  if (session.arguments().has("--paper")) {
    auto& fact = *draft.add_facts();
    fact.set_name("paper");
    fact.set_value(to_string(crypto::sha256(as_bytes(TRY(read_file(session.arguments().value("--paper")))))));
  }
  go_with(session, asked.id().empty() ? asked.original() : asked.id(), draft);
  return submit_consent(session, {draft, asked.original_number(), asked.number(), session.arguments().value("--note")},
                        session.arguments().value_or("REQUEST", session.arguments().value("--original")));
}

Outcome<int> consent_deny(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("REQUEST");
  const auto request = TRY(find_consent(session, name, "consent-request"));
  auto draft = refusal_draft(request);
  go_with(session, request.id(), draft);
  return submit_consent(
      session, {draft, request.original_number(), request.number(), session.arguments().value("--ground")}, name);
}

Outcome<int> consent_revoke(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("GRANT");
  const auto grant = TRY(find_consent(session, name, "consent-grant"));
  auto draft = TRY(revocation_draft(grant, session.arguments(), SystemClock().now()));
  go_with(session, grant.id(), draft);
  return submit_consent(session,
                        {draft, grant.original_number(), grant.number(), session.arguments().value("--ground")}, name);
}

// To everybody who has it by right.
Outcome<int> spill(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("ID");
  const auto message = TRY(find_message(session, name));
  auto draft = TRY(spill_draft(message, TRY(own_authority(session)), session.arguments(), SystemClock().now()));
  const auto number = message.their_number().empty() ? message.number() : message.their_number();
  return submit_consent(session, {draft, number, {}, session.arguments().value("--ground")}, name);
}

Outcome<int> consent_list(Session& session) {
  v1::ListConsentsRequest request;
  const auto page = TRY(page_of(session.arguments()));
  request.set_limit(page.limit);
  request.set_before(page.before);
  request.set_message(session.arguments().value("ID"));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::ListConsents, request));
  note_older(session, page, response.next());
  if (session.json()) return session.print_json("ListConsentsResponse", response);
  if (session.format() == Format::table) return session.print(consent_table(response, session.catalogue()));
  for (const auto& consent : response.consents()) session.print(consent.number() + "\n");
  return kOk;
}

Outcome<int> consent_show(Session& session) {
  const auto consent = TRY(find_consent(session, session.arguments().value("ID"), {}));
  if (session.json()) return session.print_json("ConsentView", consent);
  if (session.format() == Format::id) return session.print(consent.number() + "\n");
  return session.print_page(consent_page(consent, number_of_answered(session, consent), session.catalogue()));
}

}  // namespace chancery::client::commands

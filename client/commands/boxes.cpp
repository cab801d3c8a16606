#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/paging.h"
#include "client/refusal.h"
#include "client/table.h"

namespace chancery::client::commands {

namespace {

Outcome<v1::ListResponse> list(Session& session, v1::Box box) {
  v1::ListRequest request;
  request.set_box(box);
  const auto page = TRY(page_of(session.arguments()));
  request.set_limit(page.limit);
  request.set_before(page.before);
  request.set_message(session.arguments().value("ID"));
  auto& desk = *TRY(session.desk());
  auto response = TRY(desk.call(&v1::Desk::Stub::List, request));
  for (const auto& message : response.messages())
    if (message.incoming() != (box == v1::BOX_INBOX)) return fault("E-NOT-FOUND", {{"subject", request.message()}});
  note_older(session, page, response.next());
  return response;
}

// Classes alone: the whole lines are in `show`.
std::string classes(const v1::MessageView& message) {
  std::vector<std::string> out;
  for (const auto& label : message.labels()) {
    const auto space = label.find(' ');
    out.push_back(space == std::string::npos ? label : label.substr(space + 1, label.find(' ', space + 1) - space - 1));
  }
  // And what it is kept as, where somebody here marked it.
  return joined(out, "+") + (message.handled() ? " (" + message.own_marking() + ")" : "");
}

std::string kind_of(const v1::MessageView& message, const Catalogue& catalogue) {
  const auto kind = catalogue.word("kind", message.kind());
  return message.exercise() ? catalogue.text("list.exercise", {{"kind", kind}}) : kind;
}

void add_outgoing(Table& table, const v1::MessageView& m, const Catalogue& catalogue) {
  for (const auto& delivery : m.deliveries()) {
    std::vector<std::string> waits;
    if (!delivery.waiting_for().empty()) waits.push_back(catalogue.word("waits-for", delivery.waiting_for()));
    for (const auto& reason : delivery.reasons()) waits.push_back(reason.code());
    if (!delivery.next_attempt().empty())
      waits.push_back(catalogue.text("list.next-attempt", {{"time", local_time(delivery.next_attempt())}}));
    table.add({m.number(), delivery.recipient(), catalogue.word("stage", delivery.stage()), local_time(delivery.time()),
               std::to_string(delivery.attempts()), kind_of(m, catalogue), classes(m),
               catalogue.word("precedence", m.precedence()), joined(waits, " ")});
  }
}

int print_ids(Session& session, const v1::ListResponse& response) {
  for (const auto& message : response.messages()) session.print(message.number() + "\n");
  for (const auto& draft : response.drafts()) session.print(draft.name() + "\n");
  return kOk;
}

}  // namespace

Outcome<int> inbox(Session& session) {
  const auto response = TRY(list(session, v1::BOX_INBOX));
  if (session.json()) return session.print_json("ListResponse", response);
  if (session.format() == Format::id) return print_ids(session, response);
  const auto& catalogue = session.catalogue();
  Table table({catalogue.text("column.number"), catalogue.text("column.from"), catalogue.text("column.their-number"),
               catalogue.text("column.recorded"), catalogue.text("column.kind"), catalogue.text("column.label"),
               catalogue.text("column.precedence"), catalogue.text("column.languages"),
               catalogue.text("column.stage")});
  for (const auto& m : response.messages())
    table.add({m.number(), m.originator(), m.their_number(), local_time(m.recorded()), kind_of(m, catalogue),
               classes(m), catalogue.word("precedence", m.precedence()),
               joined({m.languages().begin(), m.languages().end()}, " "), catalogue.word("stage", m.stage())});
  return session.print(table.text());
}

Outcome<int> outbox(Session& session) {
  const auto response = TRY(list(session, v1::BOX_OUTBOX));
  if (session.json()) return session.print_json("ListResponse", response);
  if (session.format() == Format::id) return print_ids(session, response);
  const auto& catalogue = session.catalogue();
  Table table({catalogue.text("column.number"), catalogue.text("column.to"), catalogue.text("column.stage"),
               catalogue.text("column.time"), catalogue.text("column.attempts"), catalogue.text("column.kind"),
               catalogue.text("column.label"), catalogue.text("column.precedence"), catalogue.text("column.waits")});
  for (const auto& message : response.messages()) add_outgoing(table, message, catalogue);
  return session.print(table.text());
}

Outcome<int> drafts(Session& session) {
  const auto response = TRY(list(session, v1::BOX_DRAFTS));
  if (session.json()) return session.print_json("ListResponse", response);
  if (session.format() == Format::id) return print_ids(session, response);
  const auto& catalogue = session.catalogue();
  Table table({catalogue.text("column.draft"), catalogue.text("column.state"), catalogue.text("column.officer"),
               catalogue.text("column.created"), catalogue.text("column.to"), catalogue.text("column.label"),
               catalogue.text("column.number")});
  for (const auto& d : response.drafts())
    table.add({d.name(), catalogue.word("draft-state", d.state()), d.officer(), local_time(d.created()),
               joined({d.draft().recipients().begin(), d.draft().recipients().end()}, " "), d.draft().label(),
               d.number()});
  return session.print(table.text());
}

}  // namespace chancery::client::commands

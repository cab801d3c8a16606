#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/data_names.h"
#include "client/refusal.h"
#include "client/table.h"
#include "daemon/core/form.h"

namespace chancery::client::commands {

namespace {

std::string nature(const v1::LabelClassView& entry, const Catalogue& catalogue) {
  if (entry.state_secret()) return catalogue.text("label.state-secret");
  return catalogue.text(entry.restricted() ? "label.restricted" : "label.open");
}

// What the class demands of a review date.
std::string review_of(const v1::LabelClassView& entry, const Catalogue& catalogue) {
  std::vector<std::string> out;
  if (entry.review_required()) out.push_back(catalogue.text("label.review-required"));
  if (entry.review_within_days() != 0)
    out.push_back(catalogue.text("label.review-within", {{"days", std::to_string(entry.review_within_days())}}));
  return joined(out, catalogue.text("list.comma"));
}

std::string policy_name(const v1::LabelPolicyView& policy, const Catalogue& catalogue) {
  const auto name = policy.id() + "/" + std::to_string(policy.version());
  return policy.example() ? catalogue.text("label.example", {{"policy", name}}) : name;
}

std::string reasons_of(const v1::LabelCheck& check, const Catalogue& catalogue) {
  std::vector<std::string> out;
  for (const auto& reason : check.reasons()) out.push_back(reason_text(reason, "-", catalogue));
  return joined(out, "; ");
}

std::string categories_text(const v1::ListLabelsResponse& response, const DataNames& names,
                            const Catalogue& catalogue) {
  Table table({catalogue.text("column.policy"), catalogue.text("column.own"), catalogue.text("column.category"),
               catalogue.text("column.name"), catalogue.text("column.nature"), catalogue.text("column.marking")});
  for (const auto& policy : response.policies())
    for (const auto& entry : policy.categories())
      table.add({policy_name(policy, catalogue), catalogue.text(policy.own() ? "word.yes" : "word.no"), entry.id(),
                 names.in_language(entry.name()), catalogue.word("label", entry.kind()),
                 names.in_language(entry.marking())});
  return table.text();
}

// The first recipient that may not have it decides the exit code; what was asked is answered all the same.
Outcome<int> exit_of(const v1::CheckLabelResponse& response) {
  for (const auto& check : response.checks())
    if (!check.allowed()) return kRefused;
  return kOk;
}

}  // namespace

Outcome<int> label_list(Session& session) {
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::ListLabels, v1::ListLabelsRequest()));
  if (session.json()) return session.print_json("ListLabelsResponse", response);
  const auto& catalogue = session.catalogue();
  const DataNames names({}, response, catalogue.language());
  Table table({catalogue.text("column.policy"), catalogue.text("column.own"), catalogue.text("column.class"),
               catalogue.text("column.name"), catalogue.text("column.nature"), catalogue.text("column.review"),
               catalogue.text("column.marking")});
  for (const auto& policy : response.policies())
    for (const auto& entry : policy.classes()) {
      if (session.format() == Format::id && policy.own()) session.print(entry.id() + "\n");
      table.add({policy_name(policy, catalogue), catalogue.text(policy.own() ? "word.yes" : "word.no"), entry.id(),
                 names.in_language(entry.name()), nature(entry, catalogue), review_of(entry, catalogue),
                 names.in_language(entry.marking())});
    }
  if (session.format() != Format::table) return kOk;
  return session.print(table.text() + "\n" + categories_text(response, names, catalogue));
}

Outcome<int> label_check(Session& session) {
  v1::CheckLabelRequest request;
  request.set_label(session.arguments().value("--label"));
  request.set_agreement(session.arguments().value("--agreement"));
  for (const auto& category : session.arguments().list("--categories")) request.add_categories(category);
  for (const auto& recipient : session.arguments().list("--to")) request.add_recipients(recipient);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::CheckLabel, request));
  const auto& catalogue = session.catalogue();
  Table table({catalogue.text("column.to"), catalogue.text("column.allowed"), catalogue.text("column.marking"),
               catalogue.text("column.reasons")});
  for (const auto& check : response.checks()) {
    if (session.format() == Format::id && check.allowed()) session.print(check.recipient() + "\n");
    table.add({check.recipient(), catalogue.text(check.allowed() ? "word.yes" : "word.no"), check.marking(),
               reasons_of(check, catalogue)});
  }
  if (session.json()) session.print_json("CheckLabelResponse", response);
  if (session.format() == Format::table) session.print(table.text());
  return exit_of(response);
}

Outcome<int> label_handle(Session& session) {
  const auto& arguments = session.arguments();
  v1::HandleRequest request;
  request.set_message(arguments.value("ID"));
  request.set_label(arguments.value("--label"));
  request.set_review(arguments.value("--review"));
  for (const auto& category : arguments.list("--categories")) request.add_categories(category);
  if (!request.review().empty() && !core::is_date(request.review()))
    return fault("E-USAGE-VALUE", {{"option", "--review"}, {"value", request.review()}});
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::Handle, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.message()));
  if (session.json()) return session.print_json("HandleResponse", response);
  const auto& message = response.handled();
  if (session.format() == Format::id) return session.print(message.number() + "\n");
  const auto names = DataNames::fetch(session);
  std::vector<std::string> theirs;
  for (const auto& label : message.labels()) theirs.push_back(names.marking(label));
  session.say("label.handled", {{"number", message.number()},
                                {"ours", names.marking(message.own_label())},
                                {"originator", message.originator()},
                                {"theirs", joined(theirs, "; ")}});
  return kOk;
}

}  // namespace chancery::client::commands

#include "client/attachments.h"
#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/files.h"
#include "client/refusal.h"

namespace chancery::client::commands {

namespace {

// All of a message, as its parts are numbered.
Outcome<std::vector<std::uint32_t>> numbers_of_message(Session& session, const std::string& name) {
  v1::ReadRequest request;
  request.set_message(name);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::Read, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), name));
  std::vector<std::uint32_t> out;
  const auto& body = response.body();
  for (int i = 0; i < body.parts_size() && i < body.numbers_size(); ++i)
    if (body.parts(i).has_attachment()) out.push_back(body.numbers(i));
  return out;
}

Outcome<std::vector<std::uint32_t>> numbers_of_draft(Session& session, const std::string& name) {
  v1::ListRequest request;
  request.set_box(v1::BOX_DRAFTS);
  request.set_message(name);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::List, request));
  std::vector<std::uint32_t> out;
  for (const auto& draft : response.drafts())
    for (int i = 0; i < draft.draft().attachments_size(); ++i) out.push_back(static_cast<std::uint32_t>(i));
  return out;
}

Outcome<std::vector<std::uint32_t>> numbers(Session& session, const std::string& name) {
  const auto typed = session.arguments().value("NUMBER");
  if (typed.empty())
    return name.rfind("DRAFT-", 0) == 0 ? numbers_of_draft(session, name) : numbers_of_message(session, name);
  if (typed.size() > 4 || typed.find_first_not_of("0123456789") != std::string::npos)
    return fault("E-USAGE-VALUE", {{"option", "NUMBER"}, {"value", typed}});
  return std::vector<std::uint32_t>{static_cast<std::uint32_t>(std::stoul(typed))};
}

}  // namespace

Outcome<int> attachment_save(Session& session) {
  const auto name = session.arguments().value("ID");
  const auto folder = session.arguments().value_or("--out", ".");
  const auto all = TRY(numbers(session, name));
  if (all.empty()) return fault("E-ATTACHMENT-NONE", {{"subject", name}});
  CHECK_OK(make_private_folder(folder));
  google::protobuf::Struct data;
  auto& files = *(*data.mutable_fields())["files"].mutable_list_value();
  std::set<std::string> taken;
  for (const auto number : all) {
    const auto saved = TRY(save_attachment(session, name, number, folder, taken));
    files.add_values()->set_string_value(saved.file);
    if (session.format() == Format::id) session.print(saved.file + "\n");
    if (session.format() == Format::table)
      session.say("attachment.saved", {{"file", saved.file}, {"size", std::to_string(saved.size)}});
  }
  return session.json() ? session.print_json("AttachmentSave", data) : kOk;
}

}  // namespace chancery::client::commands

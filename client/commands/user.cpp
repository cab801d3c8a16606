#include <filesystem>

#include "client/authority.h"
#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/files.h"
#include "client/refusal.h"
#include "client/table.h"
#include "crypto/clock.h"
#include "daemon/core/authority.h"

namespace chancery::client::commands {

namespace {

std::vector<std::string> row(const v1::UserView& user, const Catalogue& catalogue) {
  std::vector<std::string> cleared = {user.clearance()};
  cleared.insert(cleared.end(), user.categories().begin(), user.categories().end());
  return {user.name(), catalogue.word("role", user.role()), joined(cleared, " "), local_time(user.certificate_until()),
          user.certificate()};
}

Table user_table(const Session& session) {
  return Table({session.text("column.name"), session.text("column.role"), session.text("column.clearance"),
                session.text("column.until"), session.text("column.certificate")});
}

}  // namespace

Outcome<int> user_key(Session& session) {
  const auto name = session.arguments().value("NAME");
  if (!core::is_user_name(name)) return fault("E-USAGE-VALUE", {{"option", "NAME"}, {"value", name}});
  const auto directory = session.arguments().value_or("--directory", ".");
  CHECK_OK(make_private_folder(directory));
  const auto stem = (std::filesystem::path(directory) / name).string();
  const auto certificate = TRY(make_person(name, stem, SystemClock().now()));
  const auto digest = to_string(certificate.id());
  if (session.format() == Format::id) {
    session.print(digest + "\n");
  } else if (session.json()) {
    google::protobuf::Struct data;
    set_text(data, "name", name);
    set_text(data, "key", stem + ".key");
    set_text(data, "certificate", stem + ".pem");
    set_text(data, "digest", digest);
    session.print_json("UserKey", data);
  } else {
    session.say("user.key", {{"key", stem + ".key"}, {"certificate", stem + ".pem"}, {"digest", digest}});
    session.say("user.key-next", {{"name", name}, {"certificate", shell_word(stem + ".pem")}});
  }
  return kOk;
}

Outcome<int> user_add(Session& session) {
  const auto& arguments = session.arguments();
  v1::AddUserRequest request;
  request.set_name(arguments.value("NAME"));
  request.set_role(arguments.value("--role"));
  request.set_clearance(arguments.value("--clearance"));
  for (const auto& category : arguments.list("--categories")) request.add_categories(category);
  if (!core::parse_role(request.role()))
    return fault("E-USAGE-VALUE", {{"option", "--role"}, {"value", request.role()}});
  const auto path = arguments.value("--certificate");
  TRY(read_certificate_file(path));  // told here by its name, before it goes anywhere
  request.set_certificate(TRY(read_file(path)));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::AddUser, request));
  if (response.has_refused()) return tl::unexpected(to_fault(response.refused(), request.name()));
  if (session.json()) return session.print_json("AddUserResponse", response);
  if (session.format() == Format::id) return session.print(response.user().name() + "\n");
  auto table = user_table(session);
  table.add(row(response.user(), session.catalogue()));
  return session.print(table.text());
}

Outcome<int> user_list(Session& session) {
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::ListUsers, v1::ListUsersRequest()));
  if (response.refused().reasons_size() > 0) return tl::unexpected(to_fault(response.refused(), "-"));
  if (session.json()) return session.print_json("ListUsersResponse", response);
  auto table = user_table(session);
  for (const auto& user : response.users()) {
    if (session.format() == Format::id) session.print(user.name() + "\n");
    table.add(row(user, session.catalogue()));
  }
  if (session.format() == Format::table) session.print(table.text());
  return kOk;
}

}  // namespace chancery::client::commands

#include "client/context.h"

#include <algorithm>
#include <filesystem>

#include "client/commands/commands.h"
#include "client/table.h"
#include "daemon/core/authority.h"

namespace chancery::client::commands {

namespace {

std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

google::protobuf::Struct to_struct(const Contexts& contexts) {
  google::protobuf::Struct data;
  set_text(data, "file", contexts.file);
  set_text(data, "current", contexts.current);
  for (const auto& context : contexts.all) {
    auto& one = *(*data.mutable_fields())["contexts"].mutable_list_value()->add_values()->mutable_struct_value();
    set_text(one, "name", context.name);
    set_text(one, "socket", context.socket);
    set_text(one, "serverCertificate", context.server_certificate);
    set_text(one, "certificate", context.certificate);
    set_text(one, "lang", context.language);
  }
  return data;
}

}  // namespace

Outcome<int> context_add(Session& session) {
  const auto& arguments = session.arguments();
  const auto name = arguments.value("NAME");
  // A key of the file that needs no quoting.
  if (!core::is_user_name(name) || name.find('.') != std::string::npos)
    return fault("E-USAGE-VALUE", {{"option", "NAME"}, {"value", name}});
  auto contexts = TRY(Contexts::load(contexts_file()));
  if (contexts.find(name) != nullptr) return fault("E-CONTEXT-EXISTS", {{"subject", name}});
  contexts.all.push_back({name, absolute(arguments.value("--socket")),
                          absolute(arguments.value("--server-certificate")), absolute(arguments.value("--key")),
                          absolute(arguments.value("--certificate")), arguments.value("--lang"),
                          absolute(arguments.value("--data"))});
  if (contexts.current.empty()) contexts.current = name;
  CHECK_OK(contexts.save());
  if (session.format() == Format::id) return session.print(name + "\n");
  if (session.json()) return session.print_json("Contexts", to_struct(contexts));
  return session.say("context.added", {{"name", name}, {"file", contexts.file}});
}

Outcome<int> context_list(Session& session) {
  const auto contexts = TRY(Contexts::load(contexts_file()));
  if (session.json()) return session.print_json("Contexts", to_struct(contexts));
  Table table({session.text("column.name"), session.text("column.current"), session.text("column.lang"),
               session.text("column.socket"), session.text("column.certificate")});
  for (const auto& context : contexts.all) {
    if (session.format() == Format::id) session.print(context.name + "\n");
    table.add({context.name, session.text(context.name == contexts.current ? "word.yes" : "word.no"), context.language,
               context.socket, context.certificate});
  }
  return session.format() == Format::table ? session.print(table.text()) : static_cast<int>(kOk);
}

Outcome<int> context_use(Session& session) {
  auto contexts = TRY(Contexts::load(contexts_file()));
  contexts.current = TRY(contexts.choose(session.arguments().value("NAME"))).name;
  CHECK_OK(contexts.save());
  if (session.json()) return session.print_json("Contexts", to_struct(contexts));
  if (session.format() == Format::id) return session.print(contexts.current + "\n");
  return session.say("context.used", {{"name", contexts.current}});
}

}  // namespace chancery::client::commands

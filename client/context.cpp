#include "client/context.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "client/files.h"
#include "client/nearest.h"
#include "client/toml_file.h"

namespace chancery::client {

namespace {

// The keys of one context, in the order they are written.
struct Field {
  const char* key;
  std::string Context::*member;
  bool path;
};
constexpr Field kFields[] = {
    {"socket", &Context::socket, true},  {"server_certificate", &Context::server_certificate, true},
    {"key", &Context::key, true},        {"certificate", &Context::certificate, true},
    {"lang", &Context::language, false}, {"data", &Context::data, true},
};

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const auto& field : kFields) names.emplace_back(field.key);
  return names;
}

tl::unexpected<Fault> wrong(const std::string& file, const toml::node& node, const std::string& key) {
  return fault("E-CONFIG-KEY", {{"place", file + ":" + std::to_string(node.source().begin.line)},
                                {"key", key},
                                {"known", nearest(key, field_names())}});
}

Outcome<Context> read_context(const std::string& file, const std::string& name, const toml::table& table) {
  Context context;
  context.name = name;
  for (const auto& [key, node] : table) {
    const auto field = std::find_if(std::begin(kFields), std::end(kFields),
                                    [&, word = key.str()](const Field& f) { return word == f.key; });
    const auto* text = node.as_string();
    if (field == std::end(kFields) || text == nullptr) return wrong(file, node, std::string(key.str()));
    context.*(field->member) =
        field->path ? (std::filesystem::path(file).parent_path() / text->get()).lexically_normal().string()
                    : text->get();
  }
  return context;
}

Outcome<void> read_all(const toml::table& root, Contexts& contexts) {
  for (const auto& [key, node] : root) {
    const auto* table = node.as_table();
    if (key.str() == "current" && node.is_string())
      contexts.current = node.value_or(std::string());
    else if (key.str() != "context" || table == nullptr)
      return wrong(contexts.file, node, std::string(key.str()));
    else
      for (const auto& [name, inner] : *table) {
        if (!inner.is_table()) return wrong(contexts.file, inner, std::string(name.str()));
        contexts.all.push_back(TRY(read_context(contexts.file, std::string(name.str()), *inner.as_table())));
      }
  }
  return {};
}

}  // namespace

Outcome<Contexts> Contexts::load(const std::string& file) {
  Contexts contexts;
  contexts.file = file;
  if (!std::filesystem::exists(file)) return contexts;
  CHECK_OK(read_all(TRY(read_toml(file)), contexts));
  return contexts;
}

const Context* Contexts::find(const std::string& name) const {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Context& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Outcome<Context> Contexts::choose(const std::string& name) const {
  const auto& wanted = name.empty() ? current : name;
  if (wanted.empty() && all.size() == 1) return all.front();
  if (wanted.empty()) return fault("E-CONTEXT-NONE", {{"file", file}});
  if (const auto* found = find(wanted)) return *found;
  std::vector<std::string> names;
  for (const auto& context : all) names.push_back(context.name);
  if (const auto near = nearest(wanted, names); !near.empty())
    return fault("E-CONTEXT-NEAREST", {{"name", wanted}, {"file", file}, {"nearest", near}});
  return fault("E-CONTEXT-NOT-FOUND", {{"name", wanted}, {"file", file}});
}

Outcome<void> Contexts::save() const {
  toml::table named;
  for (const auto& context : all) {
    toml::table table;
    for (const auto& field : kFields)
      if (!(context.*(field.member)).empty()) table.insert(field.key, context.*(field.member));
    named.insert(context.name, std::move(table));
  }
  toml::table root;
  if (!current.empty()) root.insert("current", current);
  root.insert("context", std::move(named));
  std::ostringstream text;
  text << root << "\n";
  return replace_private_file(file, text.str());
}

std::string contexts_file() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (auto file = variable("CHANCERY_CONFIG"); !file.empty()) return file;
  auto folder = variable("XDG_CONFIG_HOME");
  if (folder.empty()) folder = variable("HOME") + "/.config";
  return folder + "/chancery/contexts.toml";
}

}  // namespace chancery::client

#include "client/authority.h"
#include "client/commands/commands.h"
#include "client/designation_bundle.h"
#include "client/files.h"
#include "client/table.h"
#include "crypto/clock.h"

namespace chancery::client::commands {

namespace {

void set_designation(google::protobuf::Struct& data, const DesignationBundle& bundle) {
  const auto& d = bundle.designation;
  set_text(data, "authority", d.authority);
  set_text(data, "party", d.party);
  set_text(data, "anchor", to_string(bundle.anchor().id()));
  set_text(data, "serial", std::to_string(d.serial));
  set_text(data, "validFrom", to_string(d.valid_from));
  set_text(data, "validTo", to_string(d.valid_to));
  set_text(data, "endpoint", d.endpoint);
  set_text(data, "channel", d.channel);
  set_texts(data, "agreements", d.agreements);
  set_texts(data, "directions", d.directions);
  set_texts(data, "languages", d.languages);
  std::vector<std::string> keys;
  for (const auto& key : d.keys) keys.push_back(key.text());
  set_texts(data, "keys", keys);
}

int print_designation(Session& session, const DesignationBundle& bundle) {
  const auto& d = bundle.designation;
  const auto anchor = to_string(bundle.anchor().id());
  if (session.format() == Format::id) return session.print(anchor + "\n");
  if (session.json()) {
    google::protobuf::Struct data;
    set_designation(data, bundle);
    return session.print_json("Designation", data);
  }
  session.say("designation.of", {{"authority", d.authority},
                                 {"party", d.party},
                                 {"serial", std::to_string(d.serial)},
                                 {"agreements", joined(d.agreements, ", ")}});
  session.say("designation.valid", {{"from", local_time(to_string(d.valid_from))},
                                    {"to", local_time(to_string(d.valid_to))},
                                    {"endpoint", d.endpoint},
                                    {"channel", d.channel}});
  session.say("designation.directions", {{"count", std::to_string(d.directions.size())},
                                         {"directions", joined(d.directions, " ")},
                                         {"languages", joined(d.languages, " ")}});
  Table table({session.text("column.role"), session.text("column.suite"), session.text("column.key"),
               session.text("column.until"), session.text("column.state")});
  for (const auto& key : d.keys)
    table.add({core::to_string(key.role), crypto::to_string(key.suite), to_string(key.id),
               local_time(to_string(key.to)), core::to_string(key.state)});
  session.print(table.text());
  session.say("designation.signature");
  return session.say("designation.anchor", {{"anchor", anchor}});
}

Outcome<DesignationBundle> open_file(const std::string& path) {
  const auto bytes = TRY(read_file(path));
  return or_fault(open_bundle(bytes), "E-DESIGNATION", {{"path", path}});
}

}  // namespace

Outcome<int> designation_sign(Session& session) {
  const auto directory = session.arguments().value_or("--directory", ".");
  const auto key_path = session.arguments().value_or("--anchor-key", directory + "/anchor/anchor.key");
  const auto out = session.arguments().value_or("--out", bundle_path(directory));
  const auto statement = TRY(read_file(draft_path(directory)));
  const auto certificates = TRY(read_certificates(directory));
  auto anchor_key = TRY(or_fault(crypto::PrivateKey::load(key_path), "E-KEY-FILE", {{"path", key_path}}));
  crypto::SystemRandom random;
  const auto bytes = TRY(or_fault(sign_bundle(statement, anchor_key, certificates, SystemClock().now(), random),
                                  "E-MALFORMED", {{"subject", draft_path(directory)}}));
  CHECK_OK(write_new_file(out, bytes));
  const auto bundle = TRY(open_file(out));
  if (session.format() == Format::table) session.say("designation.signed", {{"file", out}});
  print_designation(session, bundle);
  session.note("designation.take-away", {{"file", key_path}});
  return kOk;
}

Outcome<int> designation_show(Session& session) {
  const auto directory = session.arguments().value_or("--directory", ".");
  const auto bundle = TRY(open_file(session.arguments().value_or("FILE", bundle_path(directory))));
  return print_designation(session, bundle);
}

}  // namespace chancery::client::commands

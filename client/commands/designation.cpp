#include <algorithm>

#include "client/authority_plan.h"
#include "client/commands/commands.h"
#include "client/designation_bundle.h"
#include "client/files.h"
#include "client/next_designation.h"
#include "client/table.h"
#include "crypto/clock.h"
#include "daemon/core/form.h"

namespace chancery::client::commands {

namespace {

void set_designation(google::protobuf::Struct& data, const DesignationBundle& bundle) {
  const auto& d = bundle.designation;
  set_text(data, "authority", d.authority);
  set_text(data, "party", d.party);
  set_text(data, "anchor", to_string(bundle.anchor().id()));
  set_text(data, "serial", std::to_string(d.serial));
  set_text(data, "succeeds", d.succeeds);
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
  if (!d.succeeds.empty())
    session.say(
        "designation.succeeds",
        {{"authority", d.authority}, {"predecessor", d.succeeds}, {"from", local_time(to_string(d.valid_from))}});
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

const core::DesignatedKey* anchor_line(const DesignationBundle& bundle) {
  for (const auto& key : bundle.designation.keys)
    if (key.role == core::KeyRole::anchor && key.id == bundle.anchor().id()) return &key;
  return nullptr;
}

// From when the successor answers; at once when nothing is typed.
Outcome<Instant> from_typed(const Arguments& typed, Instant now) {
  const auto text = typed.value_or("--from", to_string(now));
  const auto whole = core::is_date(text) ? text + "T00:00:00.000Z" : text;
  if (auto time = core::parse_time(whole)) return *time;
  return fault("E-USAGE-VALUE", {{"option", "--from"}, {"value", text}});
}

// What no daemon would count, told before anything is made. Whether another succeeds it already, only those know who
// hold that one's designation.
Outcome<void> check_succeeds(const core::Designation& before, const std::string& authority, Instant from) {
  if (authority == before.authority) return fault("E-SUCCESSION-CIRCULAR", {{"subject", before.authority}});
  if (authority == before.succeeds) return fault("E-SUCCESSION-CIRCULAR", {{"subject", before.succeeds}});
  if (from < before.valid_from) return fault("E-SUCCESSION-EARLY", {{"subject", before.authority}});
  return {};
}

Outcome<AuthorityPlan> successor_plan(const Session& session, const DesignationBundle& before, Instant now) {
  const auto& d = before.designation;
  AuthorityPlan plan;
  plan.party = d.party;
  plan.agreements = d.agreements;
  plan.directions = d.directions;
  plan.languages = d.languages;
  plan.channel = d.channel;
  const auto from = TRY(from_typed(session.arguments(), now));
  CHECK_OK(check_succeeds(d, session.arguments().value("--authority"), from));
  plan.predecessor =
      Predecessor{d.authority, from, before.anchor(), *anchor_line(before), session.arguments().value("--anchor-key")};
  return plan_of(session, std::move(plan));
}

// Whole days or hours, at most a year; 0h where the old keys are lost or another has them.
Outcome<Duration> overlap_typed(const std::string& text) {
  const auto number = text.substr(0, text.empty() ? 0 : text.size() - 1);
  const auto count = number == "0" ? Result<std::uint64_t>(std::uint64_t{0}) : core::parse_ordinal(number);
  if (!count.has_value() || *count > 365 || (text.back() != 'd' && text.back() != 'h'))
    return fault("E-USAGE-VALUE", {{"option", "--overlap"}, {"value", text}});
  const auto whole = static_cast<int>(*count);
  return text.back() == 'd' ? days(whole) : hours(whole);
}

Outcome<NextDesignation> next_typed(const Arguments& typed, const std::string& directory) {
  NextDesignation next;
  for (const auto& word : typed.list("--rotate")) {
    const auto role = core::parse_key_role(word);
    if (!role.has_value() ||
        (*role != core::KeyRole::tls && *role != core::KeyRole::sign && *role != core::KeyRole::evidence))
      return fault("E-USAGE-VALUE", {{"option", "--rotate"}, {"value", word}});
    next.rotate.push_back(*role);
  }
  next.overlap = TRY(overlap_typed(typed.value_or("--overlap", "14d")));
  next.withdraw = typed.has("--withdraw");
  if (next.withdraw && !next.rotate.empty())
    return fault("E-USAGE-VALUE", {{"option", "--rotate"}, {"value", joined(typed.list("--rotate"), ",")}});
  next.endpoint = typed.value_or("--endpoint", "");
  if (!next.endpoint.empty() && !core::is_endpoint(next.endpoint))
    return fault("E-USAGE-VALUE", {{"option", "--endpoint"}, {"value", next.endpoint}});
  next.anchor_key = typed.value_or("--anchor-key", directory + "/anchor/anchor.key");
  next.sign_key = TRY(sign_key_typed(typed, "designation next"));
  if (next.sign_key && std::find(next.rotate.begin(), next.rotate.end(), core::KeyRole::sign) == next.rotate.end())
    return fault("E-USAGE-MISSING", {{"name", "--rotate sign"}, {"words", "designation next"}});
  return next;
}

}  // namespace

Outcome<int> designation_next(Session& session) {
  const auto directory = session.arguments().value_or("--directory", ".");
  const auto current = TRY(open_file(bundle_path(directory)));
  const auto next = TRY(next_typed(session.arguments(), directory));
  const auto d = TRY(prepare_next(directory, current, next, SystemClock().now()));
  if (session.format() == Format::id) return session.print(std::to_string(d.serial) + "\n");
  if (session.json()) {
    google::protobuf::Struct data;
    set_text(data, "authority", d.authority);
    set_text(data, "serial", std::to_string(d.serial));
    std::vector<std::string> keys;
    for (const auto& key : d.keys) keys.push_back(key.text());
    set_texts(data, "keys", keys);
    return session.print_json("DesignationNext", data);
  }
  session.say("designation.next",
              {{"authority", d.authority}, {"serial", std::to_string(d.serial)}, {"directory", shell_word(directory)}});
  if (next.withdraw) return session.say("designation.next-withdraws", {{"authority", d.authority}});
  return next.rotate.empty() ? kOk : session.say("designation.next-switch", {{"directory", shell_word(directory)}});
}

Outcome<int> designation_switch(Session& session) {
  const auto directory = session.arguments().value_or("--directory", ".");
  const auto current = TRY(open_file(bundle_path(directory)));
  const auto roles = TRY(switch_keys(directory, current.designation, SystemClock().now()));
  if (roles.empty()) return fault("E-NOTHING-TO-SWITCH", {{"path", directory + "/keys/next"}});
  const bool sign = std::find(roles.begin(), roles.end(), core::to_string(core::KeyRole::sign)) != roles.end();
  const auto section = sign ? TRY(settings_of_sign_key(directory)) : std::string();
  if (session.format() == Format::id) return session.print(joined(roles, "\n") + "\n");
  if (session.json()) {
    google::protobuf::Struct data;
    set_texts(data, "roles", roles);
    if (!section.empty()) set_text(data, "settings", section);
    return session.print_json("DesignationSwitch", data);
  }
  session.say("designation.switched", {{"roles", joined(roles, ", ")}});
  if (section.empty()) return kOk;
  session.say("designation.switched-token", {{"file", directory + "/daemon.toml"}});
  return session.print(section);
}

Outcome<int> designation_succeed(Session& session) {
  const auto before = TRY(open_file(session.arguments().value("FILE")));
  const auto now = SystemClock().now();
  const auto plan = TRY(successor_plan(session, before, now));
  crypto::SystemRandom random;
  const auto fingerprint = TRY(make_authority(plan, now, random));
  if (!session.arguments().has("--party-status")) session.note("init.example-status", {{"file", plan.party_status}});
  return print_prepared(session, plan, fingerprint);
}

Outcome<int> designation_sign(Session& session) {
  const auto directory = session.arguments().value_or("--directory", ".");
  const auto key_path = session.arguments().value_or("--anchor-key", directory + "/anchor/anchor.key");
  const auto out = session.arguments().value_or("--out", bundle_path(directory));
  const auto statement = TRY(read_file(draft_path(directory)));
  const auto certificates = TRY(certificates_for(directory, statement));
  auto anchor_key = TRY(or_fault(crypto::PrivateKey::load(key_path), "E-KEY-FILE", {{"path", key_path}}));
  crypto::SystemRandom random;
  const auto bytes = TRY(or_fault(sign_bundle(statement, anchor_key, certificates, SystemClock().now(), random),
                                  "E-MALFORMED", {{"subject", draft_path(directory)}}));
  CHECK_OK(session.arguments().has("--out") ? write_new_file(out, bytes) : install_bundle(out, bytes));
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

#include "client/authority_plan.h"

#include <algorithm>
#include <filesystem>

#include "client/agreement_data.h"
#include "client/table.h"
#include "daemon/core/authority.h"
#include "daemon/core/registry_number.h"

namespace chancery::client {

namespace {

std::vector<std::string> sorted(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

Outcome<void> check_form(const std::string& option, const std::string& value, core::Form form) {
  if (form(value)) return {};
  return fault("E-USAGE-VALUE", {{"option", option}, {"value", value}});
}

Outcome<void> check_forms(const std::string& option, const std::vector<std::string>& values, core::Form form) {
  for (const auto& value : values) CHECK_OK(check_form(option, value, form));
  return {};
}

// `all`, or a list of codes that the agreements have.
Outcome<std::vector<std::string>> choose_directions(const std::vector<std::string>& wanted,
                                                    const std::vector<AgreementOutline>& outlines) {
  std::vector<std::string> known;
  for (const auto& outline : outlines) known.insert(known.end(), outline.directions.begin(), outline.directions.end());
  if (wanted.empty() || wanted == std::vector<std::string>{"all"}) return sorted(known);
  for (const auto& code : wanted)
    if (std::find(known.begin(), known.end(), code) == known.end())
      return fault("E-USAGE-VALUE", {{"option", "--directions"}, {"value", code}});
  return sorted(wanted);
}

Outcome<void> read_agreements(const Arguments& arguments, AuthorityPlan& plan) {
  std::vector<AgreementOutline> outlines;
  std::vector<std::string> languages;
  for (const auto& id : plan.agreements) {
    outlines.push_back(TRY(outline_agreement(plan.data, id)));
    languages.insert(languages.end(), outlines.back().languages.begin(), outlines.back().languages.end());
  }
  if (arguments.has("--directions") || plan.directions.empty())
    plan.directions = TRY(choose_directions(arguments.list("--directions"), outlines));
  if (plan.languages.empty()) plan.languages = languages;
  plan.languages = sorted(arguments.has("--languages") ? arguments.list("--languages") : plan.languages);
  plan.channel = arguments.value_or("--channel", plan.channel.empty() ? outlines.front().channel : plan.channel);
  return check_forms("--languages", plan.languages, core::is_language);
}

Outcome<std::string> choose_label_policy(const Arguments& arguments, const AuthorityPlan& plan) {
  const auto known = TRY(label_policies_of(plan.data, plan.party));
  const auto wanted = arguments.value_or("--label-policy", plan.authority);
  if (std::find(known.begin(), known.end(), wanted) != known.end()) return wanted;
  if (!arguments.has("--label-policy") && known.size() == 1) return known.front();
  return fault("E-LABEL-POLICY-MISSING",
               {{"subject", plan.party}, {"path", plan.data + "/labels"}, {"known", joined(known, ", ")}});
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

Outcome<std::string> token_option(const Arguments& arguments, const std::string& name, const std::string& words) {
  if (!arguments.has(name)) return fault("E-USAGE-MISSING", {{"name", name}, {"words", words}});
  return arguments.value(name);
}

Outcome<crypto::Suite> choose_suite(const Arguments& arguments) {
  const auto name = arguments.value_or("--suite", crypto::to_string(crypto::Suite::p256));
  const auto suite = crypto::parse_suite(name);
  if (!suite) return fault("E-USAGE-VALUE", {{"option", "--suite"}, {"value", name}});
  return *suite;
}

}  // namespace

Outcome<std::optional<crypto::TokenKeyPlace>> sign_key_typed(const Arguments& arguments, const std::string& words) {
  if (!arguments.has("--sign-key")) {
    for (const auto* name : {"--pkcs11-module", "--pin-file"})
      if (arguments.has(name)) return fault("E-USAGE-MISSING", {{"name", "--sign-key"}, {"words", words}});
    return std::optional<crypto::TokenKeyPlace>();
  }
  const auto uri = arguments.value("--sign-key");
  // It is not shown: there may be a PIN in it.
  if (!crypto::is_token_uri(uri)) return fault("E-USAGE-VALUE", {{"option", "--sign-key"}, {"value", "pkcs11:..."}});
  const auto module = TRY(token_option(arguments, "--pkcs11-module", words));
  if (!crypto::is_module_path(module))
    return fault("E-USAGE-VALUE", {{"option", "--pkcs11-module"}, {"value", module}});
  return std::optional(crypto::TokenKeyPlace{uri, module, absolute(TRY(token_option(arguments, "--pin-file", words)))});
}

Outcome<AuthorityPlan> plan_of(const Session& session, AuthorityPlan plan) {
  const auto& arguments = session.arguments();
  plan.authority = arguments.value("--authority");
  if (arguments.has("--agreement")) plan.agreements = sorted(arguments.list("--agreement"));
  plan.endpoint = arguments.value("--endpoint");
  plan.number_prefix = arguments.value_or("--number-prefix", plan.party);
  plan.suite = TRY(choose_suite(arguments));
  plan.sign_key = TRY(sign_key_typed(arguments, session.command().words()));
  plan.directory = absolute(arguments.value_or("--directory", plan.authority));
  plan.data = absolute(session.data());
  plan.party_status = absolute(arguments.value_or("--party-status", plan.data + "/demo/party_status.toml"));
  CHECK_OK(check_form("--authority", plan.authority, core::is_authority_id));
  CHECK_OK(check_form("--party", plan.party, core::is_party_code));
  CHECK_OK(check_form("--number-prefix", plan.number_prefix, core::is_number_prefix));
  CHECK_OK(check_form("--endpoint", plan.endpoint, core::is_endpoint));
  if (plan.agreements.empty()) return fault("E-USAGE-MISSING", {{"name", "--agreement"}, {"words", "init"}});
  CHECK_OK(check_forms("--agreement", plan.agreements, core::is_identifier));
  CHECK_OK(read_agreements(arguments, plan));
  CHECK_OK(check_form("--channel", plan.channel, core::is_identifier));
  plan.label_policy = TRY(choose_label_policy(arguments, plan));
  return plan;
}

int print_prepared(Session& session, const AuthorityPlan& plan, const Digest& fingerprint) {
  if (session.format() == Format::id) return session.print(to_string(fingerprint) + "\n");
  if (session.json()) {
    google::protobuf::Struct data;
    set_text(data, "authority", plan.authority);
    set_text(data, "directory", plan.directory);
    set_text(data, "anchor", to_string(fingerprint));
    set_texts(data, "agreements", plan.agreements);
    set_texts(data, "directions", plan.directions);
    if (plan.predecessor) {
      set_text(data, "succeeds", plan.predecessor->authority);
      set_text(data, "validFrom", to_string(plan.predecessor->from));
    }
    return session.print_json("Init", data);
  }
  session.say("init.done", {{"authority", plan.authority}, {"directory", plan.directory}});
  if (plan.predecessor)
    session.say("designation.succeeds", {{"authority", plan.authority},
                                         {"predecessor", plan.predecessor->authority},
                                         {"from", local_time(to_string(plan.predecessor->from))}});
  session.say("init.anchor", {{"anchor", to_string(fingerprint)}});
  const auto key = plan.predecessor ? " --anchor-key " + shell_word(plan.predecessor->anchor_key) : std::string();
  return session.say("init.next",
                     {{"directory", shell_word(plan.directory)}, {"authority", plan.authority}, {"anchor-key", key}});
}

}  // namespace chancery::client

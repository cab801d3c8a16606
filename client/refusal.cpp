#include "client/refusal.h"

#include "client/table.h"
#include "daemon/core/decision.h"
#include "daemon/core/display.h"

namespace chancery::client {

namespace {

Params params_of(const v1::Reason& reason, const std::string& message) {
  return {{"subject", core::neutralised(reason.subject())},
          {"message", message},
          {"clause", core::neutralised(reason.clause())},
          {"article", core::neutralised(reason.article())}};
}

std::string ground_of(const v1::Refusal& refusal, const v1::Reason& reason) {
  std::vector<std::string> parts;
  for (const auto* part : {&refusal.agreement(), &reason.article(), &reason.clause()})
    if (!part->empty()) parts.push_back(core::neutralised(*part));
  return reason.clause().empty() && reason.article().empty() ? std::string() : joined(parts, ", ");
}

bool refuses(const v1::Reason& reason) {
  const auto known = core::parse_reason(reason.code());
  return !known || core::outcome_of(*known) == core::Verdict::refuse;
}

int first_refusing(const v1::Refusal& refusal) {
  for (int i = 0; i < refusal.reasons_size(); ++i)
    if (refuses(refusal.reasons(i))) return i;
  return 0;
}

}  // namespace

Fault to_fault(const v1::Refusal& refusal, const std::string& message) {
  if (refusal.reasons_size() == 0) return {"E-REFUSED", {{"message", message}}};
  const int first = first_refusing(refusal);
  const auto& reason = refusal.reasons(first);
  Fault fault{core::neutralised(reason.code()), params_of(reason, message)};
  fault.ground = ground_of(refusal, reason);
  for (int i = 0; i < refusal.reasons_size(); ++i) {
    const auto& other = refusal.reasons(i);
    if (i != first) fault.also.push_back({core::neutralised(other.code()), params_of(other, message), {}});
  }
  for (const auto& passage : refusal.passages())
    fault.passages.push_back({core::neutralised(passage.number().empty() ? passage.source() : passage.number()),
                              passage.here(), passage.there()});
  return fault;
}

namespace {

// Both, each line marked as text of others.
std::string passage_text(const SharedPassage& passage, const Catalogue& catalogue) {
  std::string out = catalogue.text("fault.passage-here", {{"source", passage.source}}) + "\n";
  for (const auto& line : core::quoted_lines(passage.here, "        | ")) out += line + "\n";
  out += catalogue.text("fault.passage-there", {{"source", passage.source}}) + "\n";
  for (const auto& line : core::quoted_lines(passage.there, "        | ")) out += line + "\n";
  return out;
}

// What stands in a file or came from elsewhere is shown and does nothing else.
Params shown(Params params) {
  for (auto& [name, value] : params) value = core::neutralised(value);
  return params;
}

// As a person can paste it.
Params as_typed(Params params) {
  if (const auto path = params.find("path"); path != params.end()) path->second = shell_word(path->second);
  return params;
}

}  // namespace

std::string to_text(const Fault& fault, const Catalogue& catalogue, const std::string& typed) {
  auto params = shown(fault.params);
  params.emplace("command", core::neutralised(typed));
  // Sentences of the system and of the daemon, where the catalogue has them in the reader's language.
  if (const auto detail = params.find("detail"); detail != params.end())
    detail->second = catalogue.word("detail", detail->second);
  const auto key = "error." + fault.code;
  std::string out =
      catalogue.text("fault.first", {{"code", fault.code}, {"what", catalogue.text(key + ".what", params)}}) + "\n" +
      catalogue.text("fault.why", {{"why", catalogue.text(key + ".why", params)}}) + "\n";
  for (const auto& other : fault.also) {
    const auto text = other.code.empty() ? core::neutralised(other.text)
                                         : catalogue.text("error." + other.code + ".what", shown(other.params));
    out += other.code.empty() ? catalogue.text("fault.why", {{"why", text}})
                              : catalogue.text("fault.also", {{"code", other.code}, {"what", text}});
    out += "\n";
  }
  for (const auto& passage : fault.passages) out += passage_text(passage, catalogue);
  out += catalogue.text("fault.fix", {{"fix", catalogue.text(key + ".fix", as_typed(params))}}) + "\n";
  out += fault.ground.empty() ? catalogue.text("fault.see", {{"code", fault.code}})
                              : catalogue.text("fault.see-ground", {{"code", fault.code}, {"ground", fault.ground}});
  return out + "\n";
}

std::string reason_text(const v1::Reason& reason, const std::string& message, const Catalogue& catalogue) {
  return catalogue.text("fault.reason",
                        {{"code", core::neutralised(reason.code())},
                         {"what", catalogue.text("error." + reason.code() + ".what", params_of(reason, message))}});
}

}  // namespace chancery::client

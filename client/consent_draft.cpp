#include "client/consent_draft.h"

#include <algorithm>

#include "client/table.h"
#include "daemon/core/authority.h"
#include "daemon/core/consent.h"

namespace chancery::client {

namespace {

constexpr Duration kDay = days(1);

tl::unexpected<Fault> bad_value(const std::string& option, const std::string& value) {
  return fault("E-USAGE-VALUE", {{"option", option}, {"value", value}});
}

Instant day_of(Instant t) { return t - Duration{t.ms % kDay.ms}; }
Instant end_of_day(Instant t) { return day_of(t) + kDay - Duration{1}; }

// RFC 3339 in UTC, its decimals may be missing; a date alone is its first or its last moment.
Outcome<std::string> time_typed(const Arguments& typed, const std::string& option, const std::string& otherwise,
                                bool last_moment) {
  const auto text = typed.value_or(option, otherwise);
  auto whole = text;
  if (core::is_date(text))
    whole += last_moment ? "T23:59:59.999Z" : "T00:00:00.000Z";
  else if (text.size() == std::string("2026-11-22T06:00:03Z").size())
    whole.insert(text.size() - 1, ".000");
  return core::parse_time(whole) ? Outcome<std::string>(whole) : Outcome<std::string>(bad_value(option, text));
}

Outcome<std::string> word_typed(const Arguments& typed, const std::string& option, const std::string& otherwise,
                                const std::vector<std::string>& words) {
  auto word = typed.value_or(option, otherwise);
  if (std::find(words.begin(), words.end(), word) == words.end()) return bad_value(option, word);
  return word;
}

Outcome<std::string> extent_typed(const Arguments& typed, const std::string& otherwise) {
  auto text = typed.value_or("--extent", otherwise);
  if (!core::Extent::parse(text)) return bad_value("--extent", text);
  return text;
}

void sort_out(std::vector<std::string>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

bool is_receiver(const std::string& text) { return core::is_public(text) || core::is_authority_id(text); }

Outcome<std::vector<std::string>> receivers_typed(const Arguments& typed, std::vector<std::string> otherwise) {
  auto receivers = typed.has("--to") ? typed.list("--to") : std::move(otherwise);
  if (receivers.empty()) return fault("E-USAGE-MISSING", {{"name", "--to"}});
  for (const auto& receiver : receivers)
    if (!is_receiver(receiver)) return bad_value("--to", receiver);
  sort_out(receivers);
  return receivers;
}

// Fewer receivers than asked for need no more uses than there are of them.
Outcome<std::string> uses_typed(const Arguments& typed, std::uint64_t asked, std::size_t receivers) {
  std::uint64_t uses = asked == 0 ? receivers : asked;
  if (typed.has("--to")) uses = std::min<std::uint64_t>(uses, receivers);
  auto text = typed.value_or("--uses", std::to_string(uses));
  if (!core::parse_ordinal(text)) return bad_value("--uses", text);
  return text;
}

struct Terms {
  std::vector<std::string> to;
  std::string verb = "transfer";
  std::string extent = "all";
  std::string uses;
  std::string from;
  std::string until;
  std::string mode = "online";
};

// What was asked for, where nothing else was typed; a request asks for what was typed.
Outcome<Terms> terms_typed(const Arguments& typed, const v1::ConsentView& asked) {
  Terms terms;
  terms.to = TRY(receivers_typed(typed, {asked.to().begin(), asked.to().end()}));
  // What is not for an authority can only be disclosed.
  const bool discloses =
      std::all_of(terms.to.begin(), terms.to.end(), [](const auto& one) { return core::is_public(one); });
  terms.verb = TRY(word_typed(typed, "--verb", discloses ? "disclose" : asked.verb(), {"transfer", "disclose"}));
  terms.extent = TRY(extent_typed(typed, asked.extent()));
  terms.uses = TRY(uses_typed(typed, asked.uses(), terms.to.size()));
  terms.from = TRY(time_typed(typed, "--from", asked.from(), false));
  terms.until = TRY(time_typed(typed, "--until", asked.until(), true));
  // Whatever was asked for: without asking it is used only where the provider says so himself.
  terms.mode = TRY(word_typed(typed, "--mode", "online", {"online", "detached"}));
  if (terms.until <= terms.from) return bad_value("--until", terms.until);
  return terms;
}

v1::ConsentView usual_terms(Instant now) {
  v1::ConsentView terms;
  terms.set_verb("transfer");
  terms.set_extent("all");
  terms.set_from(to_string(day_of(now)));
  terms.set_until(to_string(end_of_day(now + days(30))));
  return terms;
}

void add_fact(v1::Draft& draft, const std::string& name, const std::string& value) {
  auto& fact = *draft.add_facts();
  fact.set_name(name);
  fact.set_value(value);
}

std::vector<std::string> reached(const std::string& holder, const Terms& terms, const std::string& own) {
  auto all = terms.to;
  all.push_back(holder);
  all.erase(std::remove_if(all.begin(), all.end(), [&](const auto& one) { return one == own || core::is_public(one); }),
            all.end());
  sort_out(all);
  return all;
}

}  // namespace

v1::MessageView original_of(const v1::MessageView& message) {
  auto original = message;
  for (const auto& source : message.sources()) {
    if (message.kind() != "forward" || source.originator().empty()) continue;
    original.set_id(source.id());
    original.set_originator(source.originator());
    original.set_agreement(source.agreement());
    *original.mutable_providers() = source.providers();
    *original.mutable_asked() = source.asked();
    original.clear_number();
    original.clear_their_number();
  }
  return original;
}

Outcome<v1::Draft> request_draft(const v1::MessageView& original, const Arguments& typed, Instant now) {
  const auto terms = TRY(terms_typed(typed, usual_terms(now)));
  v1::Draft draft;
  draft.set_kind("consent-request");
  draft.set_agreement(original.agreement());
  draft.set_precedence(original.precedence());
  draft.set_exercise(original.exercise());
  *draft.mutable_recipients() = original.asked();
  add_fact(draft, "extent", terms.extent);
  add_fact(draft, "from", terms.from);
  add_fact(draft, "mode", terms.mode);
  add_fact(draft, "original", original.id());
  add_fact(draft, "to", joined(terms.to, " "));
  add_fact(draft, "until", terms.until);
  add_fact(draft, "uses", terms.uses);
  add_fact(draft, "verb", terms.verb);
  return draft;
}

Outcome<v1::ConsentView> unasked_terms(const v1::MessageView& original, const std::string& holder,
                                       const Arguments& typed, Instant now) {
  if (!core::is_authority_id(holder)) return bad_value("--holder", holder);
  auto view = usual_terms(now);
  for (auto& receiver : TRY(receivers_typed(typed, {}))) view.add_to(std::move(receiver));
  view.set_original(original.id());
  view.set_original_number(original.number());
  view.set_agreement(original.agreement());
  view.set_holder(holder);
  return view;
}

Outcome<v1::Draft> grant_draft(const v1::ConsentView& asked, const std::string& own, const Arguments& typed) {
  const auto terms = TRY(terms_typed(typed, asked));
  v1::Draft draft;
  draft.set_kind("consent-grant");
  draft.set_agreement(asked.agreement());
  draft.set_in_reply_to(asked.id());
  for (auto& recipient : reached(asked.holder(), terms, own)) draft.add_recipients(std::move(recipient));
  add_fact(draft, "extent", terms.extent);
  add_fact(draft, "from", terms.from);
  add_fact(draft, "holder", asked.holder());
  add_fact(draft, "mode", terms.mode);
  add_fact(draft, "onward", TRY(word_typed(typed, "--onward", "ask", {"ask", "never"})));
  add_fact(draft, "original", asked.original());
  add_fact(draft, "to", joined(terms.to, " "));
  add_fact(draft, "until", terms.until);
  add_fact(draft, "uses", terms.uses);
  add_fact(draft, "verb", terms.verb);
  return draft;
}

Outcome<v1::Draft> disclosure_draft(const v1::MessageView& original, const Arguments& typed) {
  const auto to = typed.value("--to");
  if (!core::is_public(to)) return bad_value("--to", to);
  v1::Draft draft;
  draft.set_kind("disclosure");
  draft.set_agreement(original.agreement());
  draft.set_exercise(original.exercise());
  add_fact(draft, "extent", TRY(extent_typed(typed, "all")));
  add_fact(draft, "original", original.id());
  add_fact(draft, "to", to);
  return draft;
}

v1::Draft refusal_draft(const v1::ConsentView& request) {
  v1::Draft draft;
  draft.set_kind("consent-refusal");
  draft.set_agreement(request.agreement());
  draft.set_in_reply_to(request.id());
  draft.add_recipients(request.originator());
  add_fact(draft, "original", request.original());
  add_fact(draft, "request", request.id());
  return draft;
}

Outcome<v1::Draft> revocation_draft(const v1::ConsentView& grant, const Arguments& typed, Instant now) {
  const auto effective = TRY(time_typed(typed, "--effective", to_string(now), false));
  v1::Draft draft;
  draft.set_kind("consent-revocation");
  draft.set_agreement(grant.agreement());
  *draft.mutable_recipients() = grant.recipients();
  add_fact(draft, "effective", effective);
  add_fact(draft, "grant", grant.id());
  return draft;
}

Outcome<v1::Draft> spill_draft(const v1::MessageView& message, const std::string& own, const Arguments& typed,
                               Instant now) {
  const auto effective = TRY(time_typed(typed, "--effective", to_string(now), false));
  v1::Draft draft;
  draft.set_kind("spill-notice");
  draft.set_agreement(message.agreement());
  draft.set_precedence(message.precedence());
  draft.set_exercise(message.exercise());
  std::vector<std::string> told(message.recipients().begin(), message.recipients().end());
  told.push_back(message.originator());
  sort_out(told);
  for (auto& authority : told)
    if (authority != own) draft.add_recipients(std::move(authority));
  add_fact(draft, "effective", effective);
  add_fact(draft, "message", message.id());
  return draft;
}

}  // namespace chancery::client

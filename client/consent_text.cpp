#include "client/consent_text.h"

#include <algorithm>

#include "client/table.h"
#include "crypto/instant.h"
#include "daemon/core/display.h"
#include "daemon/core/form.h"

namespace chancery::client {

namespace {

constexpr const char* kRequest = "consent-request";
constexpr const char* kGrant = "consent-grant";
constexpr const char* kRefusal = "consent-refusal";
constexpr const char* kRevocation = "consent-revocation";
constexpr const char* kDisclosure = "disclosure";
constexpr const char* kSpill = "spill-notice";

// All values of this name: where a draft states one twice, none stays unseen.
std::string fact_of(const v1::Draft& draft, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& fact : draft.facts())
    if (fact.name() == name) values.push_back(fact.value());
  return joined(values, " ");
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : core::neutralised(text); }

template <class Repeated>
std::string listed(const Repeated& values, const Catalogue& catalogue) {
  std::vector<std::string> out;
  for (const auto& value : values) out.push_back(core::neutralised(value));
  return out.empty() ? "-" : joined(out, catalogue.text("list.comma"));
}

// As it is signed, in no other zone: every reader, here and there, sees the same.
std::string signed_time(const std::string& instant) {
  if (!parse_instant(instant)) return or_dash(instant);
  auto text = instant.substr(0, 10) + " " + instant.substr(11, 12);
  for (const auto* none : {".000", ":00"})
    if (text.size() > 16 && text.compare(text.size() - std::string(none).size(), std::string::npos, none) == 0)
      text.erase(text.size() - std::string(none).size());
  return text + " UTC";
}

std::string extent_words(const std::string& extent, const Catalogue& catalogue) {
  return extent == "all" ? catalogue.text("consent.extent-all")
                         : catalogue.text("consent.extent-parts", {{"parts", or_dash(extent)}});
}

std::string word_or_dash(const std::string& section, const std::string& word, const Catalogue& catalogue) {
  return word.empty() ? "-" : catalogue.word(section, core::neutralised(word));
}

// What stands behind a grant: its signature, or a paper that this signature only registers.
std::string form_words(const v1::ConsentView& consent, const Catalogue& catalogue) {
  return consent.paper().empty() ? catalogue.text("consent-form.electronic")
                                 : catalogue.text("consent-form.paper", {{"scan", core::neutralised(consent.paper())}});
}

// Who may pass it on: for a refusal, who was refused.
std::string holder_of(const v1::ConsentView& consent, const Catalogue& catalogue) {
  return consent.holder().empty() ? listed(consent.recipients(), catalogue) : core::neutralised(consent.holder());
}

// A request goes to the provider; everything else is his.
std::string provider_of(const v1::ConsentView& consent, const Catalogue& catalogue) {
  return consent.kind() == kRequest ? listed(consent.recipients(), catalogue) : or_dash(consent.originator());
}

bool is_detached(const v1::ConsentView& consent) { return consent.mode() == "detached"; }

// How often it was used is known to its provider alone; of a detached one to its holder, too.
std::string uses_of(const v1::ConsentView& consent) {
  if (consent.uses() == 0) return "-";
  const auto uses = std::to_string(consent.uses());
  const bool known = !consent.incoming() || (is_detached(consent) && consent.used() > 0);
  return consent.kind() == kGrant && known ? std::to_string(consent.used()) + "/" + uses : uses;
}

std::string state_of(const v1::ConsentView& consent, const Catalogue& catalogue) {
  const auto state =
      consent.state().empty() ? "-" : catalogue.word("consent-state", core::neutralised(consent.state()));
  return consent.kind() == kGrant && is_detached(consent) ? catalogue.text("consent.detached-state", {{"state", state}})
                                                          : state;
}

using Line = std::pair<std::string, std::string>;  // key of its name, value

std::string aligned(const std::vector<Line>& lines, const Catalogue& catalogue) {
  std::size_t width = 0;
  for (const auto& [key, value] : lines) width = std::max(width, core::display_width(catalogue.text(key)));
  std::string out;
  for (const auto& [key, value] : lines) out += padded(catalogue.text(key), width + 2) + value + "\n";
  return out;
}

std::vector<Line> head_lines(const v1::ConsentView& c, const Catalogue& catalogue) {
  std::vector<Line> lines = {{"line.number", or_dash(c.number())}};
  if (c.incoming()) lines.emplace_back("line.their-number", or_dash(c.their_number()));
  lines.emplace_back("line.kind", word_or_dash("kind", c.kind(), catalogue));
  lines.emplace_back("line.from", or_dash(c.originator()));
  lines.emplace_back("line.to", listed(c.recipients(), catalogue));
  lines.emplace_back("line.agreement", or_dash(c.agreement()));
  lines.emplace_back("line.created", local_time(or_dash(c.created())));
  if (!c.state().empty()) lines.emplace_back("line.stage", word_or_dash("consent-state", c.state(), catalogue));
  lines.emplace_back("line.id", or_dash(c.id()));
  return lines;
}

void add_terms(const v1::ConsentView& c, const Catalogue& catalogue, std::vector<Line>& lines) {
  lines.emplace_back("term.holder", holder_of(c, catalogue));
  lines.emplace_back("term.receivers", listed(c.to(), catalogue));
  lines.emplace_back("term.verb", word_or_dash("verb", c.verb(), catalogue));
  lines.emplace_back("term.extent", extent_words(c.extent(), catalogue));
  lines.emplace_back("term.uses", uses_of(c));
  lines.emplace_back("term.valid-from", signed_time(c.from()));
  lines.emplace_back("term.valid-until", signed_time(c.until()));
  lines.emplace_back("term.mode", word_or_dash("consent-mode", c.mode(), catalogue));
  if (is_detached(c))
    lines.emplace_back("term.lag", catalogue.text("consent.lag", {{"until", signed_time(c.until())}}));
  if (c.kind() == kGrant) {
    lines.emplace_back("term.onward", word_or_dash("onward", c.onward(), catalogue));
    lines.emplace_back("term.form", form_words(c, catalogue));
  }
}

}  // namespace

bool is_consent(const std::string& kind) {
  return kind == kRequest || kind == kGrant || kind == kRefusal || kind == kRevocation || kind == kDisclosure ||
         kind == kSpill;
}

std::string called(const std::string& number, const std::string& id) {
  const auto digits = id.size() == 64 ? id.substr(12, 10) : or_dash(id);
  return number.empty() ? digits : core::neutralised(number) + " (" + digits + ")";
}

v1::ConsentView consent_of(const v1::Draft& draft, const std::string& originator) {
  v1::ConsentView out;
  out.set_kind(draft.kind());
  out.set_originator(originator);
  *out.mutable_recipients() = draft.recipients();
  out.set_agreement(draft.agreement());
  out.set_original(fact_of(draft, draft.kind() == kSpill ? "message" : "original"));
  out.set_answers(draft.kind() == kRevocation ? fact_of(draft, "grant") : fact_of(draft, "request"));
  if (draft.kind() == kGrant) out.set_answers(draft.in_reply_to());
  out.set_holder(draft.kind() == kRequest || draft.kind() == kDisclosure ? originator : fact_of(draft, "holder"));
  const auto to = fact_of(draft, "to");
  for (const auto receiver : core::split(to, ' '))
    if (!receiver.empty()) out.add_to(std::string(receiver));
  out.set_verb(fact_of(draft, "verb"));
  out.set_extent(fact_of(draft, "extent"));
  out.set_uses(core::parse_number(fact_of(draft, "uses")).value_or(0));
  out.set_from(fact_of(draft, "from"));
  out.set_until(fact_of(draft, "until"));
  out.set_mode(fact_of(draft, "mode"));
  out.set_onward(fact_of(draft, "onward"));
  out.set_effective(fact_of(draft, "effective"));
  out.set_paper(fact_of(draft, "paper"));
  return out;
}

std::string consent_sentence(const v1::ConsentView& c, const std::string& answered, const Catalogue& catalogue) {
  auto sentence = catalogue.text(c.kind() + ".sentence", {{"provider", provider_of(c, catalogue)},
                                                          {"holder", holder_of(c, catalogue)},
                                                          {"recipients", listed(c.recipients(), catalogue)},
                                                          {"verb", word_or_dash("verb", c.verb(), catalogue)},
                                                          {"original", called(c.original_number(), c.original())},
                                                          {"answered", called(answered, c.answers())},
                                                          {"extent", extent_words(c.extent(), catalogue)},
                                                          {"to", listed(c.to(), catalogue)},
                                                          {"from", signed_time(c.from())},
                                                          {"until", signed_time(c.until())},
                                                          {"uses", std::to_string(c.uses())},
                                                          {"mode", word_or_dash("consent-mode", c.mode(), catalogue)},
                                                          {"onward", word_or_dash("onward", c.onward(), catalogue)},
                                                          {"form", form_words(c, catalogue)},
                                                          {"effective", signed_time(c.effective())}});
  if (c.kind() != kGrant || !is_detached(c)) return sentence;
  return sentence + catalogue.text("consent.detached", {{"until", signed_time(c.until())}});
}

std::string signed_words(const v1::ConsentView& consent, const std::string& answered,
                         const std::vector<Catalogue>& languages) {
  std::string out;
  for (const auto& catalogue : languages)
    out += catalogue.text("consent.signed", {{"language", catalogue.language()}}) + "\n  " +
           consent_sentence(consent, answered, catalogue) + "\n";
  if (!consent.original().empty()) out += aligned({{"term.original", or_dash(consent.original())}}, languages.front());
  if (!consent.answers().empty()) out += aligned({{"term.answers", or_dash(consent.answers())}}, languages.front());
  return out;
}

std::string consent_page(const v1::ConsentView& c, const std::string& answered, const Catalogue& catalogue) {
  auto lines = head_lines(c, catalogue);
  if (!c.original().empty())
    lines.emplace_back("term.original", joined({core::neutralised(c.original_number()), or_dash(c.original())}, " "));
  if (!c.answers().empty())
    lines.emplace_back("term.answers", joined({core::neutralised(answered), or_dash(c.answers())}, " "));
  if (c.kind() == kRequest || c.kind() == kGrant) add_terms(c, catalogue, lines);
  if (c.kind() == kDisclosure) {
    lines.emplace_back("term.receivers", listed(c.to(), catalogue));
    lines.emplace_back("term.extent", extent_words(c.extent(), catalogue));
  }
  if (c.kind() == kRevocation || c.kind() == kSpill) lines.emplace_back("term.effective", signed_time(c.effective()));
  const auto sentence = is_consent(c.kind()) ? consent_sentence(c, answered, catalogue) + "\n\n" : std::string();
  return sentence + aligned(lines, catalogue);
}

std::string consent_table(const v1::ListConsentsResponse& response, const Catalogue& catalogue) {
  Table table({catalogue.text("column.number"), catalogue.text("column.kind"), catalogue.text("column.holder"),
               catalogue.text("column.to"), catalogue.text("column.original"), catalogue.text("column.state"),
               catalogue.text("column.until"), catalogue.text("column.uses")});
  for (const auto& c : response.consents())
    table.add({c.number(), catalogue.word("kind", c.kind()), holder_of(c, catalogue), listed(c.to(), catalogue),
               c.original_number().empty() ? called({}, c.original()) : c.original_number(), state_of(c, catalogue),
               c.until().empty() ? "-" : local_time(c.until()), uses_of(c)});
  return table.text();
}

}  // namespace chancery::client

#include "daemon/core/consent.h"

#include <algorithm>

#include "daemon/core/kind.h"

namespace chancery::core {

const char* to_string(ConsentMode mode) {
  switch (mode) {
    case ConsentMode::online:
      return "online";
    case ConsentMode::detached:
      return "detached";
  }
  return "";
}

Result<ConsentMode> parse_consent_mode(std::string_view text) {
  static constexpr ConsentMode all[] = {ConsentMode::online, ConsentMode::detached};
  return parse_enumerator(text, all);
}

const char* to_string(Onward onward) {
  switch (onward) {
    case Onward::ask:
      return "ask";
    case Onward::never:
      return "never";
  }
  return "";
}

Result<Onward> parse_onward(std::string_view text) {
  static constexpr Onward all[] = {Onward::ask, Onward::never};
  return parse_enumerator(text, all);
}

const char* to_string(CopyState state) {
  switch (state) {
    case CopyState::locked:
      return "locked";
    case CopyState::erased:
      return "erased";
    case CopyState::retained:
      return "retained";
  }
  return "";
}

Result<CopyState> parse_copy_state(std::string_view text) {
  static constexpr CopyState all[] = {CopyState::locked, CopyState::erased, CopyState::retained};
  return parse_enumerator(text, all);
}

bool is_public(std::string_view receiver) {
  constexpr std::string_view prefix = "public:";
  return receiver.starts_with(prefix) && is_code(receiver.substr(prefix.size()));
}

bool is_ground(std::string_view text) {
  constexpr std::size_t kMax = 64;
  return !text.empty() && text.size() <= kMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '/';
  });
}

namespace {

Result<std::string> parse_ground(std::string_view text) {
  if (!is_ground(text)) return fail(Errc::malformed, "not a ground");
  return std::string(text);
}

Result<std::vector<std::string>> parse_authorities(std::string_view text) {
  std::vector<std::string> all;
  for (const auto word : split(text, ' ')) {
    if (!is_authority_id(word) && !is_public(word)) return fail(Errc::malformed, "not an authority");
    all.emplace_back(word);
  }
  if (!strictly_ascending(all)) return fail(Errc::malformed, "not sorted, or one twice");
  return all;
}

Result<std::string> parse_authority(std::string_view text) {
  if (!is_authority_id(text)) return fail(Errc::malformed, "not an authority");
  return std::string(text);
}

// The facts of one message, each read once.
class FactReader {
 public:
  explicit FactReader(const Message& message) : facts_(message.facts) {}

  template <class T>
  Result<T> read(std::string_view name, Result<T> (*parse)(std::string_view)) const {
    const auto* fact = find(name);
    if (fact == nullptr) return fail(Errc::malformed, std::string(name));
    auto value = parse(fact->value);
    if (!value.has_value()) return fail(Errc::malformed, std::string(name));
    return value;
  }
  template <class T>
  Result<std::optional<T>> read_optional(std::string_view name, Result<T> (*parse)(std::string_view)) const {
    if (find(name) == nullptr) return std::optional<T>();
    return std::optional<T>(TRY(read(name, parse)));
  }

 private:
  [[nodiscard]] const Fact* find(std::string_view name) const {
    const auto it = std::find_if(facts_.begin(), facts_.end(), [&](const Fact& fact) { return fact.name == name; });
    return it == facts_.end() ? nullptr : &*it;
  }
  const std::vector<Fact>& facts_;
};

Result<std::string> parse_public(std::string_view text) {
  if (!is_public(text)) return fail(Errc::malformed, "not public:<code>");
  return std::string(text);
}

Result<ConsentTerms> read_terms(const FactReader& in) {
  ConsentTerms terms;
  terms.original = TRY(in.read("original", parse_message_id));
  terms.to = TRY(in.read("to", parse_authorities));
  terms.verb = TRY(in.read("verb", parse_verb));
  terms.extent = TRY(in.read("extent", Extent::parse));
  terms.uses = TRY(in.read("uses", parse_ordinal));
  terms.from = TRY(in.read("from", parse_time));
  terms.until = TRY(in.read("until", parse_time));
  terms.mode = TRY(in.read("mode", parse_consent_mode));
  if (terms.from >= terms.until) return fail(Errc::malformed, "until");
  return terms;
}

// Those of a detached grant are for authorities it names; the order of the facts is that of the authorities.
Result<std::vector<GrantWrap>> read_wraps(const Message& message, const ConsentTerms& terms) {
  std::vector<GrantWrap> wraps;
  for (const auto& fact : message.facts) {
    if (fact.name != kWrapFact) continue;
    auto wrap = GrantWrap::parse(fact.value);
    if (!wrap.has_value()) return fail(Errc::malformed, std::string(kWrapFact));
    const bool named = std::binary_search(terms.to.begin(), terms.to.end(), wrap->receiver);
    if (!named || (!wraps.empty() && wraps.back().receiver >= wrap->receiver))
      return fail(Errc::malformed, std::string(kWrapFact));
    wraps.push_back(std::move(*wrap));
  }
  if (!wraps.empty() && (terms.mode != ConsentMode::detached || terms.verb != Verb::transfer))
    return fail(Errc::malformed, std::string(kWrapFact));
  return wraps;
}

Result<ConsentStatement> read_grant(const MessageId& id, const Message& message, const FactReader& in) {
  Grant grant;
  grant.id = id;
  grant.provider = message.originator;
  grant.holder = TRY(in.read("holder", parse_authority));
  grant.terms = TRY(read_terms(in));
  grant.onward = TRY(in.read("onward", parse_onward));
  grant.paper = TRY(in.read_optional("paper", parse_digest));
  grant.wraps = TRY(read_wraps(message, grant.terms));
  if (!grant.wraps.empty()) grant.terms_digest = terms_digest(message);
  return ConsentStatement(std::move(grant));
}

Result<ConsentStatement> read_disclosure(const FactReader& in) {
  Disclosure disclosure;
  disclosure.original = TRY(in.read("original", parse_message_id));
  disclosure.to = TRY(in.read("to", parse_public));
  disclosure.extent = TRY(in.read("extent", Extent::parse));
  return ConsentStatement(std::move(disclosure));
}

Result<ConsentStatement> read_compliance(const FactReader& in) {
  Compliance compliance;
  compliance.grant = TRY(in.read("grant", parse_message_id));
  compliance.copy = TRY(in.read("copy", parse_message_id));
  compliance.state = TRY(in.read("state", parse_copy_state));
  compliance.time = TRY(in.read("time", parse_time));
  compliance.ground = TRY(in.read_optional("ground", parse_ground)).value_or("");
  if ((compliance.state == CopyState::retained) == compliance.ground.empty()) return fail(Errc::malformed, "ground");
  return ConsentStatement(std::move(compliance));
}

Result<ConsentStatement> read_recall(const FactReader& in) {
  Recall recall;
  recall.copy = TRY(in.read("copy", parse_message_id));
  recall.decision = TRY(in.read("decision", parse_message_id));
  return ConsentStatement(recall);
}

Result<ConsentStatement> read_spill_receipt(const FactReader& in) {
  SpillReceipt receipt;
  receipt.message = TRY(in.read("message", parse_message_id));
  receipt.state = TRY(in.read("state", parse_copy_state));
  receipt.time = TRY(in.read("time", parse_time));
  if (receipt.state == CopyState::retained) return fail(Errc::malformed, "state");  // nothing keeps a spill
  return ConsentStatement(receipt);
}

Result<ConsentStatement> read_report(const FactReader& in) {
  TransferReport report;
  report.original = TRY(in.read("original", parse_message_id));
  report.carrier = TRY(in.read("carrier", parse_message_id));
  report.holder = TRY(in.read("holder", parse_authority));
  report.grant = TRY(in.read_optional("grant", parse_message_id));
  report.permit = TRY(in.read_optional("permit", parse_digest));
  report.extent = TRY(in.read("extent", Extent::parse));
  report.entry = TRY(in.read("entry", parse_digest));
  report.refused = TRY(in.read_optional("refused", parse_reason));
  return ConsentStatement(std::move(report));
}

void add(std::vector<Fact>& facts, const char* name, std::string value) { facts.push_back({name, std::move(value)}); }

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all.append(all.empty() ? "" : " ").append(word);
  return all;
}

void write(const ConsentTerms& terms, std::vector<Fact>& out) {
  add(out, "original", to_string(terms.original));
  add(out, "to", joined(terms.to));
  add(out, "verb", to_string(terms.verb));
  add(out, "extent", terms.extent.text());
  add(out, "uses", std::to_string(terms.uses));
  add(out, "from", to_string(terms.from));
  add(out, "until", to_string(terms.until));
  add(out, "mode", to_string(terms.mode));
}

struct WriteFacts {
  std::vector<Fact>& out;

  void operator()(const ConsentRequest& it) const { write(it.terms, out); }
  void operator()(const Grant& it) const {
    write(it.terms, out);
    add(out, "holder", it.holder);
    add(out, "onward", to_string(it.onward));
    if (it.paper) add(out, "paper", to_string(*it.paper));
    for (const auto& wrap : it.wraps) add(out, kWrapFact.data(), wrap.text());
  }
  void operator()(const ConsentRefusal& it) const {
    add(out, "original", to_string(it.original));
    add(out, "request", to_string(it.request));
  }
  void operator()(const Revocation& it) const {
    add(out, "grant", to_string(it.grant));
    add(out, "effective", to_string(it.effective));
  }
  void operator()(const Disclosure& it) const {
    add(out, "original", to_string(it.original));
    add(out, "to", it.to);
    add(out, "extent", it.extent.text());
  }
  void operator()(const Compliance& it) const {
    add(out, "grant", to_string(it.grant));
    add(out, "copy", to_string(it.copy));
    add(out, "state", to_string(it.state));
    add(out, "time", to_string(it.time));
    if (!it.ground.empty()) add(out, "ground", it.ground);
  }
  void operator()(const Recall& it) const {
    add(out, "copy", to_string(it.copy));
    add(out, "decision", to_string(it.decision));
  }
  void operator()(const SpillNotice& it) const {
    add(out, "message", to_string(it.message));
    add(out, "effective", to_string(it.effective));
  }
  void operator()(const SpillReceipt& it) const {
    add(out, "message", to_string(it.message));
    add(out, "state", to_string(it.state));
    add(out, "time", to_string(it.time));
  }
  void operator()(const TransferReport& it) const {
    add(out, "original", to_string(it.original));
    add(out, "carrier", to_string(it.carrier));
    add(out, "holder", it.holder);
    if (it.grant) add(out, "grant", to_string(*it.grant));
    if (it.permit) add(out, "permit", to_string(*it.permit));
    add(out, "extent", it.extent.text());
    add(out, "entry", to_string(it.entry));
    if (it.refused) add(out, "refused", to_string(*it.refused));
  }
};

struct AboutWhat {
  MessageId operator()(const ConsentRequest& it) const { return it.terms.original; }
  MessageId operator()(const Grant& it) const { return it.terms.original; }
  MessageId operator()(const ConsentRefusal& it) const { return it.original; }
  MessageId operator()(const Revocation& it) const { return it.grant; }
  MessageId operator()(const Disclosure& it) const { return it.original; }
  MessageId operator()(const Compliance& it) const { return it.grant; }
  MessageId operator()(const TransferReport& it) const { return it.original; }
  MessageId operator()(const Recall& it) const { return it.copy; }
  MessageId operator()(const SpillNotice& it) const { return it.message; }
  MessageId operator()(const SpillReceipt& it) const { return it.message; }
};

}  // namespace

Result<ConsentStatement> read_consent(const MessageId& id, const Message& message) {
  const FactReader in(message);
  if (message.kind == "consent-request") return ConsentStatement(ConsentRequest{TRY(read_terms(in))});
  if (message.kind == "consent-grant") return read_grant(id, message, in);
  if (message.kind == "consent-refusal") {
    const auto original = TRY(in.read("original", parse_message_id));
    return ConsentStatement(ConsentRefusal{original, TRY(in.read("request", parse_message_id))});
  }
  if (message.kind == "consent-revocation") {
    const auto grant = TRY(in.read("grant", parse_message_id));
    return ConsentStatement(Revocation{grant, TRY(in.read("effective", parse_time))});
  }
  if (message.kind == "disclosure") return read_disclosure(in);
  if (message.kind == "consent-compliance") return read_compliance(in);
  if (message.kind == "transfer-report") return read_report(in);
  if (message.kind == "recall") return read_recall(in);
  if (message.kind == "spill-notice") {
    const auto spilled = TRY(in.read("message", parse_message_id));
    return ConsentStatement(SpillNotice{spilled, TRY(in.read("effective", parse_time))});
  }
  if (message.kind == "spill-receipt") return read_spill_receipt(in);
  return fail(Errc::not_found, "not a kind of consent");
}

std::vector<Fact> facts_of(const ConsentStatement& statement) {
  std::vector<Fact> facts;
  std::visit(WriteFacts{facts}, statement);
  std::sort(facts.begin(), facts.end());
  return facts;
}

std::optional<MessageId> recalled_by(const Message& message) {
  if (message.kind != "recall") return std::nullopt;
  const auto statement = read_consent({}, message);
  return statement.has_value() ? std::optional(std::get<Recall>(*statement).decision) : std::nullopt;
}

bool asks_providers(std::string_view kind) { return kind == "consent-request" || kind == "disclosure"; }

bool gives_out(std::string_view kind) { return kind == "consent-grant" || kind == "disclosure"; }

std::optional<MessageId> asked_about(const Message& message) {
  if (!asks_providers(message.kind)) return std::nullopt;
  const auto statement = read_consent({}, message);
  return statement.has_value() ? std::optional(subject_of(*statement)) : std::nullopt;
}

MessageId subject_of(const ConsentStatement& statement) { return std::visit(AboutWhat{}, statement); }

}  // namespace chancery::core

#include "daemon/core/consent.h"

#include <algorithm>

#include "daemon/core/kind.h"
#include "daemon/core/rules.h"

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

const char* to_string(RecallCause cause) {
  switch (cause) {
    case RecallCause::revocation:
      return "revocation";
    case RecallCause::spill:
      return "spill";
  }
  return "";
}

Result<RecallCause> parse_recall_cause(std::string_view text) {
  static constexpr RecallCause all[] = {RecallCause::revocation, RecallCause::spill};
  return parse_enumerator(text, all);
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
  recall.cause = TRY(in.read("cause", parse_recall_cause));
  recall.decision = TRY(in.read("decision", parse_message_id));
  recall.by = TRY(in.read("by", parse_authority));
  return ConsentStatement(std::move(recall));
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
    add(out, "cause", to_string(it.cause));
    add(out, "decision", to_string(it.decision));
    add(out, "by", it.by);
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

MessageId subject_of(const ConsentStatement& statement) { return std::visit(AboutWhat{}, statement); }

// ---- needs

bool is_protected(const World& world, const Message& source, Instant at) {
  const auto* agreement = world.agreements.find(source.agreement, source.agreement_version);
  if (agreement == nullptr || !agreement->protects_restricted) return false;
  const auto parties = rules::protecting_parties(*agreement, source, at);
  const auto& labels = world.agreements.labels();
  return std::any_of(source.labels.begin(), source.labels.end(), [&](const Label& label) {
    return labels.class_of(label) != nullptr && labels.restricted(label, parties);
  });
}

std::set<std::string> own_providers(const Message& source, const SourceLookup& sources) {
  std::set<std::string> own(source.providers.begin(), source.providers.end());
  for (const auto& line : source.sources) {
    const auto* below = sources ? sources(line.id) : nullptr;
    if (below == nullptr) continue;
    own.erase(below->message.originator);
    for (const auto& provider : below->message.providers) own.erase(provider);
  }
  own.insert(source.originator);
  return own;
}

namespace {

ConsentNeed need_of(const Message& message, const SourceStatement& source) {
  ConsentNeed need;
  need.original = &source;
  std::size_t lines = 0;
  for (const auto& line : message.sources)
    if (line.id == source.id) {
      need.relation = line.relation;
      need.extent = line.extent;
      ++lines;
    }
  // Used in several ways, it is used whole.
  if (lines > 1) {
    need.relation = Relation::compiles;
    need.extent = {};
  }
  return need;
}

// Whether the grant is for this step at all, whatever the time. A wrap made beforehand opens its whole extent and
// nothing else: what is forwarded under it is that.
bool in_scope(const Grant& grant, const ConsentNeed& need, const std::string& holder) {
  const auto& terms = grant.terms;
  return grant.holder == holder && std::binary_search(terms.to.begin(), terms.to.end(), need.receiver) &&
         terms.verb == need.verb &&
         (grant.wraps.empty() || need.relation != Relation::forwards ? terms.extent.contains(need.extent)
                                                                     : terms.extent == need.extent);
}

// By who answered for the provider when it was signed: what a predecessor granted stays as written.
bool is_of(const Grant& grant, const ConsentNeed& need) {
  return grant.terms.original == need.original->id && grant.provider == need.answering(created_of(grant.id));
}

// Why it does not let the holder do this now; nothing when it does.
std::optional<ReasonCode> fault(const Grant& grant, bool revoked, const ConsentNeed& need, const std::string& holder,
                                Instant at) {
  if (!in_scope(grant, need, holder)) return ReasonCode::consent_scope;
  if (at < grant.terms.from) return ReasonCode::consent_not_yet;
  if (at >= grant.terms.until) return ReasonCode::consent_expired;
  if (revoked) return ReasonCode::consent_revoked;
  return std::nullopt;
}

// The same for one that a permit is shown or asked for: a detached grant has none.
std::optional<ReasonCode> permit_fault(const Grant& grant, bool revoked, const ConsentNeed& need,
                                       const std::string& holder, Instant at) {
  if (grant.is_detached()) return ReasonCode::consent_scope;
  return fault(grant, revoked, need, holder, at);
}

// The closer a grant comes, the more its reason says.
int closeness(ReasonCode code) {
  static constexpr ReasonCode order[] = {ReasonCode::consent_required, ReasonCode::consent_scope,
                                         ReasonCode::consent_not_yet, ReasonCode::consent_expired,
                                         ReasonCode::consent_revoked};
  return static_cast<int>(std::find(std::begin(order), std::end(order), code) - std::begin(order));
}

}  // namespace

namespace {

// What is made public has no audience: every provider of what it is made of permits it, but the holder himself.
std::vector<ConsentNeed> disclosure_needs(const World& world, const Message& message, const SourceLookup& sources) {
  std::vector<ConsentNeed> needs;
  const auto read = read_consent({}, message);
  const auto* disclosure = read.has_value() ? std::get_if<Disclosure>(&*read) : nullptr;
  const auto* original = disclosure == nullptr || !sources ? nullptr : sources(disclosure->original);
  if (original == nullptr) return needs;
  auto closure = provenance(original->message, sources).closure;
  closure.insert(closure.begin(), original);
  for (const auto* source : closure) {
    if (!is_protected(world, source->message, message.created)) continue;
    const bool named = source == original;
    for (const auto& provider : own_providers(source->message, sources)) {
      auto line = succession_of(world.directory, provider);
      if (line.answering(message.created) != message.originator)
        needs.push_back({source, provider, disclosure->to, named ? Relation::forwards : Relation::compiles,
                         named ? disclosure->extent : Extent(), Verb::disclose, std::move(line.successors)});
    }
  }
  return needs;
}

}  // namespace

std::vector<ConsentNeed> consent_needs(const World& world, const Message& message, const SourceLookup& sources) {
  if (message.kind == "disclosure") return disclosure_needs(world, message, sources);
  std::vector<ConsentNeed> needs;
  for (const auto* source : provenance(message, sources).closure) {
    if (!is_protected(world, source->message, message.created)) continue;
    const auto within = audience(*source);
    auto need = need_of(message, *source);
    for (const auto& provider : own_providers(source->message, sources)) {
      const auto line = succession_of(world.directory, provider);
      const auto& answering = line.answering(message.created);
      for (const auto& recipient : message.recipients) {
        // An original provider permits by signing itself what it makes of its own; passed on whole, it has to be sent
        // anew to whom it was not addressed.
        const bool own_work = answering == message.originator && message.kind != "forward";
        if (within.contains(recipient) || recipient == provider || recipient == answering || own_work) continue;
        need.provider = provider;
        need.successors = line.successors;
        need.receiver = recipient;
        needs.push_back(need);
      }
    }
  }
  return needs;
}

const std::string& ConsentNeed::answering(Instant at) const {
  const auto* who = &provider;
  for (const auto& successor : successors)
    if (successor.from <= at) who = &successor.authority;
  return *who;
}

const Grant* Consents::find(const MessageId& grant) const {
  for (const auto& known : grants)
    if (known.id == grant) return &known;
  return nullptr;
}

const ShownPermit* Consents::permit(const ConsentNeed& need) const {
  const ShownPermit* other = nullptr;
  for (const auto& shown : permits) {
    if (shown.permit.provider != need.answering(shown.permit.from)) continue;
    if (shown.permit.original == need.original->id) return &shown;
    other = &shown;
  }
  return other;
}

ReasonCode closer(ReasonCode one, ReasonCode other) { return closeness(one) > closeness(other) ? one : other; }

std::variant<const Grant*, ReasonCode> covering_grant(const Consents& consents, const ConsentNeed& need,
                                                      const std::string& holder, Instant at) {
  auto closest = ReasonCode::consent_required;
  const Grant* best = nullptr;
  int best_rank = 0;
  for (const auto& grant : consents.grants) {
    if (!is_of(grant, need)) continue;
    const auto why = fault(grant, consents.revoked.contains(grant.id), need, holder, at);
    if (why) closest = closer(*why, closest);
    // Of a spent one only an online grant may still have a use that was given back.
    const bool spent = consents.spent.contains(grant.id);
    const int rank = spent ? (grant.is_detached() ? 1 : 2) : (grant.is_detached() ? 4 : 3);
    if (why || rank <= best_rank) continue;
    best = &grant;
    best_rank = rank;
  }
  if (best != nullptr) return best;
  return closest;
}

std::variant<const Grant*, ReasonCode> detached_grant(const Consents& consents, const ConsentNeed& need,
                                                      const std::string& holder, Instant now,
                                                      const std::optional<Digest>& wrap) {
  auto closest = ReasonCode::consent_required;
  for (const auto& grant : consents.grants) {
    if (!grant.is_detached() || !is_of(grant, need)) continue;
    const auto* made = grant.wrap_for(need.receiver);
    if (wrap && (made == nullptr || made->wrap != *wrap)) continue;
    // The holder's clock may be ahead, at the beginning alone, as with permits.
    const auto& from = grant.terms.from;
    const auto at = now < from && now + kClockMargin >= from ? from : now;
    const auto why = fault(grant, consents.revoked.contains(grant.id), need, holder, at);
    if (!why) return &grant;
    closest = closer(*why, closest);
  }
  return closest;
}

// ---- permits

std::string PermitRequest::to_text() const {
  StatementWriter out("chancery/permit-request/v1");
  out.line("grant", to_string(grant))
      .line("original", to_string(original))
      .line("carrier", to_string(carrier))
      .line("relation", to_string(relation))
      .line("receiver", receiver)
      .line("verb", to_string(verb))
      .line("extent", extent.text());
  return out.text();
}

Decision decide_permit(const World& world, const std::string& holder, const PermitRequest& request,
                       const GrantStanding& standing) {
  Decision out;
  const auto add = [&](ReasonCode code, const std::string& subject) { out.add({code, {}, {}, subject}); };
  const auto* grant = standing.grant;
  const auto line = grant == nullptr ? Succession() : succession_of(world.directory, grant->provider);
  if (grant == nullptr || !line.has_answered(world.self, world.now) || grant->terms.original != request.original) {
    add(ReasonCode::consent_required, request.receiver);
    return out;
  }
  if (const auto& answering = line.answering(world.now); answering != world.self) add(ReasonCode::succeeded, answering);
  if (!grant->paper && !rules::consent_rests(world, world.agreements.find(standing.agreement)))
    add(ReasonCode::crypto_policy_missing, standing.agreement);
  SourceStatement original;
  original.id = request.original;
  const ConsentNeed need{&original,        grant->provider, request.receiver,
                         request.relation, request.extent,  grant->terms.verb};
  if (const auto why = permit_fault(*grant, standing.revoked, need, holder, world.now)) add(*why, request.receiver);
  if (request.verb != grant->terms.verb) add(ReasonCode::consent_scope, request.receiver);
  if (standing.parts > 0 && !request.extent.is_all() && request.extent.parts.back() >= standing.parts)
    add(ReasonCode::source_mismatch, request.original.short_text());
  if (!standing.used_by_this && standing.used >= grant->terms.uses) add(ReasonCode::consent_used_up, request.receiver);
  if (!standing.key_held) add(ReasonCode::no_longer_held, world.self);
  if (!standing.receiver_key) add(ReasonCode::recipient_key_missing, request.receiver);
  return out;
}

namespace {

bool names(const Permit& permit, const ConsentNeed& need, const std::string& holder, const MessageId& carrier) {
  return permit.original == need.original->id && permit.provider == need.answering(permit.from) &&
         permit.carrier == to_string(carrier) && permit.relation == need.relation && permit.holder == holder &&
         permit.receiver == (need.verb == Verb::transfer ? need.receiver : std::string()) && permit.verb == need.verb &&
         permit.extent == need.extent && permit.until - permit.from <= kPermitLife;
}

}  // namespace

std::vector<ReasonCode> permit_faults(const Permit& permit, const Consents& consents, const ConsentNeed& need,
                                      const std::string& holder, const MessageId& carrier, Instant now) {
  std::vector<ReasonCode> faults;
  if (!names(permit, need, holder, carrier)) faults.push_back(ReasonCode::permit_mismatch);
  // The margin stands at the beginning alone: with one at the end too, a receiver behind by a margin would accept two
  // margins after its life (tests/model/consent).
  if (now + kClockMargin < permit.from || now >= permit.until) faults.push_back(ReasonCode::permit_expired);
  const auto* grant = consents.find(permit.grant);
  if (grant == nullptr || !is_of(*grant, need)) {
    faults.push_back(ReasonCode::consent_required);
    return faults;
  }
  if (const auto why = permit_fault(*grant, consents.revoked.contains(grant->id), need, holder, permit.from))
    faults.push_back(*why);
  return faults;
}

}  // namespace chancery::core

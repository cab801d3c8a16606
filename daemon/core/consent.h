// Consent: the written permission of an original provider (protocol section 8; SCO Article 6(3), China-Russia Article
// 6(2)). A grant is a signed message whose facts are the permission; a permit is the provider's yes to one use of it.
#pragma once

#include <set>
#include <variant>

#include "daemon/core/permit.h"
#include "daemon/core/provenance.h"
#include "daemon/core/succession.h"
#include "daemon/core/world.h"

namespace chancery::core {

enum class ConsentMode {
  online,    // every use needs a permit of the provider, made at that moment
  detached,  // the grant alone is enough: used without asking, so that a revocation reaches it with lag
};
const char* to_string(ConsentMode mode);
Result<ConsentMode> parse_consent_mode(std::string_view text);

enum class Onward {
  ask,    // a further step may be asked for
  never,  // who came by it under this grant alone is refused unasked
};
const char* to_string(Onward onward);
Result<Onward> parse_onward(std::string_view text);

// Where a disclosure goes: `public:<code>`, "public:press". No authority.
bool is_public(std::string_view receiver);

// What is asked for, and what is granted.
struct ConsentTerms {
  MessageId original;
  std::vector<std::string> to;  // authorities that may receive it, or where it may be disclosed, sorted
  Verb verb = Verb::transfer;
  Extent extent;
  std::uint64_t uses = 1;  // each one receiver of one carrier
  Instant from;
  Instant until;  // not included
  ConsentMode mode = ConsentMode::online;
  bool operator==(const ConsentTerms&) const = default;
};

struct ConsentRequest {
  ConsentTerms terms;
  bool operator==(const ConsentRequest&) const = default;
};
// The key of the original for one receiver, which a detached grant carries beside its statement. A fact of the grant:
// `wrap <authority> sha256:<seal key id> sha256:<digest of the wrap>`.
struct GrantWrap {
  std::string receiver;
  Digest key;   // id of the receiver's seal key
  Digest wrap;  // SHA-256 of the wrap's bytes
  bool operator==(const GrantWrap&) const = default;
  [[nodiscard]] std::string text() const;
  static Result<GrantWrap> parse(std::string_view text);
};
struct Grant {
  MessageId id;
  std::string provider;  // who signed it
  std::string holder;    // who may pass it on
  ConsentTerms terms;
  Onward onward = Onward::ask;
  // SHA-256 of the scan of a permission on paper, which this grant registers: a lower assurance, that does not rest on
  // a crypto policy.
  std::optional<Digest> paper = {};
  // Of a detached one by who wrote the original: one for each of `to`, in their order. What opens is exactly the
  // extent.
  std::vector<GrantWrap> wraps = {};
  Digest terms_digest = {};  // what those are bound to (below); zero where there are none
  [[nodiscard]] bool is_detached() const { return terms.mode == ConsentMode::detached; }
  // The one for this receiver; null when there is none.
  [[nodiscard]] const GrantWrap* wrap_for(std::string_view receiver) const;
  bool operator==(const Grant&) const = default;
};
struct ConsentRefusal {
  MessageId original;
  MessageId request;
  bool operator==(const ConsentRefusal&) const = default;
};
struct Revocation {
  MessageId grant;
  Instant effective;
  bool operator==(const Revocation&) const = default;
};
// What a holder makes public, with the permission of every provider.
struct Disclosure {
  MessageId original;
  std::string to;  // is_public
  Extent extent;
  bool operator==(const Disclosure&) const = default;
};
// What became of a copy after the revocation of the grant it came under.
enum class CopyState { locked, erased, retained };
const char* to_string(CopyState state);
Result<CopyState> parse_copy_state(std::string_view text);
struct Compliance {
  MessageId grant;
  MessageId copy;  // the carrier it came in
  CopyState state = CopyState::locked;
  Instant time;
  std::string ground = {};  // of a retained one: the law that requires it (is_ground)
  bool operator==(const Compliance&) const = default;
};
// Said by a holder to whom it passed something on, by its daemon, in the act that locks its own copy.
struct Recall {
  MessageId copy;      // the carrier, which its originator signed
  MessageId decision;  // the revocation or the spill notice that ends it; its statement travels beside
  bool operator==(const Recall&) const = default;
};
// Something was sent that may not be exchanged at all: nobody reads it, nothing is made of it, it is erased.
struct SpillNotice {
  MessageId message;
  Instant effective;
  bool operator==(const SpillNotice&) const = default;
};
// What became of a spilled message where it was received.
struct SpillReceipt {
  MessageId message;
  CopyState state = CopyState::locked;  // locked or erased
  Instant time;
  bool operator==(const SpillReceipt&) const = default;
};
// A ground is a code, no sentence: lower-case letters, digits, `.`, `-` and `/`, 64 characters at most.
bool is_ground(std::string_view text);
// Said by the receiver of a protected original to each of its providers, whether it took it in or not.
struct TransferReport {
  MessageId original;
  MessageId carrier;
  std::string holder;              // who passed it on
  std::optional<MessageId> grant;  // that was shown
  std::optional<Digest> permit;    // digest of the permit that was shown
  Extent extent;
  Digest entry;                       // of the receiver's journal
  std::optional<ReasonCode> refused;  // why it was not taken in
  bool operator==(const TransferReport&) const = default;
};

using ConsentStatement = std::variant<ConsentRequest, Grant, ConsentRefusal, Revocation, Disclosure, Compliance,
                                      TransferReport, Recall, SpillNotice, SpillReceipt>;

// What a message of a consent kind says. Errors: malformed (a fact is missing, of another form, or excludes another;
// the message names it), not_found (no consent kind).
Result<ConsentStatement> read_consent(const MessageId& id, const Message& message);
// The facts of such a statement, sorted: what read_consent reads.
std::vector<Fact> facts_of(const ConsentStatement& statement);
// What the wraps of a detached grant are bound to, because its id depends on them: SHA-256 of the lines of its
// statement above `body-root`, each with its LF, without those of its `wrap` facts.
Digest terms_digest(Message grant);
// The message it is about: the original, the grant of a revocation and a compliance, the copy of a recall, what was
// spilled.
MessageId subject_of(const ConsentStatement& statement);

// What a request asks for, or a disclosure is to make public; nothing where the message asks no provider.
std::optional<MessageId> asked_about(const Message& message);
// Whom permission for this very message is asked of: who answers at this time for its own providers, without `self`.
// Sorted.
std::vector<std::string> asked_for(const Directory& directory, const Message& message, const std::string& self,
                                   Instant at);
// The decision a recall names; nothing for other messages.
std::optional<MessageId> recalled_by(const Message& message);
// Whether this revocation or notice of a spill, signed by its originator, ends the use of a copy: by who answers for a
// provider of what it is made of, or of it or something it is made of, found by who has that by right. `copy` and the
// messages it is made of as `sources` finds them. False where what was spilled is not at hand.
bool ends(const Directory& directory, const Message& decision, const SourceStatement& copy,
          const SourceLookup& sources);
// Whether messages of this kind go to whoever has to permit what they are about.
bool asks_providers(std::string_view kind);
// Whether messages of this kind permit or make public the message their facts name.
bool gives_out(std::string_view kind);

// Whether the agreement a source travelled under keeps it from going on without consent: restricted by the law of a
// Party bound when it was written, or at this time.
bool is_protected(const World& world, const Message& source, Instant at);

// One permission a message needs before this receiver may have it.
struct ConsentNeed {
  const SourceStatement* original = nullptr;
  std::string provider;
  std::string receiver;                    // an authority; of a disclosure, where it goes
  Relation relation = Relation::compiles;  // of a source of a source
  Extent extent;
  Verb verb = Verb::transfer;
  std::vector<Successor> successors = {};  // of the provider
  bool rests = true;                       // electronic permission rests on a crypto policy, or needs none

  // Who answers for the provider at this time: whose grants and permits count, and who is asked and told.
  [[nodiscard]] const std::string& answering(Instant at) const;
};
// For every protected source, each of its providers but the message's own originator, and each recipient outside the
// source's audience. Of a disclosure: for what it names and every source of that, each provider but the holder. Who
// answers for a provider when the message is created stands in its place, but receives no forward for it: the wraps are
// not his.
// `original` points into what `sources` finds.
std::vector<ConsentNeed> consent_needs(const World& world, const Message& message, const SourceLookup& sources);

// A permit as it came: its signature is its provider's.
struct ShownPermit {
  Permit permit;
  Digest digest;
};

// What is known here of consents to what a message passes on.
struct Consents {
  std::vector<Grant> grants;    // held, or shown with the message
  std::set<MessageId> revoked;  // of those, as far as known here
  std::set<MessageId> spent;    // all their uses are, as far as their holder knows; only the provider knows for sure
  std::vector<ShownPermit> permits;  // shown with the message; at acceptance only

  [[nodiscard]] const Grant* find(const MessageId& grant) const;
  // The permit of who answered for this provider, for this original, else any of his; null when he gave none.
  [[nodiscard]] const ShownPermit* permit(const ConsentNeed& need) const;
};

// The grant that lets `holder` satisfy the need at this time, one that is not spent before one that is, and of those a
// detached one, which waits for nobody, before the others. One on paper holds where no crypto policy is in force; every
// other does not. Else the reason that comes closest: consent_required when no
// grant of who answered for this provider when it was signed names the original at all.
std::variant<const Grant*, ReasonCode> covering_grant(const Consents& consents, const ConsentNeed& need,
                                                      const std::string& holder, Instant at);

// The detached grant that lets a receiver have it without a permit, judged by the receiver's clock: from its beginning
// less the clock margin to its end. `wrap`: that the original came with, where it has to be one of the grant's. Else
// the reason that comes closest.
std::variant<const Grant*, ReasonCode> detached_grant(const Consents& consents, const ConsentNeed& need,
                                                      const std::string& holder, Instant now,
                                                      const std::optional<Digest>& wrap = {});

// Of two reasons why no grant lets it go the one that says more, because a grant came closer.
ReasonCode closer(ReasonCode one, ReasonCode other);

// Receivers whose seal key ends before the grant does, with the key's end: of a detached grant none may. By the keys
// its wraps name, as far as they are known here; before they are made, by those in force at `sealing`.
std::vector<std::pair<std::string, Instant>> outlived_keys(const Directory& directory, const Grant& grant,
                                                           std::optional<Instant> sealing = {});

// ---- permits

inline constexpr Duration kPermitLife = minutes(10);
// What must be left of a permit for it to be sent: asked again with less, the provider makes a fresh one.
inline constexpr Duration kPermitRemainder = minutes(2);

// What a holder asks of a provider.
struct PermitRequest {
  MessageId grant;
  MessageId original;
  MessageId carrier;
  Relation relation = Relation::forwards;
  std::string receiver;
  Verb verb = Verb::transfer;
  Extent extent;
  bool operator==(const PermitRequest&) const = default;

  // How a permit names the receiver: a disclosure has none.
  [[nodiscard]] std::string permitted_receiver() const { return verb == Verb::transfer ? receiver : std::string(); }

  // One line a field; its digest is what an unsigned answer to it names.
  [[nodiscard]] std::string to_text() const;
};

// What the provider knows of the grant that is asked to be used.
struct GrantStanding {
  const Grant* grant = nullptr;  // null: no grant of ours
  bool revoked = false;
  std::uint64_t used = 0;       // (carrier, receiver) pairs permitted before, of which none was given back
  bool used_by_this = false;    // this pair among them
  bool key_held = true;         // we can open the original ourselves, where the step takes a wrap of ours
  bool receiver_key = true;     // the receiver has a seal key in force
  std::string agreement = {};   // the original's
  std::uint32_t parts = 0;      // of the original; 0 when it is not held
  bool before_restore = false;  // the grant: revocations and uses since then may be forgotten
};

// The provider's answer: the same terms that the receiver will check. Pure, all reasons.
Decision decide_permit(const World& world, const std::string& holder, const PermitRequest& request,
                       const GrantStanding& standing);

// What is wrong with a permit shown for this need and carrier: a field that is another, a grant that does not cover it
// or did not when the permit was made, or the time: from its beginning less the clock margin to its end. Empty when it
// is the one.
std::vector<ReasonCode> permit_faults(const Permit& permit, const Consents& consents, const ConsentNeed& need,
                                      const std::string& holder, const MessageId& carrier, Instant now);

}  // namespace chancery::core

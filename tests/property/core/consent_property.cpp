// Laws of consent, on random grants, revocations and permits: nothing taken away permits more, and both ends agree.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "tests/property/core/draw.h"

namespace chancery::core {
namespace {

// CN's notice to RU, passed on to KZ, or to KZ and TJ, under what CN may have granted.
struct ConsentScene {
  explicit ConsentScene(std::uint64_t seed) : draw(seed) {
    auto tj = realm.peers.at("kz-example");
    tj.history[0].authority = "tj-example";
    for (auto& key : tj.seal_keys) key.authority = "tj-example";
    realm.peers.emplace("tj-example", tj);
    on_policy = draw.below(3) == 0;
    realm.agreement("sco-2009").consent_needs_crypto_policy = on_policy;
    original = realm.hold(realm.notice("cn-example", {"ru-example"}));
    const auto to = draw.coin() ? Codes{"kz-example"} : Codes{"kz-example", "tj-example"};
    carrier = draw.coin() ? realm.forward("ru-example", to, original) : realm.derived("ru-example", to, {original});
    for (auto n = draw.below(4); n > 0; --n) realm.consents.grants.push_back(grant(static_cast<std::uint8_t>(n)));
    for (const auto& known : realm.consents.grants)
      if (draw.below(4) == 0) realm.consents.revoked.insert(known.id);
    book = realm.book();
    directory = Directory(realm.peers);
  }

  Grant grant(std::uint8_t number) {
    Grant made{{},
               draw.below(8) == 0 ? "kz-example" : "cn-example",
               draw.below(8) == 0 ? "kz-example" : "ru-example",
               {},
               Onward::ask};
    made.id.value[31] = number;
    made.terms.original = original.id;
    made.terms.to = draw.coin() ? Codes{"kz-example", "tj-example"} : Codes{draw.coin() ? "kz-example" : "tj-example"};
    if (draw.below(6) == 0) made.terms.extent.parts = {0};
    made.terms.from = realm.now + minutes(static_cast<std::int64_t>(draw.below(6)) - 4);
    made.terms.until = made.terms.from + minutes(static_cast<std::int64_t>(1 + draw.below(8)));
    if (draw.below(4) == 0) made.paper = digest_of("scan");
    if (draw.below(3) > 0) return made;
    made.terms.mode = ConsentMode::detached;
    for (const auto& receiver : made.terms.to)
      made.wraps.push_back({receiver, digest_of("seal key"), digest_of("wrap")});
    return made;
  }

  // By the words of protocol section 8 alone: CN let RU pass all of it on to this receiver without being asked.
  [[nodiscard]] bool unasked(const std::string& receiver, const Consents& known, Instant now) const {
    return std::any_of(known.grants.begin(), known.grants.end(), [&](const Grant& g) {
      const auto& to = g.terms.to;
      return g.terms.mode == ConsentMode::detached && g.provider == "cn-example" && g.holder == "ru-example" &&
             std::find(to.begin(), to.end(), receiver) != to.end() && g.terms.extent.is_all() &&
             (g.paper || !on_policy) && !known.revoked.contains(g.id) && g.terms.from <= now + kClockMargin &&
             now < g.terms.until;
    });
  }

  [[nodiscard]] World world(const std::string& self, Instant now) const {
    return {book, directory, realm.joint_acts, self, now};
  }

  [[nodiscard]] Decision release(const Consents& consents) const {
    return decide_release(world("ru-example", realm.now), carrier, realm.lookup(), consents);
  }
  [[nodiscard]] Decision accept(const std::string& self, const Consents& consents, Instant now) const {
    Arrival arrival{carrier, "ru-example"};
    arrival.id = id_of(carrier);
    arrival.consents = &consents;
    const auto from = consents.permits.empty() ? CarriedWrap::From::grant : CarriedWrap::From::permit;
    if (carrier.kind == "forward") arrival.wrap = {from, digest_of("wrap")};
    return decide_acceptance(world(self, now), arrival, realm.lookup());
  }

  // Every permit an honest provider makes for this receiver, by its own decision.
  [[nodiscard]] Consents permitted(const std::string& receiver) const {
    auto shown = realm.consents;
    for (const auto& known : realm.consents.grants) {
      if (known.provider != "cn-example" || !shown.permits.empty()) continue;
      const PermitRequest request{known.id,       original.id, id_of(carrier), carrier.sources[0].relation, receiver,
                                  Verb::transfer, {}};
      const GrantStanding standing{&known, realm.consents.revoked.contains(known.id), 0, false, true, true, "sco-2009"};
      if (decide_permit(world("cn-example", realm.now), "ru-example", request, standing).allowed())
        shown.permits.push_back({permit(request), digest_of("permit")});
    }
    return shown;
  }

  [[nodiscard]] Permit permit(const PermitRequest& of) const {
    Permit made;
    made.provider = "cn-example";
    made.grant = of.grant;
    made.original = of.original;
    made.carrier = to_string(of.carrier);
    made.relation = of.relation;
    made.holder = "ru-example";
    made.receiver = of.receiver;
    made.from = realm.now;
    made.until = made.from + kPermitLife;
    if (of.relation == Relation::forwards) made.wrap = digest_of("wrap");
    return made;
  }

  Draw draw;
  Realm realm;
  bool on_policy = false;  // that is not in force: paper alone holds
  SourceLine original;
  Message carrier;
  AgreementBook book;
  Directory directory;
};

RC_GTEST_PROP(EveryConsent, TakenAwayPermitsNoMore, (std::uint64_t seed)) {
  ConsentScene s(seed);
  const auto shown = s.permitted("kz-example");
  for (std::size_t i = 0; i < shown.grants.size(); ++i) {
    auto less = shown;
    less.grants.erase(less.grants.begin() + static_cast<std::ptrdiff_t>(i));
    RC_ASSERT(s.release(shown).allowed() || !s.release(less).allowed());
    RC_ASSERT(s.accept("kz-example", shown, s.realm.now).allowed() ||
              !s.accept("kz-example", less, s.realm.now).allowed());
  }
  auto none = shown;
  none.permits.clear();
  RC_ASSERT(!s.accept("kz-example", none, s.realm.now).allowed() || s.unasked("kz-example", none, s.realm.now));
}

RC_GTEST_PROP(EveryConsent, ThatIsUsedUnaskedTakenAwayPermitsNoMore, (std::uint64_t seed)) {
  ConsentScene s(seed);
  const auto& known = s.realm.consents;
  const bool allowed = s.accept("kz-example", known, s.realm.now).allowed();
  RC_CLASSIFY(allowed);
  if (allowed) RC_ASSERT(s.unasked("kz-example", known, s.realm.now));
  for (std::size_t i = 0; i < known.grants.size(); ++i) {
    auto less = known;
    less.grants.erase(less.grants.begin() + static_cast<std::ptrdiff_t>(i));
    auto ended = known;
    ended.revoked.insert(known.grants[i].id);
    for (const auto& changed : {less, ended})
      RC_ASSERT(allowed || !s.accept("kz-example", changed, s.realm.now).allowed());
  }
}

// While nothing else changes, it is a stretch of time: once over, it does not come back.
RC_GTEST_PROP(EveryConsent, ThatIsUsedUnaskedOnlyLosesByTime, (std::uint64_t seed)) {
  ConsentScene s(seed);
  for (const auto& grant : s.realm.consents.grants) {
    auto alone = s.realm.consents;
    std::erase_if(alone.grants, [&](const Grant& other) { return other.is_detached() && other.id != grant.id; });
    if (!grant.is_detached()) continue;
    bool began = false, over = false;
    for (auto at = grant.terms.from - minutes(4); at < grant.terms.until + minutes(4); at = at + seconds(20)) {
      const bool allowed = s.accept("kz-example", alone, at).allowed();
      RC_ASSERT(!allowed || !over);
      RC_ASSERT(!allowed || (grant.terms.from <= at + kClockMargin && at < grant.terms.until));
      over = over || (began && !allowed);
      began = began || allowed;
    }
  }
}

RC_GTEST_PROP(EveryConsent, RevokedPermitsNoMore, (std::uint64_t seed)) {
  ConsentScene s(seed);
  const auto shown = s.permitted("kz-example");
  for (const auto& grant : shown.grants) {
    auto less = shown;
    less.revoked.insert(grant.id);
    RC_ASSERT(s.release(shown).allowed() || !s.release(less).allowed());
    RC_ASSERT(s.accept("kz-example", shown, s.realm.now).allowed() ||
              !s.accept("kz-example", less, s.realm.now).allowed());
  }
}

RC_GTEST_PROP(EveryConsent, PastItsEndNeverComesBack, (std::uint64_t seed)) {
  ConsentScene s(seed);
  const auto lookup = s.realm.lookup();
  const ConsentNeed need{lookup(s.original.id), "cn-example", "kz-example", s.carrier.sources[0].relation, {}};
  for (const auto& grant : s.realm.consents.grants) {
    Consents alone;
    alone.grants = {grant};
    for (std::int64_t after = 0; after < 400; after += 1 + static_cast<std::int64_t>(s.draw.below(60)))
      RC_ASSERT(std::holds_alternative<ReasonCode>(
          covering_grant(alone, need, "ru-example", grant.terms.until + minutes(after))));
  }
  const auto shown = s.permitted("kz-example");
  for (const auto& permit : shown.permits)
    for (std::int64_t after = 0; after < 400; after += 1 + static_cast<std::int64_t>(s.draw.below(60)))
      RC_ASSERT(!s.accept("kz-example", shown, permit.permit.until + seconds(after)).allowed());
}

RC_GTEST_PROP(EveryConsent, ThatLetsAMessageGoAndIsPermittedIsAcceptedByEveryRecipient, (std::uint64_t seed)) {
  ConsentScene s(seed);
  const bool released = s.release(s.realm.consents).allowed();
  RC_CLASSIFY(released);
  if (!released) return;
  for (const auto& receiver : s.carrier.recipients) {
    const auto shown = s.permitted(receiver);
    // The grant that covered it when it was signed may have ended in the second until the permit is asked for.
    const auto& grants = s.realm.consents.grants;
    const bool ended = std::any_of(grants.begin(), grants.end(), [&](auto& g) {
      return g.terms.until > s.carrier.created && g.terms.until <= s.realm.now;
    });
    const bool unasked = s.unasked(receiver, shown, s.realm.now);
    RC_ASSERT(!shown.permits.empty() || ended || unasked);
    if (shown.permits.empty() && !unasked) continue;
    RC_ASSERT(s.accept(receiver, shown, s.realm.now).codes() == Codes{});
  }
}

RC_GTEST_PROP(EveryConsent, ThatTheHolderLacksLetsNobodyAccept, (std::uint64_t seed)) {
  ConsentScene s(seed);
  // A grant that began after the message was signed covers its permit, not the message.
  if (s.release(s.realm.consents).allowed()) return;
  bool all = true;
  for (const auto& receiver : s.carrier.recipients)
    all = all && s.accept(receiver, s.permitted(receiver), s.realm.now).allowed();
  const bool begun_since = std::any_of(s.realm.consents.grants.begin(), s.realm.consents.grants.end(), [&](auto& g) {
    return g.terms.from > s.carrier.created &&
           g.terms.from <= s.realm.now + (g.is_detached() ? kClockMargin : Duration{0});
  });
  RC_ASSERT(!all || begun_since);
}

}  // namespace
}  // namespace chancery::core

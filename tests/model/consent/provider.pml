// The provider. Each rule is a line; each -D P_... takes one away or bends it.

#ifdef P_IGNORES_REVOCATION
#define REVOKED(g) false
#else
#define REVOKED(g) HAS(provider.revoked, g)
#endif

#ifdef P_IGNORES_BEGINNING
#define TOO_EARLY(g) false
#else
#define TOO_EARLY(g) (now < FROM(g))
#endif

#ifdef P_IGNORES_EXPIRY
#define TOO_LATE(g) false
#else
#define TOO_LATE(g) (now > UNTIL(g))
#endif

#define OF_CARRIER(c) (3 << (2 * (c)))
#if defined(P_IGNORES_USES)
#define USED_UP(g, c, r) false
#elif defined(P_COUNTS_CARRIERS_ONLY)
#define USED_UP(g, c, r) (!(provider.spent[g] & OF_CARRIER(c)) && SIZE(provider.spent[g]) >= USES(g))
#else
#define USED_UP(g, c, r) (!HAS(provider.spent[g], USE(c, r)) && SIZE(provider.spent[g]) >= USES(g))
#endif

#ifdef P_IGNORES_HOLDER
#define NOT_HOLDER(asker) false
#else
#define NOT_HOLDER(asker) (asker != 0)
#endif

#ifdef P_IGNORES_RECEIVER
#define NOT_NAMED(g, r) false
#else
#define NOT_NAMED(g, r) (!NAMES(g, r))
#endif

#ifdef P_RENEWS_UNASKED
#define RENEWED(g, c, r) HAS(provider.spent[g], USE(c, r))
#else
#define RENEWED(g, c, r) false
#endif

#ifdef P_SIGNS_WITHOUT_END
#define END(from) (LAST + 9)
#else
#define END(from) ((from) + LIFE)
#endif

// What the provider must wait for before it calls a revocation complete. Once true it stays true, so it is asked at
// an acceptance instead of being an act: a receiver behind the provider's clock may still accept what is outstanding.
#ifdef P_COMPLETES_EARLY
#define RUN_OUT(end) (now > (end))
#else
#define RUN_OUT(end) (now > (end) + END_MARGIN + SKEW)
#endif
#define CLOSED(i, g) (i >= permits || permit[i].grant != g || RUN_OUT(END(permit[i].from)) || \
                      LOCKED_BY(permit[i].receiver, g))
#define COMPLETE(g) (HAS(revocations, g) && (DETACHED_GRANT(g) -> RUN_OUT(UNTIL(g)) || LOCKED_BY(world.receiver, g) : \
                                             CLOSED(0, g) && CLOSED(1, g) && CLOSED(2, g)))

#ifdef P_RETURNS_UNREFUSED
#define MAY_RETURN(r, c) true
#else
#define MAY_RETURN(r, c) REFUSED_BY(r, c)
#endif

// While a tick is left of a permit, asking again gives the same bytes; later a fresh permit for the same use.
inline decide_permit() {
  may = !DETACHED_GRANT(g) && !NOT_HOLDER(asker) && !NOT_NAMED(g, r) && !USED_UP(g, c, r) &&
        (RENEWED(g, c, r) || (!REVOKED(g) && !TOO_EARLY(g) && !TOO_LATE(g)));
  do
  :: i < permits ->
    stands = stands || (permit[i].grant == g && permit[i].carrier == c && permit[i].receiver == r &&
                        now < permit[i].from + LIFE);
    i++
  :: else -> break
  od;
  printf("ask by=%d grant=%d carrier=%d receiver=%d clock=%d ", asker, g, c, r, now);
  SAY_MEMORY(provider.revoked, provider.spent[g]);
  if
  :: may && stands -> printf("-> same\n")
  :: may && !stands -> printf("-> signed until=%d\n", END(now))
  :: else ->
    printf("-> refused holder=%d receiver=%d revoked=%d early=%d late=%d used=%d\n",
           NOT_HOLDER(asker), NOT_NAMED(g, r), REVOKED(g), TOO_EARLY(g), TOO_LATE(g), USED_UP(g, c, r))
  fi
}

inline sign_permit() {
  if
  :: may && !stands ->
#ifdef SHOW_RENEWAL
    assert(!HAS(provider.spent[g], USE(c, r)));
#endif
    permit[permits].grant = g;
    permit[permits].carrier = c;
    permit[permits].receiver = r;
    permit[permits].from = now;
    permit[permits].lived = !HAS(revocations, g) && now >= FROM(g) &&
                            now <= UNTIL(g) && NAMES(g, r) && asker == 0;
    provider.spent[g] = provider.spent[g] | BIT(USE(c, r));
    history.permitted[g] = history.permitted[g] | BIT(USE(c, r));
    assert(!HAS(revocations, g));  // never after its own revocation
    assert(permit[permits].lived);
    assert(SIZE(history.permitted[g]) <= USES(g));
    permits++
  :: else
  fi
}

proctype Answers_requests() {
  bit asker, g, c, r, may, stands;
  byte i;
  do
  :: atomic {
      permits < PERMITS ->
#ifndef HONEST
      either(asker);
#endif
      either(g);
      either(c);
      either(r);
      d_step {
        decide_permit();
#ifndef P_DECIDES_IN_TWO_ACTS
        sign_permit();
        asker = 0; g = 0; c = 0; r = 0; may = 0; stands = 0; i = 0
#endif
      }
    };
#ifdef P_DECIDES_IN_TWO_ACTS
    d_step {
      sign_permit();
      asker = 0; g = 0; c = 0; r = 0; may = 0; stands = 0; i = 0
    }
#endif
  od
}

inline return_use() {
  if
  :: HAS(provider.spent[g], USE(c, r)) && MAY_RETURN(r, c) ->
#ifdef SHOW_RETURN
    assert(false);
#endif
    provider.spent[g] = provider.spent[g] & ~BIT(USE(c, r));
    printf("return grant=%d carrier=%d receiver=%d\n", g, c, r);
    if
    :: REFUSED_BY(r, c) -> history.permitted[g] = history.permitted[g] & ~BIT(USE(c, r))
    :: else
    fi
  :: else
  fi
}

proctype Signs_and_revokes() {
  bit g, c, r;
  do
  :: atomic {
      either(g);
      if
      :: !HAS(revocations, g) -> d_step {
          provider.revoked = provider.revoked | BIT(g);
          revocations = revocations | BIT(g);
#ifdef SHOW_RACE
          history.revoked_at = (g == 0 -> now : history.revoked_at);
#endif
          printf("revoke grant=%d\n", g)
        }
      :: provider.spent[g] ->
        either(c);
        either(r);
        d_step { return_use() }
#ifdef P_FORGETS_REVOCATIONS
      :: provider.revoked = 0
#endif
#ifdef P_FORGETS_USES
      :: provider.spent[g] = 0
#endif
      fi;
      d_step { g = 0; c = 0; r = 0 }
    }
  od
}

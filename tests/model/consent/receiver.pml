// An honest receiver. Each rule is a line; each -D R_... takes one away or bends it.
// Shown: carrier c, grant g, permit i with its fields, the carrier's wrap; `clock` is its own.

#ifdef R_IGNORES_GRANTS_SIGNATURE
#define GRANT_UNSIGNED false
#else
#define GRANT_UNSIGNED (g == MADE_UP_GRANT)
#endif

#ifdef R_IGNORES_PERMITS_SIGNATURE
#define PERMIT_UNSIGNED false
#else
#define PERMIT_UNSIGNED (i == MADE_UP && g != MADE_UP_GRANT)
#endif

#ifdef R_IGNORES_PERMIT
#define NO_PERMIT_SHOWN false
#else
#define NO_PERMIT_SHOWN (i == NO_PERMIT)
#endif

#ifdef R_IGNORES_GRANT
#define OTHER_GRANT false
#else
#define OTHER_GRANT (i < PERMITS && permit[i].grant != g)
#endif

#ifdef R_IGNORES_ORIGINAL
#define OTHER_ORIGINAL false
#else
#define OTHER_ORIGINAL (g != MADE_UP_GRANT && ORIGINAL(g) != CARRIED(c))
#endif

#ifdef R_IGNORES_CARRIER
#define OTHER_CARRIER false
#else
#define OTHER_CARRIER (i < PERMITS && permit[i].carrier != c)
#endif

#ifdef R_IGNORES_HOLDER
#define OTHER_HOLDER false
#else
#define OTHER_HOLDER (!BY_HOLDER(c))
#endif

#ifdef R_IGNORES_RECEIVER
#define OTHER_RECEIVER false
#else
#define OTHER_RECEIVER ((i < PERMITS && permit[i].receiver != self) || (g != MADE_UP_GRANT && !NAMES(g, self)))
#endif

#define LATE(end) (clock > (end) + END_MARGIN + EXTRA_MARGIN)
#define EARLY(from) (clock + MARGIN < (from))
#ifdef R_DOUBLES_MARGIN
#define EXTRA_MARGIN (2 * MARGIN - END_MARGIN)
#else
#define EXTRA_MARGIN 0
#endif
#if defined(R_IGNORES_TIME)
#define WRONG_TIME false
#elif defined(R_IGNORES_BEGINNING)
#define WRONG_TIME (alone && LATE(UNTIL(g)))
#else
#define WRONG_TIME ((i < PERMITS && (EARLY(permit[i].from) || LATE(END(permit[i].from)))) || \
                    (alone && (EARLY(FROM(g)) || LATE(UNTIL(g)))))
#endif

#ifdef R_IGNORES_REVOCATION
#define KNOWN_REVOKED false
#else
#define KNOWN_REVOKED (g != MADE_UP_GRANT && HAS(receiver[self].learned, g))
#endif

#ifdef R_TAKES_ANY_WRAP
#define FOREIGN_WRAP false
#else
#define FOREIGN_WRAP holders_wrap
#endif

#ifdef R_REPEATS_REFUSED
#define ANSWERED (HAS(receiver[self].accepted, c))
#else
#define ANSWERED (HAS(receiver[self].accepted, c) || HAS(receiver[self].refused, c))
#endif

#define REFUSES (GRANT_UNSIGNED || PERMIT_UNSIGNED || (!alone && NO_PERMIT_SHOWN) || OTHER_GRANT || OTHER_ORIGINAL || \
                 OTHER_CARRIER || OTHER_HOLDER || OTHER_RECEIVER || WRONG_TIME || KNOWN_REVOKED || FOREIGN_WRAP)

// A permit for exactly this, signed while the consent lived and not too long ago.
#define PERMITTED_BY(i) (permit[i].lived && permit[i].grant == g && permit[i].carrier == c && \
                         permit[i].receiver == self && now - permit[i].from <= BOUND)

inline check_history() {
  assert(history.effects[USE(c, self)] == 1);        // once, whatever is replayed
  assert(ORIGINAL(g) == CARRIED(c) && BY_HOLDER(c) && NAMES(g, self) && !holders_wrap);
  assert(!HAS(history.learned[self], g));            // whoever learned of a revocation accepts nothing
  assert(!COMPLETE(g));                              // and nobody does after it counts as complete
#ifdef SHOW_ACCEPTANCE
  assert(false);
#endif
  if
  :: DETACHED_GRANT(g) ->
    assert(clock + MARGIN >= FROM(g) && clock <= UNTIL(g) + MARGIN);
#ifdef SHOW_RACE
    assert(!HAS(revocations, g) || now - history.revoked_at <= BOUND);
#endif
#if defined(HONEST) || defined(SHOW_DETACHED_USES)
    assert(SIZE(history.accepted[g]) <= USES(g));
#endif
  :: else ->
    assert((permits > 0 && PERMITTED_BY(0)) || (permits > 1 && PERMITTED_BY(1)) || (permits > 2 && PERMITTED_BY(2)));
    assert(SIZE(history.accepted[g]) <= USES(g));
#ifdef SHOW_OUTSTANDING
    assert(!HAS(revocations, g));
#endif
#ifdef SHOW_ALL_USES
    assert(g == 0 || SIZE(history.accepted[g]) < USES(g));
#endif
  fi
}

inline judge() {
  printf("show receiver=%d carrier=%d grant=%d ", self, c, g);
  if
  :: i < PERMITS ->
    printf("permit=%d.%d.%d.%d ", permit[i].grant, permit[i].carrier, permit[i].receiver, permit[i].from)
  :: i == MADE_UP -> printf("permit=made-up ")
  :: i == NO_PERMIT -> printf("permit=none ")
  fi;
  printf("wrap=%d clock=%d ", holders_wrap, clock);
  SAY_MEMORY(receiver[self].learned, 0);
  alone = g != MADE_UP_GRANT && DETACHED_GRANT(g) && i == NO_PERMIT;
  if
  :: ANSWERED -> printf("-> answered\n")
  :: !ANSWERED && REFUSES ->
    receiver[self].refused = receiver[self].refused | BIT(c);
    printf("-> refused unsigned=%d permit=%d grant=%d original=%d carrier=%d ",
           GRANT_UNSIGNED || PERMIT_UNSIGNED, !alone && NO_PERMIT_SHOWN, OTHER_GRANT, OTHER_ORIGINAL, OTHER_CARRIER);
    printf("holder=%d receiver=%d time=%d revoked=%d wrap=%d\n",
           OTHER_HOLDER, OTHER_RECEIVER, WRONG_TIME, KNOWN_REVOKED, FOREIGN_WRAP)
  :: else ->
    receiver[self].accepted = receiver[self].accepted | BIT(c);
    printf("-> accepted\n");
    history.effects[USE(c, self)]++;
    if
    :: g == MADE_UP_GRANT -> assert(false)
    :: else ->
      history.accepted[g] = history.accepted[g] | BIT(USE(c, self));
      check_history()
    fi
  fi
}

// What whoever is malicious shows: any mixture. Where two lies would do no more than one, one is told.
inline choose_lie() {
  either(c);
  if
  :: ANSWERED -> i = NO_PERMIT
  :: !ANSWERED -> g = MADE_UP_GRANT; i = MADE_UP
  :: !ANSWERED -> either(g); i = MADE_UP
  :: !ANSWERED -> either(g); i = NO_PERMIT
  :: !ANSWERED && permits > 0 -> either(g); i = 0; either(holders_wrap)
  :: !ANSWERED && permits > 1 -> either(g); i = 1; either(holders_wrap)
  :: !ANSWERED && permits > 2 -> either(g); i = 2; either(holders_wrap)
  fi;
  shown = 1
}

#ifdef HOLDER_DECIDES
#define SENT(i) HAS(sent, i)
#else
#define SENT(i) true  // at once, and the network delays it: any honest holder does no more
#endif

// What an honest holder sent.
inline choose_sent() {
  if
  :: permits > 0 -> i = 0
  :: permits > 1 -> i = 1
  :: permits > 2 -> i = 2
  :: DETACHED_GRANT(0) -> i = NO_PERMIT; either(c)
  fi;
  d_step {
    if
    :: i < PERMITS -> g = permit[i].grant; c = permit[i].carrier; shown = SENT(i) && permit[i].receiver == self
    :: else -> shown = HAS(sent_detached, USE(c, self))
    fi
  }
}

proctype Receives(bit self) {
  byte g, i;
  short clock;
  bit c, holders_wrap, alone, shown;
  do
  :: atomic {
#ifdef HONEST
      permits > 0 || DETACHED_GRANT(0);
      choose_sent();
#else
      choose_lie();
#endif
      if
      :: clock = now - SKEW
      :: clock = now
      :: clock = now + SKEW
      fi;
      d_step {
        if
        :: shown -> judge()
        :: else
        fi;
        g = 0; i = 0; clock = 0; c = 0; holders_wrap = 0; alone = 0; shown = 0
      }
    }
  :: atomic {
      revocations & ~receiver[self].learned ->
      either(c);
      d_step {
        receiver[self].learned = receiver[self].learned | (revocations & BIT(c));
        history.learned[self] = history.learned[self] | (revocations & BIT(c));
        printf("learn receiver=%d known=%d\n", self, receiver[self].learned);
        c = 0
      }
    }
#ifdef R_FORGETS_REVOCATIONS
  :: receiver[self].learned = 0
#endif
#ifdef R_FORGETS_ACCEPTED
  :: receiver[self].accepted = 0
#endif
  od
}

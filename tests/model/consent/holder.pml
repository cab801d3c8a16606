// An honest holder, where its decisions matter: it locks when it learns of a revocation, and counts a detached grant.
// Its requests need no rule of their own: the provider answers whatever it could have asked, at any time.
#ifdef HOLDER_DECIDES

#ifdef H_IGNORES_REVOCATION
#define LOCKED(g) false
#else
#define LOCKED(g) HAS(holder_learned, g)
#endif

// A detached grant is counted by its holder; nobody else sees all uses.
#ifdef H_IGNORES_USES
#define HOLDER_USED_UP(c, r) false
#else
#define HOLDER_USED_UP(c, r) (!HAS(sent_detached, USE(c, r)) && SIZE(sent_detached) >= USES(0))
#endif

proctype Holds() {
  byte i;
  bit c, r, g;
  do
  :: atomic {
      permits > 0 ->
      if
      :: i = 0
      :: permits > 1 -> i = 1
      :: permits > 2 -> i = 2
      fi;
      d_step {
        if
        :: !HAS(sent, i) && !LOCKED(permit[i].grant) ->
          sent = sent | BIT(i);
          printf("send permit=%d.%d.%d.%d\n", permit[i].grant, permit[i].carrier, permit[i].receiver, permit[i].from);
          assert(!HAS(history.holder_learned, permit[i].grant))
        :: else
        fi;
        i = 0
      }
    }
  :: atomic {
      either(c);
      either(r);
      d_step {
        if
        :: NAMES(0, r) && !LOCKED(0) && !HOLDER_USED_UP(c, r) ->
          sent_detached = sent_detached | BIT(USE(c, r));
          printf("send detached carrier=%d receiver=%d\n", c, r);
          assert(!HAS(history.holder_learned, 0))
        :: else
        fi;
        c = 0; r = 0
      }
    }
  :: atomic {
      revocations & ~holder_learned ->
      either(g);
      d_step {
        holder_learned = holder_learned | (revocations & BIT(g));
        history.holder_learned = history.holder_learned | (revocations & BIT(g));
        printf("learn holder known=%d\n", holder_learned);
        g = 0
      }
    }
  od
}
#endif

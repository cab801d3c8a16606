// Consent among four authorities (protocol, section 8): a provider, a holder, receiver 0 and receiver 1.
//
// The network keeps every statement for ever and shows any of them to anybody at any time, or never: that is loss,
// repetition, replay and reordering in one. In the main configuration the holder and receiver 1 are malicious: they
// ask the provider for anything, show receiver 0 any mixture of what they hold and what they can make up, and claim
// what they like. They cannot sign as somebody else. With -D HONEST nobody is malicious and the network is as bad.
//
// The model's ticks are the provider's clock; a receiver's differs from it by at most SKEW, anew at each reading.
//
// The properties are assertions over what happened (`history`, which no rule reads), not over what an authority
// remembers: one that forgets breaks them. run_model names the configurations and what each must show.

#define LIFE 2    // ticks of a permit
#define MARGIN 1  // a receiver's tolerance for what is not valid yet
#define SKEW 1
#ifndef LAST
#define LAST 5    // a history has the ticks 0 to LAST
#endif
#ifndef PERMITS
#define PERMITS 2  // and at most so many permits
#endif

// A permit is accepted until its end by the receiver's clock; LENIENT receivers grant the margin there too.
#ifdef LENIENT
#define END_MARGIN MARGIN
#else
#define END_MARGIN 0
#endif
#ifndef BOUND
#define BOUND (LIFE + MARGIN)  // ticks from the signing of a permit to an acceptance
#endif

// Two grants of the provider, signed before the history begins; two carriers, each forwards an original.
#ifdef DETACHED
#define DETACHED_GRANT(g) (g == 0)
#define UNTIL(g) (LAST - 1 + g)
#else
#define DETACHED_GRANT(g) false
#define UNTIL(g) (g == 0 -> 3 : LAST)
#endif
#define FROM(g) (1 - g)
#define USES(g) (1 + g)
#define NAMES(g, r) (g == 1 || r == world.receiver)
#define ORIGINAL(g) (g && world.other_original)
#define CARRIED(c) (c && world.other_original)
#define BY_HOLDER(c) (c == 0 || !world.foreign)

// What attackers show instead of a grant or permit the provider signed. What they made up fits in everything else.
#define MADE_UP_GRANT 2
#define MADE_UP PERMITS
#define NO_PERMIT (PERMITS + 1)

// What a decision was made on beside its own line, for decisions that are read apart from their histories.
#ifdef DECISIONS
#define SAY_MEMORY(known, used)                                                                                      \
  printf("world=%d.%d.%d known=%d spent=%d ", world.receiver, world.other_original, world.foreign, known, used)
#else
#define SAY_MEMORY(known, used) skip
#endif

#define BIT(x) (1 << (x))
#define HAS(set, x) ((set >> (x)) & 1)
#define USE(c, r) (2 * (c) + (r))  // what a use is spent on
#define SIZE(set) (HAS(set, 0) + HAS(set, 1) + HAS(set, 2) + HAS(set, 3))

typedef World {      // chosen at the beginning of a history
  bit receiver;      // the one grant 0 names; grant 1 names both
  bit other_original; // grant 1 is for another original, and carrier 1 carries it
  bit foreign        // carrier 1 is written by receiver 1
};
World world;
byte now;

// What was signed or sent, and may turn up at any time.
typedef Permit {
  bit grant;
  bit carrier;
  bit receiver;
  byte from;
  bit lived  // history: the consent lived when this was signed
};
Permit permit[3];
byte permits;
byte revocations;    // of grants
byte sent;           // by an honest holder: permits beside their carriers
byte sent_detached;  // by an honest holder: uses of the detached grant

typedef Provider { byte revoked; byte spent[2] };
typedef Receiver { byte learned; byte accepted; byte refused };
Provider provider;
Receiver receiver[2];
byte holder_learned;

typedef History {
#ifdef SHOW_RACE
  byte revoked_at;     // grant 0
#endif
  byte permitted[2];   // uses of a grant that have a permit, and no refusal by their receiver
  byte accepted[2];    // uses of a grant that an honest receiver accepted
  byte effects[4];     // how often an honest receiver took that carrier in
  byte learned[2];     // revocations that reached a receiver
  byte holder_learned  // and the holder
};
History history;

#if defined(HONEST) && defined(DETACHED)
#define HOLDER_DECIDES
#endif

#ifdef HONEST
#define HONEST_RECEIVER(r) true
#else
#define HONEST_RECEIVER(r) (r == 0)
#endif
// A malicious receiver signs whatever suits.
#define REFUSED_BY(r, c) (!HONEST_RECEIVER(r) || HAS(receiver[r].refused, c))
#define LOCKED_BY(r, g) (!HONEST_RECEIVER(r) || HAS(receiver[r].learned, g))

inline either(x) {
  if
  :: x = 0
  :: x = 1
  fi
}

#include "provider.pml"
#include "receiver.pml"
#include "holder.pml"

proctype Time() {
  do
  :: now < LAST -> atomic {
      now++;
      printf("tick now=%d\n", now)
    }
  od
}

init {
  atomic {
#ifdef DETACHED
    either(world.receiver);
#endif
#ifndef HONEST
    if
    :: true
    :: world.other_original = 1
    :: world.foreign = 1
    fi;
#endif
    printf("world receiver=%d other_original=%d foreign=%d\n",
           world.receiver, world.other_original, world.foreign);
    run Time();
    run Answers_requests();
    run Signs_and_revokes();
    run Receives(0);
#ifdef HONEST
    run Receives(1);
#endif
#ifdef HOLDER_DECIDES
    run Holds();
#endif
  }
}

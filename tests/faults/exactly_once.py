#!/usr/bin/python3
"""G6 and G8: messages over a link that loses, repeats and reorders packets, and for moments carries nothing back, while both
ends are killed again and again. Each has exactly one entry in the inbox, one in the journal and one receipt, the same bytes
at both ends; nothing is left in the outbox a minute after the link is well; the dispatches have no gap.

exactly_once.py BUILD [--long] [--unprotected] [SEED]. Needs root, /dev/net/tun. Unprotected, the receiver's log stays in its
memory, so that a kill loses what it has given receipts for.
"""

import contextlib
import sys

import fault_trial  # first: it says where the others are

import interruption
import lossy_link
from authorities import Failed
from fault_trial import promised

FAULTS = {"repeat": 20, "hold": 20}  # percent of the packets, in both directions
LOSS = 10
HEALED_WITHIN = 60                   # seconds
MOST_BEFORE_A_KILL = 0.4


def queued(cn):
    state = cn.status()
    return int(state.get("queued", 0)) if state else 0


class Kills:
    """Of either end in turn, while messages are on their way."""

    def __init__(self, pair, link, held):
        self.pair, self.link, self.held = pair, link, held
        self.made = self.under_way = self.deaf = 0

    def kill(self):
        pair, chance = self.pair, self.pair.chance
        if self.made % 3 == 1:  # what comes back is lost: receipts, and TCP's own answers
            self.deaf += 1
            self.link.fault(loss=(LOSS, 100), **FAULTS)
        interruption.pause(chance, MOST_BEFORE_A_KILL)
        victim = (pair.cn, pair.ru)[self.made % 2]
        victim.kill()
        self.made += 1
        self.link.fault(loss=(LOSS, LOSS), **FAULTS)
        under_way = victim is pair.ru and queued(pair.cn) > 0  # asked while nobody could take them
        with promised("it opens again"):
            victim.start(preload=self.held if victim is pair.ru else None)
        self.under_way += under_way or queued(pair.cn) > 0


def bring_up(base, running, options, link):
    both = [lossy_link.AtEnd(base, name, options.build, end, host)
            for name, end, host in zip(interruption.NAMES, link.ends, lossy_link.ADDRESSES)]
    return interruption.Correspondence(*interruption.meet(*both, running), base, options, per_round=200)


def exchange(base, running, options):
    rounds = options.figure(10, 100, 4)
    held = options.faulty("faulty_calls", call="write", path=".db-wal", how="held") if options.unprotected else None
    with contextlib.closing(lossy_link.Link(options.chance.randrange(2**32))) as link:
        pair = bring_up(base, running, options, link)
        if held:
            pair.ru.stop()
            pair.ru.start(preload=held)
        link.fault(loss=(LOSS, LOSS), **FAULTS)
        kills = Kills(pair, link, held)
        for _ in range(rounds):
            pair.round(kills.kill)
        left, counts = queued(pair.cn), link.count()
        link.fault()
        pair.settle(HEALED_WITHIN)
        total, proofs = pair.check(options.figure(200, 1000))
    pair.say(f"kills, with messages under way in {kills.under_way} and nothing coming back in {kills.deaf}", total, proofs)
    print(f"{left} on their way when the link was well again; packets: "
          + " ".join(f"{name} {count}" for name, count in counts.items()), flush=True)
    pair.floor(200 * rounds, rounds // 20)
    if kills.under_way < rounds // 5 or kills.deaf == 0 or min(counts.values()) < total // 20:
        raise Failed("this shows little: messages under way in a fifth of the kills, a twentieth as many packets of each fate")


if __name__ == "__main__":
    sys.exit(fault_trial.main("link", exchange))

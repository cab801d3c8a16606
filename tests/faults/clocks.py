#!/usr/bin/python3
"""G22: the clock of either end, or of both, flickers by a second, or jumps by an hour or ten years, forward or back, and comes
right again, while messages pass. What was acknowledged is delivered once; what is dated ahead waits until that time; what
was refused because ten years had retired its seal key goes again by itself; new messages pass once the clocks are right.

clocks.py BUILD [--long] [--unprotected] [SEED]. Needs libfaketime. Unprotected, the clock of the receiver stays ten years back.
"""

import datetime
import sys
import time

import fault_trial  # first: it says where the others are

import interruption
import trial
from authorities import Failed, wait_for
from clocked import HOUR, SEEN_AFTER, YEAR, Clocked
from fault_trial import Broken, promised
from trial import Load

MARGIN = datetime.timedelta(seconds=120)
RIGHT_WITHIN = 60  # seconds until messages pass again
JUMPS = ((HOUR, "+1 h"), (-HOUR, "-1 h"), (10 * YEAR, "+10 y"), (-10 * YEAR, "-10 y"))
SHORT = {"sender +1 h", "receiver +1 h", "receiver -1 h", "receiver +10 y", "both +10 y", "sender -10 y"}
PER_JUMP = 8


class Trial:
    def __init__(self, pair):
        self.pair, self.both, self.refused = pair, (pair.cn, pair.ru), 0
        self.patience = RIGHT_WITHIN

    def set(self, seconds, *whose):
        for authority in whose:
            authority.set_clock(seconds)
        time.sleep(SEEN_AFTER)
        for authority in self.both:
            authority.check_alive()

    def submit(self):
        """What is acknowledged, if anything is."""
        self.pair.rounds += 1
        load = Load(self.pair.cn, self.pair.ru, PER_JUMP, self.pair.rounds, per_frame=4)
        answered, refused, _ = load.answers()
        self.refused += len(refused) + (not answered)
        self.pair.acknowledged.update(((self.pair.rounds, draft), message) for draft, message in answered.items())
        return set(answered.values())

    def right(self, what):
        """Clocks are right: new messages pass, and nothing waits but what is dated ahead."""
        self.set(0, *self.both)
        new = set()

        def accepted():
            new.update(self.submit())
            return bool(new)
        with promised(f"after {what}"):
            wait_for(accepted, "new messages are accepted", self.patience)
            wait_for(lambda: not self.late(), "they pass", self.patience)
        for seen in self.pair.seen:
            seen.look()
        print(f"ok {what}: {len(self.waiting())} wait, {self.refused} refused until now", flush=True)

    def waiting(self):
        return [view for view in trial.box(self.pair.cn, "outbox") if stage_of(view) == "queued"]

    def late(self):
        """What waits and is not dated ahead."""
        now = datetime.datetime.now(datetime.timezone.utc) + MARGIN
        return [view for view in self.waiting() if datetime.datetime.fromisoformat(view["created"]) < now]

    def jump(self, seconds, whose, what):
        self.set(seconds, *whose)
        self.submit()
        time.sleep(1)
        self.right(what)

    def strobe(self, times):
        for number in range(times):
            for authority in self.both:
                authority.set_clock(self.pair.chance.choice((-1, 1)))
            if number % 5 == 0:
                self.submit()
            time.sleep(0.5)
        self.right(f"{times} strobes")


def stage_of(view):
    (delivery,) = view["deliveries"]
    return delivery["stage"]


def check(pair):
    """Everything acknowledged was delivered once, or refused for its key and sent again as another message, which was."""
    sent, received = trial.box(pair.cn, "outbox"), trial.box(pair.ru, "inbox")
    delivered = {view["id"] for view in sent if stage_of(view) == "delivered"}
    again = {view["reissueOf"] for view in sent if view["id"] in delivered and view["reissueOf"]}
    refused = {view["id"] for view in sent if stage_of(view) == "refused"}
    for view in sent:
        if view["id"] in refused and [reason["code"] for reason in view["deliveries"][0]["reasons"]] != ["E-KEY-RETIRED"]:
            raise Broken(f"refused: {view['deliveries']}")
    if len({view["id"] for view in sent}) != len(sent) or len({view["id"] for view in received}) != len(received):
        raise Broken("something is there twice")
    if set(pair.acknowledged.values()) - delivered - refused:
        raise Broken("something acknowledged is neither delivered nor refused")
    if again != refused:
        raise Broken(f"{len(refused)} were refused for their key, {len(again)} of {len(again | refused)} delivered again")
    if {view["id"] for view in received} != delivered:
        raise Broken(f"{len(delivered)} delivered, {len(received)} in the inbox")
    trial.check_stores(pair.cn, pair.ru)
    return len(delivered), len(refused), sum(seen.check(pair.base, pair.chance) for seen in pair.seen)


def play(base, running, options):
    both = [Clocked(base, name, options.build) for name in interruption.NAMES]
    pair = interruption.Correspondence(*interruption.meet(*both, running), base, options)
    run = Trial(pair)
    run.right("the start")
    if options.unprotected:
        run.both, run.patience = (pair.cn,), 8
        pair.ru.set_clock(-10 * YEAR)
        time.sleep(SEEN_AFTER)
        run.right("a clock that stays wrong")
    for _ in range(options.figure(1, 5)):
        run.strobe(options.figure(10, 100))
        for seconds, name in JUMPS:
            for whose, who in (((pair.cn,), "sender"), ((pair.ru,), "receiver"), (run.both, "both")):
                if options.long or f"{who} {name}" in SHORT:
                    run.jump(seconds, whose, f"{who} {name}")
    run.set(HOUR + 60, *run.both)  # that hour has gone by
    with promised("what was dated ahead is delivered when that time has come"):
        wait_for(lambda: not run.waiting(), "nothing waits", RIGHT_WITHIN)
    delivered, refused, proofs = check(pair)
    print(f"{pair.rounds} loads, {run.refused} refused under wrong clocks, {len(pair.acknowledged)} acknowledged, {delivered} "
          f"delivered once, {refused} of them sent again under another key; {proofs} proofs of the journals hold", flush=True)
    if len(pair.acknowledged) < PER_JUMP * pair.rounds // 2:
        raise Failed("this shows little")


if __name__ == "__main__":
    sys.exit(fault_trial.main("clocks", play))

#!/usr/bin/python3
"""Kills daemons with SIGKILL at random moments under load: nothing acknowledged is lost, nothing is there twice.

kill_loop.py BUILD [KILLS [SEED]]: sender and receiver are killed in turn while notices are submitted to the sender over its
desk. Every draft of a round that the kill left unanswered is submitted again under its idempotency key. At the end every
acknowledged id is once in the sender's outbox and once in the receiver's inbox, every store passes fsck, and enough was
acknowledged for that to mean something.
"""

import random
import sys
import time
from pathlib import Path

import authorities
import trial
from authorities import Failed, wait_for
from trial import Load

FLOOR = 1000          # acknowledged in all
PER_ROUND = 256


def one_round(cn, ru, seed, chance):
    """Load, a kill at a random moment, the daemon again, the same load again: returns what was acknowledged, and how much
    of it before the kill."""
    victim = cn if seed % 2 else ru
    load = Load(cn, ru, PER_ROUND, seed)
    time.sleep(chance.uniform(0.02, 0.25))
    victim.kill()
    # Up again before the answers are read: a load that had not reached the daemon yet waits for it.
    victim.start()
    first, refused, code = load.answers()
    if refused:
        raise Failed(f"round {seed}: refused {refused[:3]}")
    if code == 0:
        return first, len(first)
    second, refused, code = Load(cn, ru, PER_ROUND, seed).answers()
    if code != 0 or refused or len(second) != PER_ROUND:
        raise Failed(f"round {seed}: the second run was not answered: exit {code}, {len(second)} answers {refused[:3]}")
    for draft, message in first.items():
        if second[draft] != message:
            raise Failed(f"round {seed}: draft {draft} was acknowledged as {message}, then as {second[draft]}")
    return second, len(first)


def check(cn, ru, acknowledged):
    wait_for(lambda: trial.answered(cn), "everything answered by the receiver", 120)
    sent, received = trial.ids(cn, "outbox"), trial.ids(ru, "inbox")
    for name, ids in (("outbox", sent), ("inbox", received)):
        if len(ids) != len(set(ids)):
            raise Failed(f"{name}: something is there twice")
    lost = set(acknowledged) - set(sent)
    if lost:
        raise Failed(f"{len(lost)} acknowledged messages are not in the outbox, {sorted(lost)[0]} first")
    if set(sent) != set(received):
        raise Failed(f"outbox and inbox differ by {len(set(sent) ^ set(received))}")
    trial.check_stores(cn, ru)
    return len(sent)


def kill_often(base, running, build, kills, chance):
    by_code = authorities.bring_up(base, ["cn-example", "ru-example"], build, keep=running)
    cn, ru = by_code["cn"], by_code["ru"]
    acknowledged, before_kill, alive = [], 0, 0
    for number in range(1, kills + 1):
        answers, early = one_round(cn, ru, number, chance)
        acknowledged += answers.values()
        before_kill += early
        alive += early > 0
    stored = check(cn, ru, acknowledged)
    print(f"{kills} kills, {len(acknowledged)} acknowledged ({before_kill} of them before a kill, in {alive} rounds), "
          f"{stored} stored at both ends, 0 lost, 0 double")
    if before_kill < FLOOR * kills // 100 or alive < kills * 6 // 10:
        raise Failed("too little was acknowledged for this to mean anything")


def main():
    build, kills = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    chance = random.Random(trial.seed_of(sys.argv[3:]))
    return trial.play("kills", lambda base, running: kill_often(base, running, build, kills, chance))


if __name__ == "__main__":
    sys.exit(main())

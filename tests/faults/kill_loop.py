#!/usr/bin/python3
"""G1: daemons are killed with SIGKILL at random moments under load, and while they open their stores again. Nothing that
was acknowledged is lost, nothing is there twice, and each checkpoint is a continuation of the one before.

kill_loop.py BUILD [--long] [--unprotected] [SEED]. Unprotected, the log of the sender's store stays in its memory, as if it
answered before it wrote.
"""

import sys

import fault_trial
import interruption
from fault_trial import promised

ACKNOWLEDGED = 50  # a kill, at least
WHILE_OPENING = 4  # one kill of so many is followed by another


def kill(victim, chance, preload=None):
    interruption.pause(chance, 0.003)
    victim.kill()
    if chance.randrange(WHILE_OPENING) == 0:
        victim.launch(preload)
        interruption.pause(chance, 0.1)
        victim.kill()
    with promised("it opens again"):
        victim.start(preload=preload)


def kill_often(base, running, options):
    kills = options.figure(100, 1000, 4)
    pair = interruption.Correspondence.on_loopback(base, running, options)
    held = options.faulty("faulty_calls", call="write", path=".db-wal", how="held") if options.unprotected else None
    if held:
        pair.cn.stop()
        pair.cn.start(preload=held)
    for number in range(kills):
        victim, preload = (pair.ru, None) if number % 2 else (pair.cn, held)
        pair.round(lambda v=victim, p=preload: kill(v, options.chance, p))
    pair.say("kills", *pair.check(options.figure(200, 5000)))
    pair.floor(ACKNOWLEDGED * kills, kills // 20)


if __name__ == "__main__":
    sys.exit(fault_trial.main("kills", kill_often))

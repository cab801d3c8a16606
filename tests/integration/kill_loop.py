#!/usr/bin/python3
"""Kills daemons with SIGKILL at random moments under load: nothing acknowledged is lost, nothing is there twice.

kill_loop.py BUILD [KILLS]: sender and receiver are killed in turn while notices are submitted to the sender over its
desk. Every draft of a round that the kill left unanswered is submitted again under its idempotency key. At the end every
acknowledged id is once in the sender's outbox and once in the receiver's inbox, every store passes fsck, and enough was
acknowledged for that to mean something.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import authorities
from authorities import Failed, wait_for

FLOOR = 1000          # acknowledged in all
PER_ROUND = 256


class Load:
    """One run of desk-load, reading its answers as they come."""

    def __init__(self, authority, recipient, count, seed):
        officer = authority.person("officer")
        self.process = subprocess.Popen(
            [authority.build / "tests/support/desk-load", authority.socket(), authority.directory / "keys/anchor.pem",
             authority.directory / f"people/{officer}.key", authority.directory / f"people/{officer}.pem", recipient,
             str(count), str(seed), "0", "16"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def answers(self):
        out, _ = self.process.communicate(timeout=120)
        acknowledged, refused = {}, []
        for line in out.splitlines():
            words = line.split()
            if len(words) == 4 and words[0] in ("ok", "again"):
                acknowledged[int(words[1])] = words[2]
            elif len(words) == 3 and words[0] == "refused":
                refused.append(words[2])
        return acknowledged, refused, self.process.returncode


def one_round(cn, ru, seed, chance):
    """Load, a kill at a random moment, the daemon again, the same load again: returns what was acknowledged, and how much
    of it before the kill."""
    victim = cn if seed % 2 else ru
    load = Load(cn, ru.name, PER_ROUND, seed)
    time.sleep(chance.uniform(0.02, 0.25))
    victim.kill()
    # Up again before the answers are read: a load that had not reached the daemon yet waits for it.
    victim.start()
    first, refused, code = load.answers()
    if refused:
        raise Failed(f"round {seed}: refused {refused[:3]}")
    if code == 0:
        return first, len(first)
    second, refused, code = Load(cn, ru.name, PER_ROUND, seed).answers()
    if code != 0 or refused or len(second) != PER_ROUND:
        raise Failed(f"round {seed}: the second run was not answered: exit {code}, {len(second)} answers {refused[:3]}")
    for draft, message in first.items():
        if second[draft] != message:
            raise Failed(f"round {seed}: draft {draft} was acknowledged as {message}, then as {second[draft]}")
    return second, len(first)


def everything(authority, box):
    """All ids of a box, page by page, duplicates and all."""
    ids, before = [], 0
    while True:
        data = json.loads(authority.must(box, "-o", "json", "--limit", "1000", "--before", str(before),
                                         context=authority.person("officer")))["data"]
        ids += [view["id"] for view in data.get("messages", [])]
        before = int(data.get("next", 0))
        if before == 0:
            return ids


def queued(authority):
    answer = authority.run("status", "-o", "json", context="admin")
    return int(json.loads(answer.out)["data"].get("queued", 0)) if answer.code == 0 else None


def check(cn, ru, acknowledged):
    wait_for(lambda: queued(cn) == 0, "everything answered by the receiver", 120)
    sent, received = everything(cn, "outbox"), everything(ru, "inbox")
    for name, ids in (("outbox", sent), ("inbox", received)):
        if len(ids) != len(set(ids)):
            raise Failed(f"{name}: something is there twice")
    lost = set(acknowledged) - set(sent)
    if lost:
        raise Failed(f"{len(lost)} acknowledged messages are not in the outbox, {sorted(lost)[0]} first")
    if set(sent) != set(received):
        raise Failed(f"outbox and inbox differ by {len(set(sent) ^ set(received))}")
    for authority in (cn, ru):
        authority.stop()
        report = authority.fsck()
        if report.code != 0:
            raise Failed(f"{authority.name}: fsck: {report.out}{report.err}")
    return len(sent)


def main():
    build, kills = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(time.time()) if len(sys.argv) < 4 else int(sys.argv[3])
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    everybody = []
    with tempfile.TemporaryDirectory(prefix="chancery-kills-") as base:
        try:
            by_code = authorities.bring_up(base, ["cn-example", "ru-example"], build, keep=everybody)
            cn, ru = by_code["cn"], by_code["ru"]
            acknowledged, before_kill, alive = [], 0, 0
            for number in range(1, kills + 1):
                answers, early = one_round(cn, ru, number, chance)
                acknowledged += answers.values()
                before_kill += early
                alive += early > 0
            stored = check(cn, ru, acknowledged)
        except Failed as failure:
            for authority in everybody:
                print(f"---- {authority.name}\n{authority.tail()}")
            print(f"FAILED: {failure}")
            return 1
        finally:
            for authority in everybody:
                authority.kill()
    print(f"{kills} kills, {len(acknowledged)} acknowledged ({before_kill} of them before a kill, in {alive} rounds), "
          f"{stored} stored at both ends, 0 lost, 0 double")
    if before_kill < FLOOR * kills // 100 or alive < kills * 6 // 10:
        print("FAILED: too little was acknowledged for this to mean anything")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

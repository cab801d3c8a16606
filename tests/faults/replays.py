#!/usr/bin/python3
"""G7: what was taken in comes again, after kills and restarts of the receiver and with its clock a month and a quarter ahead.
It has no second effect and gets the same receipt: the statement, its place and the signature, byte for byte.

replays.py BUILD [--long] [--unprotected] [SEED]. Frames of kz-example are recorded on their way and sent again under its own
certificate. Needs libfaketime. Unprotected, the log of the receiver's store stays in its memory.
"""

import re
import sys
import time

import fault_trial  # first: it says where the others are

import append_only
import http2
import malformed
import trial
from authorities import Failed, wait_for
from clocked import DAY, SEEN_AFTER, Clocked
from fault_trial import Broken, promised
from mutation import encode, parse


class Receiver(Clocked, malformed.Behind):
    pass


def receipts_of(answer):
    """By message: statement, proof and signature, as they came."""
    for octets in answer.messages():
        tree = parse(octets)
        blocks = [encode(node.content) for node in tree if node.field == 1]
        for node in tree:
            if node.field == 6:
                fields = {inner.field: inner.content for inner in node.content}
                index = next((inner.content for inner in fields[2] if inner.field == 1), 0)
                proof = encode([inner for inner in fields[2] if inner.field != 1])
                yield re.search(rb"^message (.*)$", fields[1], re.MULTILINE).group(1), (fields[1], proof, blocks[index])


class Replays:
    def __init__(self, world, frames, expected):
        self.world, self.expected, self.made = world, {id.encode() for id in expected}, 0
        self.frames = b"".join(map(http2.message, frames))
        self.first = {}

    def send(self, times, least):
        """`least` of the messages are answered each time; the guard may end a connection before the last answers."""
        attack = malformed.PeerAttack(self.world)
        for _ in range(times):
            attack.connect()
            answered = dict(receipts_of(attack.send(self.frames)))
            if len(answered.keys() & self.expected) < least:
                raise Broken(f"{len(answered)} of {len(self.expected)} messages were answered by a receipt")
            for message, receipt in answered.items():
                if self.first.setdefault(message, receipt) != receipt:
                    raise Broken(f"another receipt for {message.decode()}")
            self.made += len(answered)

    def check_once(self):
        got = sorted(view["id"].encode() for view in trial.box(self.world.cn, "inbox")
                     if view["originator"] == self.world.kz.name)
        if got != sorted(self.expected):
            raise Broken(f"{len(got)} messages in the inbox, {len(self.expected)} were sent")


def restart(world, preload):
    world.cn.kill()
    with promised("it opens again"):
        world.cn.start(preload=preload)


def play(base, running, options):
    preload = options.faulty("faulty_calls", call="write", path=".db-wal", how="held") if options.unprotected else None
    world = malformed.World(base, options.build, running, behind=Receiver)
    seen = append_only.Seen(world.cn)
    arrived, held, expected, _ = malformed.record(world)
    world.cn.stop()
    world.cn.start(preload=preload)
    replays = Replays(world, arrived + held, expected)
    wait_for(lambda: not replays.send(1, 0) and len(replays.first.keys() & replays.expected) == len(expected),
             "every message was taken in", 30)
    times = options.figure(40, 700, 10) // 5
    for clock in (0, 0, 30 * DAY, 90 * DAY, 0):
        world.cn.set_clock(clock)
        for _ in range(3):
            restart(world, preload)
            seen.look()
        time.sleep(SEEN_AFTER)
        replays.send(times, 1)
        replays.check_once()
    trial.check_stores(world.cn)
    entries = append_only.query(world.cn, base, "SELECT entry FROM journal WHERE message IS NOT NULL")
    accepted = sum(bool(re.search(rb"\nact accepted\n.*\nsubject kz-example\n", entry)) for (entry,) in entries)
    if accepted != len(expected):
        raise Broken(f"{accepted} entries that a message was taken in, {len(expected)} messages")
    proofs = seen.check(base, options.chance)
    print(f"{replays.made} replays of {len(expected)} messages over 15 kills and clocks up to 90 days ahead: the same receipts, "
          f"no second effect; {proofs} proofs of the journal hold", flush=True)
    if replays.made < options.figure(500, 10000, 0):
        raise Failed("this shows little")


if __name__ == "__main__":
    sys.exit(fault_trial.main("replays", play))

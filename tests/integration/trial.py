"""What long trials of real daemons share: their frame, honest traffic, and what has to hold at the end."""

import itertools
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from authorities import Failed

SEEDS = itertools.count(1)
# Of a notice that is an exercise; its text follows.
HEAD = """---
agreement: sco-2009
threats: sco-2009/2/3
directions: sco-2009/3/5, sco-2009/3/16
label: {label}
to: {to}
exercise: yes
---
"""


def play(name, act):
    """The exit code of `act(base, running)`: whom it adds to `running` is stopped in the end, and heard when it failed."""
    running = []
    with tempfile.TemporaryDirectory(prefix=f"chancery-{name}-") as base:
        try:
            act(Path(base), running)
        except Failed as failure:
            for authority in running:
                print(f"---- {authority.name}\n{authority.tail(40)}")
            print(f"FAILED: {failure}")
            return 1
        finally:
            for authority in running:
                authority.kill()
    return 0


def seed_of(words):
    """The first of the words if there is one, else the time; printed, so that it can be played again."""
    seed = int(words[0]) if words else int(time.time())
    print(f"seed {seed}", flush=True)
    return seed


class Load:
    """One run of desk-load: an officer submits open notices, each under a key that the seed and its number make."""

    PATIENCE = 60  # seconds without an answer
    WITHIN = 300  # seconds for all
    GRACE = 5  # seconds to notice that the daemon ended

    def __init__(self, sender, recipient, count, seed, per_frame=16):
        self.sender = sender
        stem = sender.directory / "people" / sender.person("officer")
        self.out = tempfile.TemporaryFile("w+")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [sender.build / "tests/support/desk-load", sender.socket(), sender.directory / "keys/anchor.pem",
             f"{stem}.key", f"{stem}.pem", recipient.name, str(count), str(seed), "0", str(per_frame)],
            stdout=self.out, stderr=subprocess.DEVNULL)

    def await_answers(self, count):
        """Until so many are there, or there will be no more."""
        seen, deadline = 0, time.monotonic() + self.PATIENCE
        while seen < count and self.process.poll() is None:
            if time.monotonic() > deadline:
                self.process.kill()
                raise Failed(f"no answer within {self.PATIENCE} s")
            time.sleep(0.001)
            there = os.pread(self.out.fileno(), 1 << 20, 0).count(b"\n")
            if there > seen:
                seen, deadline = there, time.monotonic() + self.PATIENCE

    def end(self, within):
        """Whoever submits gives up after so many seconds."""
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def finish(self):
        """Until it has ended by itself. If the daemon ended before it was reached, nobody will answer."""
        deadline = time.monotonic() + self.WITHIN
        while self.process.poll() is None:
            if self.sender.process is None or self.sender.process.poll() is not None:
                self.end(self.GRACE)
            elif time.monotonic() > deadline:
                self.process.kill()
                raise Failed(f"the load had not ended after {self.WITHIN} s")
            time.sleep(0.005)

    def answers(self):
        """Ids of what was acknowledged by draft, codes of what was refused, and 0 when all was answered."""
        self.finish()
        self.out.seek(0)
        acknowledged, refused = {}, []
        for line in self.out.read().splitlines():
            words = line.split()
            if len(words) == 4 and words[0] in ("ok", "again"):
                acknowledged[int(words[1])] = words[2]
            elif len(words) == 3 and words[0] == "refused":
                refused.append(words[2])
        return acknowledged, refused, self.process.returncode


def submit(sender, recipient, count, per_frame=1):
    """The ids of so many new notices."""
    acknowledged, refused, code = Load(sender, recipient, count, next(SEEDS), per_frame).answers()
    if code != 0 or len(acknowledged) != count:
        raise Failed(f"{sender.name} could not submit: exit {code}, {len(acknowledged)} of {count}, refused {refused[:3]}")
    return set(acknowledged.values())


def answered(*senders):
    """Whether nothing of theirs waits for an answer of its recipient."""
    states = [sender.status() for sender in senders]
    return all(state is not None and int(state.get("queued", 0)) == 0 for state in states)


def box(authority, which):
    """All messages of its inbox or outbox as its officer sees them, page by page, duplicates and all."""
    views, before = [], 0
    while True:
        page = json.loads(authority.must(which, "-o", "json", "--limit", "1000", "--before", str(before),
                                         context=authority.person("officer")))["data"]
        views += page.get("messages", [])
        before = int(page.get("next", 0))
        if before == 0:
            return views


def ids(authority, which):
    return [view["id"] for view in box(authority, which)]


def tell(story, *steps):
    for step in steps:
        step(story)
        print(f"ok {step.__name__}", flush=True)


def check_logs(texts, *everybody):
    """No text of a message stands in any log."""
    for authority in everybody:
        if any(text in authority.log.read_text() for text in texts):
            raise Failed(f"{authority.name}: text of a message in the log")


def check_stores(*everybody):
    """Each stops as told, and its store holds its own checks."""
    for authority in everybody:
        daemon = authority.process
        authority.stop(60)
        if daemon.returncode != 0:
            raise Failed(f"{authority.name}: stopped with {daemon.returncode}")
        report = authority.fsck()
        if report.code != 0:
            raise Failed(f"{authority.name}: fsck: {report.out}{report.err}")

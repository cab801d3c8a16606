"""What long trials of real daemons share: their frame, honest traffic, and what has to hold at the end."""

import itertools
import json
import subprocess
import tempfile
import time
from pathlib import Path

from authorities import Failed

SEEDS = itertools.count(1)


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

    def __init__(self, sender, recipient, count, seed, per_frame=16):
        stem = sender.directory / "people" / sender.person("officer")
        self.process = subprocess.Popen(
            [sender.build / "tests/support/desk-load", sender.socket(), sender.directory / "keys/anchor.pem",
             f"{stem}.key", f"{stem}.pem", recipient.name, str(count), str(seed), "0", str(per_frame)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def answers(self):
        """Ids of what was acknowledged by draft, codes of what was refused, and 0 when all was answered."""
        out, _ = self.process.communicate(timeout=120)
        acknowledged, refused = {}, []
        for line in out.splitlines():
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

#!/usr/bin/python3
"""G5: either end runs out of memory under load: allocations fail by chance, its address space is limited, or the kernel kills
it in a group with too little (the last needs root and a memory controller). It may end as it likes; nothing acknowledged is
lost or there twice, and with memory it opens and works again.

memory.py BUILD [--long] [--unprotected] [SEED]. Unprotected, the log of the sender's store stays in its memory.
"""

import contextlib
import os
import re
import resource
import sys
from pathlib import Path

import fault_trial  # first: it says where the others are

import interruption
from authorities import Failed
from fault_trial import Broken, promised
from trial import Load

PER_RUN = 32
PATIENCE = 10  # seconds of a person, with a daemon that answers no more
CGROUPS = (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"))


def size_of(authority, field):
    """Of its daemon, in bytes: `VmSize`, its address space; `RssAnon`, what is in memory and of no file."""
    status = Path(f"/proc/{authority.process.pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024


@contextlib.contextmanager
def group():
    """A memory group of our own and the file of its limit; nothing where none can be made."""
    for root, limit in CGROUPS:
        folder = Path(root) / f"chancery-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            if (folder / limit).exists():
                yield folder, folder / limit
                return
        finally:
            folder.rmdir()
    print("SKIPPED: kills by the kernel need root and a memory controller", flush=True)
    yield None


class Trial:
    def __init__(self, pair, options, memory_group, runs):
        self.pair, self.options, self.group = pair, options, memory_group
        self.typical = {authority.name: (size_of(authority, "VmSize"), size_of(authority, "RssAnon"))
                        for authority in (pair.cn, pair.ru)}
        self.ways = {"allocations": self.allocations, "address space": self.address_space}
        if memory_group:
            self.ways["group"] = self.in_group
        self.each = runs // len(self.ways)
        self.tried = dict.fromkeys(self.ways, 0)
        self.felt = dict.fromkeys(self.ways, 0)
        self.ends = {}

    def part(self, way, least, most):
        """Each run of a way is in a step of its own from the least to the most, so that some feel it and some do not."""
        self.tried[way] += 1
        return least + (most - least) * ((self.tried[way] - 1) % self.each + self.pair.chance.random()) / self.each

    def allocations(self, victim):
        """While it opens and after it serves; the first time so often that it is felt however little it needs."""
        one_in = (300, 3000, 30000)[self.tried["allocations"] % 3]
        return {"preload": self.options.faulty("faulty_memory", after=int(self.part("allocations", 20000, 120000)),
                                               one_in=one_in)}

    def address_space(self, victim):
        """From too little to open to all that it had; much of that it reserves and does not need, the more the more
        processors there are."""
        most = int(self.typical[victim.name][0] * self.part("address space", 0.05, 1.3))
        return {"prepare": lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most))}

    def in_group(self, victim):
        """Pages of files, its programs and libraries among them, are given back when there is too little."""
        folder, limit = self.group
        limit.write_text(str(int(self.typical[victim.name][1] * self.part("group", 0.2, 1.3))), encoding="ascii")
        return {"prepare": lambda: (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")}

    def run(self, victim, way, more=None):
        pair = self.pair
        pair.rounds += 1
        victim.stop()
        how = self.ways[way](victim)
        if more:
            how["preload"] = {**how.get("preload", {}), **more, "LD_PRELOAD": ":".join(filter(None, (
                how.get("preload", {}).get("LD_PRELOAD"), more["LD_PRELOAD"])))}
        try:
            victim.start(**how, wait=10)
        except Failed:
            pass  # not enough to open
        early = {}
        if victim.process.poll() is None:
            load = Load(pair.cn, pair.ru, PER_RUN, pair.rounds, per_frame=4)
            load.end(PATIENCE)
            early, _ = pair.take(load, way)
            pair.alive += bool(early)
        code = victim.process.poll()
        self.felt[way] += code is not None or len(early) < PER_RUN
        self.ends[code] = self.ends.get(code, 0) + 1
        victim.kill()
        with promised(f"{way}: with memory it opens again"):
            victim.start()
        again = Load(pair.cn, pair.ru, PER_RUN, pair.rounds, per_frame=16)
        if len(pair.take(again, way)[0]) != PER_RUN:
            raise Broken(f"{way}: with memory it does not work again")
        for seen in pair.seen:
            seen.look()


def play(base, running, options):
    pair = interruption.Correspondence.on_loopback(base, running, options, PER_RUN)
    for authority in (pair.cn, pair.ru):
        authority.FOREIGN = ("",)  # without memory its libraries write what they like
    runs = options.figure(12, 200, 6)
    with group() as memory_group:
        trial = Trial(pair, options, memory_group, runs)
        held = options.faulty("faulty_calls", call="write", path=".db-wal", how="held") if options.unprotected else None
        ways = list(trial.ways)
        for number in range(runs):
            victim = pair.cn if number // len(ways) % 2 == 0 else pair.ru
            trial.run(victim, ways[number % len(ways)], held)
    total, proofs = pair.check()
    pair.say(f"runs without memory, felt {trial.felt}, ended by {trial.ends}", total, proofs)
    if sum(trial.felt.values()) < runs // 3 or min(trial.felt.values()) == 0 or pair.alive < runs // 6:
        raise Failed("this shows little")


if __name__ == "__main__":
    sys.exit(fault_trial.main("memory", play))

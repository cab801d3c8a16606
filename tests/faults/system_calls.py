#!/usr/bin/python3
"""G3: one system call of the sender's store fails, at any place of opening, work and closing: with EIO or ENOSPC, done by half,
done and reported as failed, or with the end of the process. Nothing acknowledged is lost or there twice; after an error of the
log nothing more is acknowledged and the daemon ends with 70; without the fault the store opens again.

system_calls.py BUILD [--long] [--unprotected] [SEED]. Unprotected, the call and all after it are not done and nobody hears of
it, as on a disk that takes nothing any more, under a store that does not look at its errors.
"""

import contextlib
import mmap
import struct
import subprocess
import sys

import fault_trial  # first: it says where the others are

import interruption
from authorities import Failed
from fault_trial import Broken, promised
from trial import Load

WAYS = {
    "write": ("eio", "enospc", "short", "torn-kill", "done-eio", "kill"),
    "fdatasync": ("eio", "done-eio", "kill"),
    "fsync": ("eio", "done-eio", "kill"),
    "truncate": ("eio", "done-eio"),
    "open": ("eio", "enospc"),
    "rename": ("eio", "enospc", "done-eio", "kill"),
}
ENDS_IT = ("torn-kill", "kill")  # by a signal
LOG_FAILS = ("eio", "done-eio")  # of a write or sync of the log
PER_POINT = 24
STORE_FAILED = 70
ENDS_WITHIN = 20  # seconds
WHEN = ("work", "opening", "closing")
NEVER = 2**64 - 1


class Count:
    """How many calls the daemon has made, and which of them fails: FAULTY_COUNT."""

    def __init__(self, path):
        path.write_bytes(struct.pack("=QQ", 0, NEVER))
        with open(path, "r+b") as file:
            self.numbers = mmap.mmap(file.fileno(), 16)

    def seen(self):
        return struct.unpack_from("=Q", self.numbers)[0]

    def fail_next(self, number):
        """The so manieth from now."""
        struct.pack_into("=Q", self.numbers, 8, self.seen() + number)


class Point:
    """One run of the daemon with one fault, at the so manieth call of a phase; none without a number."""

    def __init__(self, pair, options, call, how, phase="", number=0):
        self.pair, self.cn, self.call, self.how, self.phase, self.number = pair, pair.cn, call, how, phase, number
        self.told = pair.base / "told"
        self.told.unlink(missing_ok=True)
        self.count = Count(pair.base / "count")
        self.calls = dict.fromkeys(WHEN, 0)
        # The checkpoint beside the store would notice what is left out.
        where = self.cn.directory / "state" if how == "ignored" else self.cn.directory
        self.preload = options.faulty("faulty_calls", call=call, how=how, path=f"{where}/", tell=self.told,
                                      count=pair.base / "count")

    def __str__(self):
        return f"{self.call} {self.how} at {self.number} of {self.phase or 'nothing'}"

    def hit(self):
        """The path of the call that failed, empty before."""
        if not self.told.exists():
            return ""
        return self.told.read_text(encoding="utf-8").splitlines()[0].split(" ", 1)[1]

    @contextlib.contextmanager
    def during(self, phase):
        before = self.count.seen()
        if phase == self.phase:
            self.count.fail_next(self.number)
        try:
            yield
        finally:
            self.calls[phase] = self.count.seen() - before

    def open(self):
        try:
            self.cn.start(preload=self.preload)
        except Failed:
            if self.cn.process.poll() is None or not self.hit():
                raise
            return False
        return True

    def play(self):
        """Opens, works and closes with the fault. Whether it cut the load."""
        with self.during("opening"):
            opened = self.open()
        cut = opened and self.work()
        with self.during("closing"):
            if self.cn.process.poll() is None:
                self.cn.process.terminate()
            code = self.ended()
        if code < 0 and not (self.how in ENDS_IT and self.hit()):
            raise Broken(f"{self}: the daemon ended by signal {-code}")
        return cut

    def work(self):
        with self.during("work"):
            load = Load(self.cn, self.pair.ru, PER_POINT, self.pair.rounds, per_frame=2)
            load.finish()
        failed = self.hit() if self.call in ("write", "fdatasync") and self.how in LOG_FAILS else ""
        if failed.endswith("-wal"):
            code = self.ended()
            if code != STORE_FAILED:
                raise Broken(f"{self}: the log failed, and the daemon ended with {code}")
        self.pair.alive += bool(self.pair.take(load, self)[0])
        return load.process.returncode != 0

    def ended(self):
        try:
            return self.cn.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            raise Broken(f"{self}: the daemon did not end") from None

    def repeat(self):
        """Without the fault: opens, and answers what it was asked."""
        with promised(f"{self}, which was {self.hit() or 'no call'}: it opens again"):
            self.cn.start()
        load = Load(self.cn, self.pair.ru, PER_POINT, self.pair.rounds, per_frame=24)
        answered, refused = self.pair.take(load, self)
        if len(answered) != PER_POINT:
            raise Broken(f"{self}, which was {self.hit()}: it does not work again, {len(answered)} answered, refused {refused[:3]}")
        self.cn.kill()


def count(pair, options, call):
    """How many of these calls each phase of a run without a fault has."""
    point = Point(pair, options, call, "eio")
    pair.rounds += 1
    point.play()
    point.repeat()
    return point.calls


def points(counted, options):
    """Of every call and every way, as often as it takes, and of every phase that has such calls: work first."""
    if options.unprotected:
        return [("write", "ignored", "work")] * 12
    ways = [(call, how) for call, hows in WAYS.items() for how in hows]
    chosen = []
    for time in range(options.figure(2, 20)):
        for call, how in ways:
            phases = [phase for phase in WHEN if counted[call][phase]]
            first = time == 0 or len(phases) == 1
            chosen.append((call, how, phases[0] if first else options.chance.choice(phases[1:])))
    return chosen


class Trial:
    def __init__(self, pair, options, counted):
        self.pair, self.options, self.counted = pair, options, counted
        self.hits = self.in_work = self.cut = 0

    def run(self, call, how, phase):
        """No two runs make as many calls: where there were too few, nearer to the beginning of the phase. At work in the
        first half of the load, so that some of it is still to be answered."""
        calls = self.counted[call][phase]
        number = self.options.chance.randint(1, max(1, calls // 2) if phase == "work" else calls)
        while not self.hits_at(call, how, phase, number) and number > 1:
            number //= 2

    def hits_at(self, call, how, phase, number):
        self.pair.rounds += 1
        point = Point(self.pair, self.options, call, how, phase, number)
        cut = point.play()
        hit = point.hit()
        point.repeat()
        for seen in self.pair.seen:
            seen.look()
        self.hits += bool(hit)
        # What ends the daemon before the load has its answers cuts it.
        ends_it = how in ENDS_IT or (how in LOG_FAILS and hit.endswith("-wal") and call in ("write", "fdatasync"))
        self.in_work += bool(hit) and phase == "work" and ends_it
        self.cut += cut
        self.pair.cut += cut
        return bool(hit)


def fault_all(base, running, options):
    pair = interruption.Correspondence.on_loopback(base, running, options, PER_POINT)
    pair.cn.stop()
    counted = {call: count(pair, options, call) for call in ({"write"} if options.unprotected else WAYS)}
    for call, phases in counted.items():
        print(f"calls of a run: {call}: " + ", ".join(f"{phase} {number}" for phase, number in phases.items()), flush=True)
    pair.alive = pair.cut = 0
    trial = Trial(pair, options, counted)
    chosen = points(counted, options)
    for call, how, phase in chosen:
        trial.run(call, how, phase)
    pair.cn.start()
    total, proofs = pair.check()
    pair.say(f"runs, {trial.hits} with a call that failed, {trial.in_work} of them ended the daemon at work", total, proofs)
    if trial.hits < len(chosen) * 4 // 5 or pair.cut < len(chosen) // 10 or pair.alive < len(chosen) // 3:
        raise Failed(f"this shows little: {trial.hits} hits of {len(chosen)}, {pair.cut} loads cut, {pair.alive} answered in part")


if __name__ == "__main__":
    sys.exit(fault_trial.main("calls", fault_all))

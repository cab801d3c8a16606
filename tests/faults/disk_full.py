#!/usr/bin/python3
"""G4: the disk of an authority is full, and has room again. Nothing acknowledged is lost; what is refused meanwhile may be sent
again; what is there is read and proved, refusals are journalled; when there is room everything goes on within 5 s, without a
restart.

disk_full.py BUILD [--long] [--unprotected] [SEED]. The store and the last checkpoint lie on a tmpfs of their own. Needs root.
Unprotected, nothing is kept back: the reserve is an empty file.
"""

import os
import re
import subprocess
import sys
import time

import fault_trial  # first: it says where the others are

import authorities
import interruption
import trial
from authorities import ROOT, Authority, Failed, wait_for
from fault_trial import NEW_MOUNTS, Broken, apart, promised
from trial import Load

SIZE = 192 << 20  # of which 64 MiB have to be free before anything is taken in again
RETRY = {"E-DISK-FULL", "E-NOT-NOW"}
AGAIN_WITHIN = 5  # seconds
ACKNOWLEDGED, REFUSED = 100, 40  # a round, at least


class OnTmpfs(Authority):
    """An authority whose state and last checkpoint lie on a file system that can be filled."""

    unprotected = False

    def initialise(self, party_status):
        super().initialise(party_status)
        self.root = self.directory / "disk"
        self.root.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", self.root], check=True)
        (self.directory / "state").rmdir()
        (self.root / "state").mkdir(mode=0o700)
        (self.directory / "state").symlink_to("disk/state")
        settings = self.directory / "daemon.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('checkpoint_file = "', 'checkpoint_file = "disk/'), encoding="utf-8")

    def fill(self):
        """To the last byte; of the reserve too where it protects nothing."""
        reserve = self.root / "state/reserve"
        if self.unprotected and reserve.exists():
            os.truncate(reserve, 0)
        with open(self.root / "ballast", "ab", buffering=0) as ballast:
            for size in (1 << 20, 4096, 1):
                try:
                    while ballast.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass

    def make_room(self):
        (self.root / "ballast").unlink()

    def health(self):
        return subprocess.run([self.build / "daemon/chanceryd", "health", "--config", self.directory / "daemon.toml"],
                              capture_output=True, check=False).returncode

    def metric(self, pattern):
        done = subprocess.run(["curl", "-sS", "--max-time", "10", "--unix-socket", self.directory / "metrics.sock",
                               "http://local/metrics"], capture_output=True, text=True, check=True)
        found = re.search(rf"^{pattern} (\S+)$", done.stdout, re.M)
        return float(found.group(1)) if found else 0


class Story:
    def __init__(self, base, running, options):
        self.cn, self.ru = (OnTmpfs(base, "cn-example", options.build), Authority(base, "ru-example", options.build))
        self.cn.unprotected = options.unprotected
        interruption.meet(self.cn, self.ru, running)
        self.acknowledged, self.owed, self.seed = set(), set(), 0
        self.folders = 0
        self.draft = self.cn.must("send", ROOT / "config/demo/notice-for-ru.md", "--yes", "-o", "id",
                                  context="wang").split()[-1]

    def load(self, count, per_frame=4):
        """What was acknowledged and with which codes the others were refused."""
        self.seed += 1
        taken, refused, _ = Load(self.cn, self.ru, count, self.seed, per_frame).answers()
        self.acknowledged |= set(taken.values())
        return set(taken.values()), refused

    def fill_up(self):
        """Under load, until nothing is taken in."""
        self.cn.fill()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            _, refused = self.load(64)
            self.only_retry(refused)
            if refused and self.cn.metric("chancery_store_full") == 1:
                return
            self.cn.fill()
        raise Broken("filled to the last byte, and the daemon does not know it")

    def only_retry(self, refused):
        others = set(refused) - RETRY
        if others:
            raise Broken(f"a full disk refuses with {others}")

    def while_full(self):
        """What goes on, again and again."""
        told = self.cn.metric('chancery_refusals_total\\{act="approval-refused",reason="E-ROLE"\\}')
        with promised("readiness"):
            wait_for(lambda: self.cn.health() == 10, "NOT_SERVING while the disk is full", AGAIN_WITHIN)
        some = sorted(self.acknowledged)[:3]
        inbox = trial.ids(self.cn, "inbox")[:12]
        for number, message in enumerate(inbox):
            self.expect("reading", self.cn.run("show", message, context="wang"))
            self.expect("proving", self.cn.run("export", some[number % 3], "--as", "signature", "-O",
                                               self.folder(), context="zhao"))
            refused = self.cn.run("approve", self.draft, "--yes", context="wang")
            if refused.code != 6:
                raise Broken(f"a refusal by the rules: exit {refused.code} {refused.err}")
        journalled = self.cn.metric('chancery_refusals_total\\{act="approval-refused",reason="E-ROLE"\\}') - told
        if journalled != len(inbox):
            raise Broken(f"{journalled} of {len(inbox)} refusals are in the journal")

    def folder(self):
        self.folders += 1
        return self.cn.directory / f"evidence-{self.folders}"

    def expect(self, what, result):
        if result.code != 0:
            raise Broken(f"{what} while the disk is full: exit {result.code} {result.err}")

    def round(self):
        pid = self.cn.process.pid
        before, _ = self.load(128)
        self.owed |= trial.submit(self.ru, self.cn, 16)
        wait_for(lambda: trial.answered(self.cn, self.ru), "answered before", 60)
        self.fill_up()
        taken, refused = self.load(64)
        self.only_retry(refused)
        arriving = trial.submit(self.ru, self.cn, 4)
        self.owed |= arriving
        self.while_full()
        if arriving & set(trial.ids(self.cn, "inbox")):
            raise Failed("the disk was not full")
        self.cn.make_room()
        room = time.monotonic()
        with promised("it goes on by itself"):
            wait_for(lambda: self.cn.health() == 0 and self.load(1)[0], "serving again", AGAIN_WITHIN)
        self.cn.check_alive()
        if self.cn.process.pid != pid:
            raise Broken("restarted")
        print(f"ok {len(before)} acknowledged, then {len(refused)} refused and {len(taken)} not, room after "
              f"{time.monotonic() - room:.1f} s", flush=True)
        if len(before) < ACKNOWLEDGED or len(refused) < REFUSED:
            raise Failed("too little was acknowledged or refused")

    def check(self):
        with promised("nothing is lost"):
            wait_for(lambda: trial.answered(self.cn, self.ru), "everything answered", 120)
        for sender, receiver, ids in ((self.cn, self.ru, self.acknowledged), (self.ru, self.cn, self.owed)):
            there = trial.ids(receiver, "inbox")
            if len(there) != len(set(there)) or ids - set(there) or ids - set(trial.ids(sender, "outbox")):
                raise Broken(f"{sender.name}: {len(ids - set(there))} lost, {len(there) - len(set(there))} double")
        with promised("the stores hold"):
            trial.check_stores(self.cn, self.ru)


def fill_often(base, running, options):
    apart(NEW_MOUNTS, "a file system that only this test sees")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    story = None
    try:
        story = Story(base, running, options)
        for _ in range(options.figure(3, 30, 3)):
            story.round()
        story.check()
        print(f"{len(story.acknowledged)} acknowledged and {len(story.owed)} received, none lost, none double", flush=True)
    finally:
        for authority in running:
            authority.kill()
        subprocess.run(["umount", "-l", base / "cn/disk"], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(fault_trial.main("full", fill_often))

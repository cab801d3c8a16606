#!/usr/bin/python3
"""G2: the power of either end fails under load. What its file system was not told to sync is gone; nothing acknowledged is
lost, nothing is there twice, and the store opens without a person.

power_loss.py BUILD [--long] [--unprotected] [SEED]. The store of each end lies on a file system of its own in a file, which is
shut down without writing its log (EXT4_IOC_SHUTDOWN) and mounted again. Needs root and loop devices. Unprotected, the daemon's
syncs are done by nobody: a kill would not show that.
"""

import fcntl
import os
import shutil
import struct
import subprocess
import sys

import fault_trial  # first: it says where the others are

import interruption
from authorities import Authority
from fault_trial import NEW_MOUNTS, Missing, apart, promised

SIZE = "512M"
SHUTDOWN, WITHOUT_LOG = 0x8004587D, 2  # _IOR('X', 125, __u32); EXT4_GOING_FLAGS_NOLOGFLUSH
# The kernel writes by itself every so many seconds, not within a round; and not because a file was renamed.
OPTIONS = "loop,commit=600,noauto_da_alloc"
ACKNOWLEDGED = 50  # a loss, at least


class OnDisk(Authority):
    """An authority whose state and last checkpoint lie on a file system of their own."""

    def initialise(self, party_status):
        super().initialise(party_status)
        self.disk, self.root = self.directory / "disk.img", self.directory / "disk"
        subprocess.run(["truncate", "-s", SIZE, self.disk], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.disk], check=True)
        self.root.mkdir()
        self.mount()
        (self.directory / "state").rmdir()
        (self.directory / "state").symlink_to("disk/state")
        (self.root / "state").mkdir(mode=0o700)
        settings = self.directory / "daemon.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('checkpoint_file = "', 'checkpoint_file = "disk/'), encoding="utf-8")

    def mount(self):
        done = subprocess.run(["mount", "-o", OPTIONS, self.disk, self.root], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"loop devices: {done.stderr.strip()}")

    def lose_power(self):
        """Ends the daemon, then what its file system has not written yet. In this order, because ext4 says of a sync that is
        under way when it is shut down that it was done (seen with Linux 6.18)."""
        self.kill()
        root = os.open(self.root, os.O_RDONLY)
        fcntl.ioctl(root, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
        os.close(root)
        subprocess.run(["umount", self.root], check=True)
        self.mount()


def lose(victim, chance, preload):
    interruption.pause(chance, 0.003)
    victim.lose_power()
    with promised("it opens again without a person"):
        victim.start(preload=preload)


def lose_often(base, running, options):
    apart(NEW_MOUNTS, "file systems that only this test sees")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    losses = options.figure(10, 200, 6)
    preload = options.faulty("faulty_calls", call="fdatasync,fsync", how="ignored") if options.unprotected else None
    pair = [OnDisk(base, name, options.build) for name in interruption.NAMES]
    try:
        both = interruption.Correspondence(*interruption.meet(*pair, running), base, options)
        if preload:
            pair[0].stop()
            os.sync()
            pair[0].start(preload=preload)
        for number in range(losses):
            victim = pair[number % 2]
            both.round(lambda v=victim: lose(v, options.chance, preload if v is pair[0] else None))
        both.say("losses of power", *both.check(options.figure(200, 1000)))
        both.floor(ACKNOWLEDGED * losses, losses // 10)
    finally:
        for authority in pair:
            authority.kill()
            subprocess.run(["umount", "-l", authority.directory / "disk"], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(fault_trial.main("power", lose_often))

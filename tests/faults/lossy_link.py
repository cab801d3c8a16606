"""Two network namespaces and the link between them, in user space: packets are lost, repeated and reordered by chance.

The kernel's own (`tc netem`) is a module that many kernels do not have. Needs root and /dev/net/tun.
"""

import fcntl
import heapq
import multiprocessing
import os
import random
import select
import struct
import subprocess
import time

from authorities import Authority
from fault_trial import LIBC, NEW_NETWORK, Missing, apart

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
ADDRESSES = ("10.78.0.1", "10.78.0.2")
HELD_BACK = 0.01     # seconds of a packet that others overtake
SHORTEST_WAIT = "10ms"  # until TCP sends again: the link is short, so little time goes by while it is idle
COUNTED = ("passed", "lost", "repeated", "reordered")


class End:
    """A namespace and what its kernel sends into the link."""

    def __init__(self, address, other):
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        apart(NEW_NETWORK, "a network of its own for each end of the link")
        try:
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN | IFF_NO_PI))
        except OSError as error:
            raise Missing(f"/dev/net/tun: {error.strerror}") from error
        for words in (f"address add {address}/32 dev tun0", "link set tun0 up", "link set lo up",
                      f"route add {other} dev tun0 rto_min {SHORTEST_WAIT}"):
            subprocess.run(["ip", *words.split()], check=True)
        self.network = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        LIBC.setns(here, NEW_NETWORK)
        os.close(here)

    def enter(self):
        if LIBC.setns(self.network, NEW_NETWORK) != 0:
            raise OSError("setns")


class Link:
    """Between two ends; clean until it is told otherwise. Chances are percentages: of loss for each direction, of repetition
    and of being held back for both."""

    def __init__(self, seed):
        self.ends = (End(*ADDRESSES), End(*reversed(ADDRESSES)))
        self.chances = multiprocessing.Array("i", [0, 0, 0, 0])
        self.counts = multiprocessing.Array("l", [0] * len(COUNTED))
        self.process = multiprocessing.get_context("fork").Process(target=self.carry, args=(seed,), daemon=True)
        self.process.start()

    def fault(self, loss=(0, 0), repeat=0, hold=0):
        self.chances[:] = [*loss, repeat, hold]

    def count(self):
        return dict(zip(COUNTED, self.counts))

    def close(self):
        self.process.terminate()
        self.process.join()

    def carry(self, seed):
        chance, number, held = random.Random(seed), 0, []
        tuns = [end.tun for end in self.ends]
        while True:
            wait = max(0, held[0][0] - time.monotonic()) if held else None
            ready = select.select(tuns, [], [], wait)[0]
            loss, repeat, hold = self.chances[:2], self.chances[2], self.chances[3]
            for source in ready:
                direction = tuns.index(source)
                other = tuns[1 - direction]
                for packet in waiting(source):
                    if chance.uniform(0, 100) < loss[direction]:
                        self.counts[1] += 1
                        continue
                    self.counts[0] += 1
                    if chance.uniform(0, 100) < hold:
                        self.counts[3] += 1
                        number += 1
                        heapq.heappush(held, (time.monotonic() + HELD_BACK, number, other, packet))
                    else:
                        put(other, packet)
                    if chance.uniform(0, 100) < repeat:
                        self.counts[2] += 1
                        put(other, packet)
            while held and held[0][0] <= time.monotonic():
                _, _, other, packet = heapq.heappop(held)
                put(other, packet)


def waiting(tun):
    """Some of the packets that are there."""
    for _ in range(32):
        try:
            yield os.read(tun, 65536)
        except BlockingIOError:
            return


def put(tun, packet):
    try:
        os.write(tun, packet)
    except OSError:
        pass  # the other end is not up: lost


class AtEnd(Authority):
    """An authority whose daemon lives at one end of a link."""

    def __init__(self, base, name, build, end, host):
        super().__init__(base, name, build)
        self.end, self.HOST = end, host  # pylint: disable=invalid-name

    def launch(self, preload=None, prepare=None):
        super().launch(preload, self.end.enter)

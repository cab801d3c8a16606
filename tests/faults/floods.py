#!/usr/bin/python3
"""Floods below the messages, against a real daemon: the peer that floods is cut, others go on, memory stays bounded.

floods.py BUILD [SEED]: cn-example is flooded, by kz-example as a pinned peer and by strangers from another address, while
ru-example sends it notices. Peers' floods are of HTTP/2 frames that cost the sender a few bytes; each is made on a daemon
that was just started, because the first cut bars the authority.
"""

import os
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

import authorities  # noqa: E402  pylint: disable=wrong-import-position
import http2  # noqa: E402  pylint: disable=wrong-import-position
import trial  # noqa: E402  pylint: disable=wrong-import-position
from authorities import Failed, wait_for  # noqa: E402  pylint: disable=wrong-import-position
from http2 import frame  # noqa: E402  pylint: disable=wrong-import-position

CUT_WITHIN = 5.0             # seconds
MEMORY = 128 << 20           # above the baseline: G20
DESK_MEMORY = 512 << 20      # 256 and what comes in until it is noticed
DESK_KEPT = 96 << 20         # of it, when the flood is over
EXCHANGE_WITHIN = 10.0       # seconds, for 16 notices beside a flood
NOTICES = 16
MOST = 1 << 30               # bytes of a flood, should nobody cut it
STRANGER = "127.0.0.2"
CONNECTIONS = 700


# ---- what a pinned peer can send for little; each yields pieces until the connection breaks

def rapid_reset():
    """CVE-2023-44487: calls opened and taken back at once."""
    stream = 1
    while True:
        piece = b""
        for _ in range(500):
            piece += http2.headers(stream) + frame(http2.RST_STREAM, 0, stream, b"\0\0\0\x08")
            stream += 2
        yield piece


def reset_with_body():
    stream = 1
    while True:
        piece = b""
        for _ in range(200):
            piece += http2.headers(stream) + http2.data(stream, http2.message(b"x" * 50))
            piece += frame(http2.RST_STREAM, 0, stream, b"\0\0\0\x08")
            stream += 2
        yield piece


def made_you_reset():
    """CVE-2025-8671: calls that make the server reset them."""
    stream = 1
    while True:
        piece = b""
        for _ in range(500):
            piece += http2.headers(stream) + frame(http2.WINDOW_UPDATE, 0, stream, b"\0\0\0\0")
            stream += 2
        yield piece


def overflown_window():
    """The same by a window beyond 2^31 - 1, which ends the stream alone."""
    stream = 1
    while True:
        piece = b""
        for _ in range(500):
            piece += http2.headers(stream) + frame(http2.WINDOW_UPDATE, 0, stream, b"\x7f\xff\xff\xff")
            stream += 2
        yield piece


def data_after_the_end():
    """The same by data on a stream we ended."""
    stream = 1
    while True:
        piece = b""
        for _ in range(500):
            piece += http2.headers(stream, flags=http2.END_HEADERS | http2.END_STREAM) + frame(http2.DATA, 0, stream)
            stream += 2
        yield piece


def pings():
    while True:
        yield frame(http2.PING, 0, 0, b"12345678") * 1000


def settings():
    while True:
        yield http2.settings([(3, 100), (4, 65535)]) * 1000


def empty_data():
    yield http2.headers(1)
    while True:
        yield frame(http2.DATA, 0, 1) * 1000


def empty_continuations():
    """CVE-2024-27316: a block of headers that never ends."""
    yield http2.headers(1, flags=0)
    while True:
        yield frame(http2.CONTINUATION, 0, 1) * 1000


def endless_headers():
    yield http2.headers(1, flags=0)
    block = http2.hpack([("x-" + "a" * 20, "b" * 200)]) * 50
    while True:
        yield frame(http2.CONTINUATION, 0, 1, block)


def big_metadata():
    """Calls with more metadata than is taken."""
    stream = 1
    while True:
        yield http2.headers(stream, more=[("x-" + "a" * 20, "b" * 12000)])
        stream += 2


def header_bomb():
    """One long field kept in the table, then named by one byte, again and again."""
    kept = http2.hpack(http2.call_fields(http2.DELIVER)) + http2.hpack([("x-bomb", "b" * 3900)], keep=True)
    yield frame(http2.HEADERS, http2.END_HEADERS, 1, kept)
    stream = 3
    while True:
        block = http2.hpack(http2.call_fields(http2.DELIVER)) + b"\xbe" * 12000
        yield frame(http2.HEADERS, http2.END_HEADERS, stream, block)
        stream += 2


def window_updates():
    while True:
        yield frame(http2.WINDOW_UPDATE, 0, 0, b"\0\0\0\x01") * 1000


def unknown_frames():
    while True:
        yield frame(0xfa, 0, 0, b"x" * 100) * 200


def empty_messages():
    """Frames of the protocol itself that say nothing."""
    yield http2.headers(1)
    while True:
        yield http2.data(1, http2.message(b"") * 1000)


def nonsense_streams():
    """Calls that are taken, each with a frame that is not one."""
    stream = 1
    while True:
        piece = b""
        for _ in range(8):
            piece += http2.headers(stream) + http2.data(stream, http2.message(b"\xff"), http2.END_STREAM)
            stream += 2
        yield piece


FLOODS = [rapid_reset, reset_with_body, made_you_reset, overflown_window, data_after_the_end, pings, settings,
          empty_data, empty_continuations, endless_headers, big_metadata, header_bomb, window_updates, unknown_frames,
          empty_messages, nonsense_streams]


def empty_answers():
    """Of whom we dialled: data without content on the stream we opened."""
    while True:
        yield frame(http2.DATA, 0, 1) * 1000


# What one that was dialled can send.
DIALLED = [pings, settings, window_updates, unknown_frames, empty_answers]


# ---- watching

class Memory(threading.Thread):
    """The peak of a process's resident memory."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.path, self.peak, self.over = Path(f"/proc/{pid}/statm"), 0, threading.Event()
        self.first = self.now()
        self.start()

    def now(self):
        try:
            return int(self.path.read_text().split()[1]) * 4096
        except OSError:
            return 0

    def run(self):
        while not self.over.wait(0.02):
            self.peak = max(self.peak, self.now())

    def growth(self):
        self.over.set()
        self.join()
        return max(0, self.peak - self.first)


def kind_of(descriptor):
    try:
        return os.readlink(descriptor)
    except OSError:
        return ""  # closed meanwhile


class World:
    def __init__(self, base, build, running):
        by_code = authorities.bring_up(base, ["cn-example", "ru-example", "kz-example"], build, keep=running)
        self.cn, self.ru, self.kz = by_code["cn"], by_code["ru"], by_code["kz"]
        # A peer like every other, until it attacks: its daemon runs no more then.
        self.kz.stop()
        self.identity = http2.identity_of(self.kz.directory / "keys/tls")

    def restart(self):
        self.cn.stop()
        self.cn.start()
        wait_for(lambda: authorities.connected(self.ru, 1), "ru-example connected again", 30)

    def exchange(self):
        """Seconds until so many notices of ru-example are answered by cn-example."""
        start = time.monotonic()
        trial.submit(self.ru, self.cn, NOTICES, per_frame=4)
        wait_for(lambda: trial.answered(self.ru), "notices of ru-example answered", 60)
        return time.monotonic() - start

    def sockets(self):
        """Descriptors of TCP connections in cn-example's daemon. It may be looking at its own Desk, over a Unix socket."""
        process = Path(f"/proc/{self.cn.process.pid}")
        tcp = {f"socket:[{line.split()[9]}]" for table in ("tcp", "tcp6")
               for line in (process / "net" / table).read_text().splitlines()[1:]}
        return sum(kind_of(entry) in tcp for entry in (process / "fd").iterdir())


def pour(connection, pieces):
    """Sends until the connection breaks: seconds and bytes until then; no seconds when it did not. A daemon that cut us
    may be busy with what it has received, so a send that waits is no break by itself: the end shows to whoever reads."""
    start, sent = time.monotonic(), 0
    connection.socket.settimeout(1)
    try:
        for piece in pieces:
            connection.send(piece)
            sent += len(piece)
            if sent > MOST or time.monotonic() - start > 2 * CUT_WITHIN:
                return None, sent
    except TimeoutError:
        return (time.monotonic() - start if connection.ended(2 * CUT_WITHIN) else None), sent
    except OSError:
        pass
    return time.monotonic() - start, sent


def polite_nonsense(world):
    """A call after the other, each answered, each with a frame that is not one: the log is not filled."""
    world.restart()
    before, calls = world.cn.log.stat().st_size, 0
    client = http2.Client(world.cn.port, world.identity)
    start = time.monotonic()
    while time.monotonic() - start < CUT_WITHIN and not client.ended_by_them:
        client.call(http2.DELIVER, http2.message(b"\xff"))
        calls += 1
    took = time.monotonic() - start
    client.close()
    lines = world.cn.log.read_bytes()[before:].count(b"\n")
    print(f"{'polite_nonsense':20} {calls} calls  {took:5.2f} s  {lines} lines in the log", flush=True)
    if not client.ended_by_them or lines > 400:
        raise Failed(f"polite_nonsense: {calls} calls in {took:.1f} s, {lines} lines in the log")


def flood(world, make):
    world.restart()
    memory, before = Memory(world.cn.process.pid), world.sockets()
    outcome = {}

    def attack():
        with http2.Connection(world.cn.port, world.identity) as connection:
            outcome["cut"], outcome["sent"] = pour(connection, make())

    attacker = threading.Thread(target=attack)
    attacker.start()
    took = world.exchange()
    attacker.join()
    growth = memory.growth()
    wait_for(lambda: world.sockets() <= before, f"{make.__name__}: its connection is given up", 10)
    world.cn.check_alive()
    cut, sent = outcome.get("cut"), outcome.get("sent", 0)
    line = f"{make.__name__:20} {sent >> 10:6} KiB  cut after {cut or -1:5.2f} s  +{growth >> 20:4} MiB  exchange {took:5.2f} s"
    print(line, flush=True)
    if cut is None or cut > CUT_WITHIN:
        raise Failed(f"{make.__name__}: was not cut")
    if growth > MEMORY:
        raise Failed(f"{make.__name__}: memory grew by {growth >> 20} MiB")
    if took > EXCHANGE_WITHIN:
        raise Failed(f"{make.__name__}: an exchange beside it took {took:.1f} s")


def dialled(world, make):
    """The peer that floods is one that cn-example dialled: cut and barred all the same, and not dialled for a while."""
    world.cn.stop()
    with http2.Listening(world.kz.port, world.identity) as kz:
        world.cn.start()
        connection = kz.accept(world.cn.process.pid, 30)
        memory = Memory(world.cn.process.pid)
        outcome = {}

        def attack():
            outcome["cut"], outcome["sent"] = pour(connection, make())
            connection.close()

        attacker = threading.Thread(target=attack)
        attacker.start()
        wait_for(lambda: authorities.connected(world.ru, 1), "ru-example connected again", 30)
        took = world.exchange()
        attacker.join()
        growth = memory.growth()
        try:
            again = kz.accept(world.cn.process.pid, 5)
            again.close()
            raise Failed(f"dialled {make.__name__}: dialled again at once")
        except TimeoutError:
            pass
    world.cn.check_alive()
    cut = outcome.get("cut")
    print(f"{'dialled ' + make.__name__:20} {outcome.get('sent', 0) >> 10:6} KiB  cut after {cut or -1:5.2f} s  +{growth >> 20:4} MiB  "
          f"exchange {took:5.2f} s", flush=True)
    if cut is None or cut > CUT_WITHIN or growth > MEMORY or took > EXCHANGE_WITHIN:
        raise Failed(f"dialled {make.__name__}: cut {cut}, memory {growth >> 20} MiB, exchange {took:.1f} s")
    if 'connection="dialled' not in world.cn.log.read_text():
        raise Failed(f"dialled {make.__name__}: nothing in the log")


def no_window(world):
    """A peer that takes nothing: what we have for it waits, others are served, and it does not keep us from stopping."""
    world.restart()
    with http2.Connection(world.cn.port, world.identity, initial_settings=[(4, 0)]) as connection:
        connection.send(b"".join(http2.headers(stream) for stream in range(1, 121, 2)))
        trial.submit(world.cn, world.kz, NOTICES, per_frame=4)
        took = world.exchange()
        world.cn.stop()
    print(f"{'no_window':20} 60 streams  exchange {took:5.2f} s", flush=True)
    if took > EXCHANGE_WITHIN:
        raise Failed(f"no_window: an exchange beside it took {took:.1f} s")


# ---- our own people

def desk_resets(first):
    """500 calls with a frame each, taken back before they are answered."""
    return b"".join(http2.headers(stream, http2.PREVIEW) + http2.data(stream, http2.message(b"\x0a\x00"), http2.END_STREAM)
                    + frame(http2.RST_STREAM, 0, stream, b"\0\0\0\x08") for stream in range(first, first + 1000, 2))


def desk_flood(world):
    """Calls taken back at the desk, where the kernel counts no bytes: held by the memory they cost, which comes back."""
    world.restart()
    memory = Memory(world.cn.process.pid)
    identity = http2.identity_of(world.cn.directory / "people" / world.cn.person("officer"))

    def attack():
        for _ in range(3):
            try:
                with http2.Connection(world.cn.socket(), identity) as connection:
                    pour(connection, (desk_resets(1 + 1000 * piece) for piece in range(30)))
            except OSError:
                pass  # cut before it was greeted

    attackers = [threading.Thread(target=attack) for _ in range(10)]
    for attacker in attackers:
        attacker.start()
    took = world.exchange()
    for attacker in attackers:
        attacker.join()
    wait_for(lambda: world.cn.status() is not None and memory.now() - memory.first < DESK_KEPT,
             "desk_flood: served again, and its memory came back", 20)
    growth = memory.growth()
    print(f"{'desk_flood':20} +{growth >> 20:4} MiB  exchange {took:5.2f} s", flush=True)
    if 'connection="unix:' not in world.cn.log.read_text() or growth > DESK_MEMORY:
        raise Failed(f"desk_flood: nobody was cut, or memory grew by {growth >> 20} MiB")
    if took > EXCHANGE_WITHIN:
        raise Failed(f"desk_flood: an exchange beside it took {took:.1f} s")


# ---- strangers

def silent_and_slow(world):
    """Connections that say nothing, or their first words byte by byte, end after ten seconds."""
    start = time.monotonic()
    held = [http2.raw(world.cn.port, STRANGER, timeout=15) for _ in range(60)]
    while time.monotonic() - start < 9:
        for slow in held[30:]:
            try:
                slow.sendall(b"\x16")
            except OSError:
                pass
        time.sleep(0.5)
    took = world.exchange()
    for connection in held:
        try:
            while connection.recv(4096):
                pass
        except TimeoutError as silence:
            raise Failed("a connection that says nothing was kept") from silence
        except OSError:
            pass
        connection.close()
    lasted = time.monotonic() - start
    print(f"{'silent_and_slow':20} 60 connections  gone after {lasted:5.2f} s  exchange {took:5.2f} s", flush=True)
    if lasted > 13:
        raise Failed("slow handshakes lasted too long")


def connection_flood(world):
    """More connections than there is room for, from one source: that source is held to its share."""
    memory = Memory(world.cn.process.pid)
    held = []
    for _ in range(CONNECTIONS):
        try:
            # Who finds the queue full knocks again after a second.
            held.append(http2.raw(world.cn.port, STRANGER, timeout=3))
        except OSError:
            break
    took = world.exchange()
    world.ru.stop()
    world.ru.start()
    wait_for(lambda: authorities.connected(world.ru, 1), "a new connection beside the flood", 20)
    growth = memory.growth()
    for connection in held:
        connection.close()
    world.cn.check_alive()
    print(f"{'connection_flood':20} {len(held)} connections  +{growth >> 20} MiB  exchange {took:5.2f} s", flush=True)
    if len(held) < CONNECTIONS // 2 or growth > MEMORY:
        raise Failed(f"connection_flood: {len(held)} connections, +{growth >> 20} MiB")


def refused_handshakes(world):
    """Certificates nobody pinned: refused, and logged without filling the log."""
    world.restart()
    identity = http2.identity_of(world.ru.directory / "people/wang")
    before = world.cn.log.stat().st_size
    refused = 0
    for number in range(100):
        try:
            with http2.Connection(world.cn.port, identity if number % 2 else None, STRANGER) as connection:
                refused += connection.ended(5)
        except OSError:
            refused += 1
    time.sleep(0.3)
    lines = world.cn.log.read_bytes()[before:].decode().splitlines()
    named = [line for line in lines if "connection.refused" in line]
    print(f"{'refused_handshakes':20} {refused} of 100 refused  {len(named)} lines in the log", flush=True)
    if refused != 100 or not 1 <= len(named) <= 12 or len(lines) > 20:
        raise Failed("refused handshakes: " + "\n".join(lines[-30:]))
    if not any('reason="certificate" who="sha256:' in line for line in named):
        raise Failed("no refused certificate is named in the log")


def barred_after_a_cut(world):
    """The authority is charged, not the connection."""
    world.restart()
    with http2.Connection(world.cn.port, world.identity) as connection:
        pour(connection, rapid_reset())
    time.sleep(0.3)
    try:
        with http2.Connection(world.cn.port, world.identity) as connection:
            connection.send(http2.headers(1))
            if not connection.ended(2):
                raise Failed("the flooding authority was let in again")
    except OSError:
        pass
    if "guard.cut" not in world.cn.log.read_text():
        raise Failed("no cut in the log")


def flood_all(base, running, build, seed):
    world = World(base, build, running)
    print(f"{'alone':20} exchange {world.exchange():5.2f} s", flush=True)
    for make in random.Random(seed).sample(FLOODS, len(FLOODS)):
        flood(world, make)
    for make in DIALLED:
        dialled(world, make)
    no_window(world)
    polite_nonsense(world)
    barred_after_a_cut(world)
    desk_flood(world)
    refused_handshakes(world)
    connection_flood(world)
    silent_and_slow(world)
    trial.check_stores(world.ru, world.cn)


def main():
    build, seed = Path(sys.argv[1]).resolve(), trial.seed_of(sys.argv[2:])
    return trial.play("floods", lambda base, running: flood_all(base, running, build, seed))


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""What SIGTERM does, whatever goes on: no new calls, what was acknowledged is there, exit 0 within ten seconds.

stopping.py BUILD [Class.test]
"""

import contextlib
import itertools
import os
import signal
import socket
import time
import unittest

import pair
import trial
from authorities import wait_for
from pair import Pair
from process import Frozen
from trial import Load

WITHIN = 10  # seconds


class Stop(Pair):
    def setUp(self):
        super().setUp()
        self.loads = []

    def load(self, count, seed, per_frame=16):
        load = Load(self.cn, self.ru, count, seed, per_frame)
        self.loads.append(load)
        self.addCleanup(load.process.kill)
        return load

    def stop(self, frozen=()):
        """The events of the log since SIGTERM, in their order."""
        at = self.cn.log.stat().st_size
        begun = time.monotonic()
        self.cn.process.send_signal(signal.SIGTERM)
        code = self.wait(frozen)
        took = time.monotonic() - begun
        said = self.cn.log.read_bytes()[at:].decode()
        print(f"stopped within {took:.1f} s ", end="", flush=True)
        self.assertEqual(code, 0, said)
        self.assertLess(took, WITHIN, said)
        self.cn.check_log()
        return [line.split('"')[1] for line in said.splitlines()]

    def wait(self, frozen):
        """The exit code; a process is there until its traced threads are waited for by who traces them."""
        deadline = time.monotonic() + 60
        while self.cn.process.poll() is None and time.monotonic() < deadline:
            for thread in frozen:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(thread, os.WNOHANG | 0x40000000)  # __WALL
            time.sleep(0.05)
        return self.cn.process.returncode

    def everything_is_there(self, least):
        """Under the same daemon again: what any load was acknowledged, at both ends, once."""
        acknowledged = set(itertools.chain(*(load.answers()[0].values() for load in self.loads)))
        self.assertGreaterEqual(len(acknowledged), least)
        if self.ru.process.poll() is None:
            self.ru.process.send_signal(signal.SIGCONT)
        self.cn.start()
        self.assertEqual(acknowledged - set(trial.ids(self.cn, "outbox")), set())
        wait_for(lambda: trial.answered(self.cn), "answered", 60)
        there = trial.ids(self.ru, "inbox")
        self.assertEqual(acknowledged - set(there), set())
        self.assertEqual(len(there), len(set(there)))

    def test_under_load_from_four_sides(self):
        for seed in range(4):
            self.load(20000, 100 + seed)
        wait_for(lambda: int(self.cn.status()["journalSize"]) > 400, "the load runs", 60)
        events = self.stop()
        self.assertEqual([events[0], events[-1]], ["daemon.stopping", "daemon.stopped"])
        self.assertFalse(self.cn.socket().exists())
        self.everything_is_there(200)

    def test_while_a_peer_hangs_in_the_middle_of_what_it_is_sent(self):
        self.ru.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.ru.process.send_signal, signal.SIGCONT)
        self.load(300, 200)
        self.loads[-1].process.wait(60)
        self.assertEqual(self.stop()[-1], "daemon.stopped")
        self.everything_is_there(300)

    def test_while_it_dials_a_peer_that_takes_the_connection_and_says_nothing(self):
        self.ru.stop()
        with socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind(("127.0.0.1", self.ru.port))
            silent.listen()
            silent.settimeout(60)
            self.load(10, 300)
            self.loads[-1].process.wait(60)
            held = silent.accept()[0]
            self.assertEqual(self.stop()[-1], "daemon.stopped")
            held.close()
        self.ru.start()
        self.everything_is_there(10)

    def test_while_a_caller_of_the_desk_does_not_read_its_answers(self):
        load = self.load(20000, 400, per_frame=1)
        load.await_answers(1)
        load.process.send_signal(signal.SIGSTOP)
        self.stop()
        load.process.send_signal(signal.SIGCONT)
        self.everything_is_there(1)

    def test_while_nobody_reads_its_log(self):
        """Its log is a pipe that is full; what had no room there is counted when there is."""
        self.cn.stop()
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
        os.set_blocking(writer, True)
        self.cn.start(prepare=lambda: os.dup2(writer, 2))
        os.close(writer)
        self.load(50, 600).process.wait(60)
        os.read(reader, 8192)
        self.cn.process.send_signal(signal.SIGHUP)
        said = b""
        while b"agreements.loaded" not in said:
            said += os.read(reader, 1 << 16)
        lines = said.lstrip(b"x").decode().splitlines()
        self.assertRegex(lines[0], r'^<4>event="log.lost" count="[1-9][0-9]*"$')
        with contextlib.suppress(BlockingIOError):
            os.set_blocking(reader, False)
            while os.read(reader, 1 << 16):
                pass
        filler = os.open(f"/proc/self/fd/{reader}", os.O_WRONLY | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(filler, b"x" * 4096)
        self.stop()
        os.close(filler)
        self.everything_is_there(50)

    @unittest.skipUnless(os.geteuid() == 0, "needs root: the daemon is not traceable by others")
    def test_and_when_nothing_of_it_moves_any_more(self):
        self.load(50, 500)
        self.loads[-1].process.wait(60)
        with contextlib.suppress(ProcessLookupError), Frozen(self.cn.process.pid, but=("chanceryd",)) as frozen:
            # Without its bound it would wait for its own threads for ever.
            self.assertEqual(self.stop(frozen.threads), ["daemon.stopping", "daemon.cut"])
        self.everything_is_there(50)
        self.cn.stop()
        self.assertEqual(self.cn.fsck().code, 0)


if __name__ == "__main__":
    pair.main()

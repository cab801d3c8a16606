#!/usr/bin/python3
"""What a monitor reads of two real daemons: over the Unix socket with curl, read by a parser that follows the format's page.

metrics.py BUILD [Class.test]
"""

import contextlib
import math
import re
import socket
import stat
import subprocess
import time
import unittest

import authorities
import pair
import trial
from authorities import wait_for
from pair import Pair

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')


class NotTheFormat(Exception):
    pass


def parse(text):
    """family -> (type, {(name, labels): value}); by prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4."""
    if not text.endswith("\n"):
        raise NotTheFormat("the last line has no end")
    families, family = {}, None
    helped = set()
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, doc = line[7:].split(" ", 1)
            if name in helped or not doc or not NAME.fullmatch(name):
                raise NotTheFormat(line)
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            if name in families or kind not in ("counter", "gauge", "histogram"):
                raise NotTheFormat(line)
            family = name
            families[name] = (kind, {})
        else:
            match = SAMPLE.fullmatch(line)
            if not match or family is None:
                raise NotTheFormat(line)
            name, labels, value = match.groups()
            kind, samples = families[family]
            of_family = {family} if kind != "histogram" else {f"{family}_{part}" for part in ("bucket", "sum", "count")}
            key = (name, tuple(sorted(LABEL.findall(labels or ""))))
            if name not in of_family or key in samples:
                raise NotTheFormat(line)
            samples[key] = float(value)
    for name, (kind, samples) in families.items():
        if kind == "counter" and not name.endswith("_total"):
            raise NotTheFormat(f"{name}: a counter ends in _total")
        if kind == "histogram":
            check_histogram(name, samples)
    return families


def check_histogram(name, samples):
    buckets = sorted((math.inf if dict(labels)["le"] == "+Inf" else float(dict(labels)["le"]), value)
                     for (sample, labels), value in samples.items() if sample == f"{name}_bucket")
    values = [value for _, value in buckets]
    if values != sorted(values) or buckets[-1] != (math.inf, samples[(f"{name}_count", ())]):
        raise NotTheFormat(f"{name}: the buckets do not add up")


class Metrics(Pair):
    def path(self, authority):
        return authority.directory / "metrics.sock"

    def curl(self, *words):
        return subprocess.run(["curl", "-sS", "--max-time", "10", "--unix-socket", self.path(self.cn), *words],
                              capture_output=True, text=True, check=False)

    def read(self, authority):
        done = subprocess.run(["curl", "-sSf", "--max-time", "10", "--unix-socket", self.path(authority),
                               "http://local/metrics"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return parse(done.stdout)

    def value(self, families, family, **labels):
        return families[family][1].get((family, tuple(sorted(labels.items()))), 0)

    def test_what_was_done_is_counted_at_both_ends(self):
        before = self.read(self.cn)
        sent = trial.submit(self.cn, self.ru, 25)
        wait_for(lambda: trial.answered(self.cn), "answered", 30)
        cn, ru = self.read(self.cn), self.read(self.ru)
        self.assertEqual(len(sent), 25)
        self.assertEqual(self.value(cn, "chancery_acts_total", act="released")
                         - self.value(before, "chancery_acts_total", act="released"), 25)
        self.assertEqual(self.value(ru, "chancery_acts_total", act="accepted"), 25)
        self.assertEqual(self.value(cn, "chancery_receipts_total", stage="delivered"), 25)
        self.assertEqual(self.value(cn, "chancery_peer_up", peer="ru-example"), 1)
        self.assertEqual(self.value(cn, "chancery_outbox_messages", peer="ru-example"), 0)
        self.assertEqual(self.value(cn, "chancery_outbox_oldest_seconds", peer="ru-example"), 0)
        self.assertEqual(self.value(cn, "chancery_journal_entries"), int(self.cn.status()["journalSize"]))
        self.assertEqual(self.value(cn, "chancery_store_full"), 0)
        self.assertEqual(self.value(cn, "chancery_store_suspended"), 0)
        commits = cn["chancery_store_commit_seconds"][1]
        self.assertGreater(commits[("chancery_store_commit_seconds_count", ())], 5)
        self.assertGreater(commits[("chancery_store_commit_seconds_sum", ())], 0)
        self.assertGreaterEqual(self.value(cn, "chancery_connections", side="peers")
                                + self.value(cn, "chancery_connections", side="dialled"), 1)
        # Of the file, by another's word; and the certificate's, by openssl.
        self.assertEqual(self.value(cn, "chancery_database_bytes"),
                         (self.cn.directory / "state/chancery.db").stat().st_size)
        self.assertEqual(self.value(cn, "chancery_certificate_expiry_timestamp_seconds", role="tls"),
                         self.expiry(self.cn.directory / "keys/tls.pem"))

    def expiry(self, certificate):
        said = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", certificate], capture_output=True,
                              text=True, check=True).stdout.split("=")[1].strip()
        return time.mktime(time.strptime(said, "%b %d %H:%M:%S %Y %Z")) - time.timezone

    def test_what_waits_grows_old(self):
        self.ru.kill()
        trial.submit(self.cn, self.ru, 7)
        time.sleep(1.1)
        cn = self.read(self.cn)
        self.assertEqual(self.value(cn, "chancery_outbox_messages", peer="ru-example"), 7)
        self.assertGreater(self.value(cn, "chancery_outbox_oldest_seconds", peer="ru-example"), 1)
        self.assertLess(self.value(cn, "chancery_outbox_oldest_seconds", peer="ru-example"), 60)
        self.assertEqual(self.value(cn, "chancery_peer_up", peer="ru-example"), 0)
        self.assertEqual(self.value(cn, "chancery_peer_parked", peer="ru-example"), 0)
        self.cn.must("peer", "suspend", "ru-example", "--reason", "key incident", context="admin")
        self.assertEqual(self.value(self.read(self.cn), "chancery_peer_parked", peer="ru-example"), 1)

    def test_what_a_peer_used_of_its_quotas_is_shown(self):
        quotas = {"unasked-reports": 256, "refused-permits": 256, "restores": 4, "useless-bytes": 256 << 10}
        for restores in range(3):
            families = self.read(self.cn)
            self.assertEqual({tuple(dict(labels).items()): value for (_, labels), value in families["chancery_quota_limit"][1].items()},
                             {(("peer", "ru-example"), ("quota", quota)): limit for quota, limit in quotas.items()})
            self.assertEqual({quota: self.used(quota) for quota in quotas if quota != "useless-bytes"},
                             {"unasked-reports": 0, "refused-permits": 0, "restores": restores})
            self.assertLess(self.used("useless-bytes"), 256 << 10)
            self.ru.stop()
            subprocess.run([self.ru.build / "daemon/chanceryd", "restore", "--config", self.ru.directory / "daemon.toml"],
                           check=True, capture_output=True)
            self.ru.start()
            wait_for(lambda wanted=restores + 1: self.used("restores") == wanted, "the restore is counted", 30)

    def used(self, quota):
        return self.value(self.read(self.cn), "chancery_quota_used", peer="ru-example", quota=quota)

    def test_who_is_not_verified_yet_is_not_parked(self):
        kz = authorities.Authority(self.base.name, "kz-example", self.BUILD)
        kz.initialise(authorities.PARTY_STATUS)
        self.cn.must("peer", "add", kz.directory / "keys/designation.bundle", context="admin")
        families = self.read(self.cn)
        row = (("peer", "kz-example"),)
        self.assertIn(("chancery_peer_up", row), families["chancery_peer_up"][1])
        self.assertNotIn(("chancery_peer_parked", row), families["chancery_peer_parked"][1])

    def test_a_refusal_is_counted_by_its_reason(self):
        draft = self.cn.must("send", authorities.ROOT / "config/demo/notice-for-ru.md", "--yes", "-o", "id",
                             context="wang").split()[-1]
        self.assertEqual(self.cn.as_officer("approve", draft, "--yes").code, 6)
        refusals = self.read(self.cn)["chancery_refusals_total"][1]
        self.assertEqual({tuple(dict(labels).values()): value for (_, labels), value in refusals.items()},
                         {("approval-refused", "E-APPROVAL-SAME-PERSON"): 1, ("approval-refused", "E-ROLE"): 1})

    def test_no_text_of_a_message_and_no_name_of_a_person_is_in_it(self):
        trial.submit(self.cn, self.ru, 3)
        text = self.curl("http://local/metrics").stdout
        for word in ("wang", "zhao", "administrator", *trial.ids(self.cn, "outbox")):
            self.assertIsNone(re.search(rf"\b{word}\b", text), word)

    def test_the_socket_is_for_the_group_and_answers_nothing_else(self):
        self.assertEqual(stat.S_IMODE(self.path(self.cn).stat().st_mode), 0o660)
        for words, status in ((["http://local/"], "404"), (["http://local/metrics", "-X", "POST", "-d", "x"], "405"),
                              (["http://local/metrics?x=1"], "404"), (["http://local/metrics"], "200")):
            self.assertEqual(self.curl("-o", "/dev/null", "-w", "%{http_code}", *words).stdout, status, words)
        for nonsense in (b"", b"\r\n\r\n", b"GET\r\n\r\n", b"GET /metrics\r\n\r\n", b"\x16\x03\x01\x02\x00", b"A" * 100000):
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(str(self.path(self.cn)))
                try:
                    one.sendall(nonsense)
                    one.shutdown(socket.SHUT_WR)
                    one.settimeout(10)
                    one.recv(1000)
                except (BrokenPipeError, ConnectionResetError):
                    pass
        parse(self.curl("http://local/metrics").stdout)
        self.cn.check_alive()

    def test_who_says_nothing_keeps_others_waiting_for_two_seconds_at_most(self):
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(self.path(self.cn)))
            self.read(self.cn)  # within the ten seconds of curl
        with contextlib.ExitStack() as many:
            for _ in range(30):
                many.enter_context(socket.socket(socket.AF_UNIX)).connect(str(self.path(self.cn)))
            self.read(self.cn)  # a tenth of a second each

    def test_the_socket_goes_with_its_daemon(self):
        self.cn.stop()
        self.assertFalse(self.path(self.cn).exists())


class Parser(unittest.TestCase):
    """The parser itself refuses what is not the format."""

    def test_it_refuses(self):
        good = "# HELP a_total A.\n# TYPE a_total counter\na_total{b=\"c\"} 1\n"
        self.assertEqual(parse(good), {"a_total": ("counter", {("a_total", (("b", "c"),)): 1.0})})
        for bad in (good[:-1], good + good, good.replace(" 1", " one"), good.replace("a_total{", "b{"), "a 1\n",
                    good.replace('"c"', "c"), good.replace("a_total", "a"), good + 'a_total{b="c"} 2\n'):
            with self.assertRaises((NotTheFormat, ValueError), msg=bad):
                parse(bad)


if __name__ == "__main__":
    pair.main()

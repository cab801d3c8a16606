#!/usr/bin/python3
"""What `chanceryd doctor` says of real daemons, well and broken, running and stopped, in three languages.

doctor.py BUILD [Class.test]
"""

import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import unittest

import authorities
import pair
import trial
from authorities import wait_for
from pair import Pair

# What such a machine may be told whatever we do: its clock, its one small disk.
OF_THE_MACHINE = {"D-CLOCK", "D-CHECKPOINT-DISK", "D-DISK-LOW", "D-DESCRIPTORS"}
GRAVE, WARNING = 1, 10


class Doctor(Pair):
    def setUp(self):
        super().setUp()
        trial.submit(self.cn, self.ru, 3)

    def doctor(self, *words, authority=None, language="en", before=(), **kwargs):
        """Exit code and everything it says."""
        authority = authority or self.cn
        done = subprocess.run([*before, self.BUILD / "daemon/chanceryd", "doctor", "--config",
                               authority.directory / "daemon.toml", *words], capture_output=True, text=True, check=False,
                              timeout=120, env={**os.environ, "CHANCERY_LANG": language}, **kwargs)
        # SQLCipher itself writes lines there when a key does not fit.
        self.assertEqual([line for line in done.stderr.splitlines() if " ERROR CORE sqlc" not in line
                          and " ERROR CORE sqlite3Codec" not in line], [])
        return done.returncode, done.stdout

    def codes(self, said):
        return set(re.findall(r"\bD-[A-Z-]+", said))

    def expect(self, code, *codes, said=None):
        """These codes, and no others but those of the machine."""
        got, text = said or self.doctor()
        self.assertEqual(self.codes(text) - OF_THE_MACHINE, set(codes), text)
        if code == GRAVE or codes:
            self.assertEqual(got, code, text)
        self.assertEqual(len(re.findall("^  why:  ", text, re.M)), len(re.findall("^  fix:  ", text, re.M)))
        return text

    @contextlib.contextmanager
    def moved(self, path):
        away = path.with_name(path.name + ".away")
        path.rename(away)
        try:
            yield
        finally:
            if path.is_dir():
                shutil.rmtree(path)
            away.rename(path)

    def test_of_a_daemon_that_is_well_it_finds_nothing_whether_it_runs_or_not(self):
        code, said = self.doctor()
        self.expect(0, said=(code, said))
        self.assertEqual(code, WARNING if self.codes(said) else 0)
        for words in ("the daemon serves", "all peers can be reached: 1", "settings of cn-example"):
            self.assertIn(words, said)
        self.expect(WARNING, "D-FSCK-NOT-NOW", said=self.doctor("--full"))
        self.cn.stop()
        self.expect(WARNING, "D-STOPPED")
        said = self.expect(WARNING, "D-STOPPED", said=self.doctor("--full"))
        self.assertIn("holds its own checks, messages: 3", said)
        self.cn.start()

    def test_it_changes_nothing(self):
        def files():
            return {path: path.read_bytes() for path in self.cn.directory.rglob("*")
                    if path.is_file() and path.suffix != ".log" and path.name[-4:] not in ("-wal", "-shm")}
        self.cn.stop()
        before = files()
        self.doctor("--full")
        self.assertEqual(files(), before)

    def test_settings_and_data(self):
        settings = self.cn.directory / "daemon.toml"
        good = settings.read_text(encoding="utf-8")
        settings.write_text(good + "surprise = 1\n", encoding="utf-8")
        self.expect(GRAVE, "D-SETTINGS")
        settings.write_text(re.sub('party_status = "[^"]*"', 'party_status = "nowhere"', good), encoding="utf-8")
        self.expect(GRAVE, "D-DATA")

    def test_keys(self):
        keys = self.cn.directory / "keys"
        with self.moved(keys / "sign.key"):
            self.assertIn("keys/sign.key", self.expect(GRAVE, "D-KEYS"))
        (keys / "tls.key").chmod(0o640)
        self.assertIn("keys/tls.key", self.expect(GRAVE, "D-KEYS"))
        (keys / "tls.key").chmod(0o600)
        keys.chmod(0o770)
        self.expect(WARNING, "D-KEYS-OPEN")

    def test_keys_that_the_designation_does_not_name(self):
        self.cn.stop()
        for name in ("key", "pem"):
            shutil.copy(self.ru.directory / f"keys/tls.{name}", self.cn.directory / f"keys/tls.{name}")
        self.assertIn("tls certificate", self.expect(GRAVE, "D-DESIGNATION-KEYS", "D-STOPPED"))

    def test_stores(self):
        state = self.cn.directory / "state"
        self.cn.stop()
        with self.moved(self.cn.directory / "checkpoint"):
            self.expect(GRAVE, "D-STORE", "D-STOPPED")
        old = self.cn.directory / "old"
        shutil.copytree(state, old)
        self.cn.start()
        trial.submit(self.cn, self.ru, 2)
        self.cn.stop()
        with self.moved(state):
            shutil.copytree(old, state)
            self.assertIn("rolled back", self.expect(GRAVE, "D-STORE", "D-STOPPED"))
        with self.moved(state / "chancery.db"):
            self.expect(WARNING, "D-STORE-NEW", "D-STOPPED")
        key = self.cn.directory / "keys/database.key"
        right = key.read_bytes()
        key.write_bytes(bytes(32))
        self.expect(GRAVE, "D-STORE", "D-STOPPED")
        key.write_bytes(right)
        self.expect(WARNING, "D-STOPPED")
        self.cn.start()

    def test_a_peer_that_is_not_there_is_named_with_its_address(self):
        self.ru.stop()
        said = self.expect(WARNING, "D-PEER")
        self.assertIn(f"ru-example takes no connection at 127.0.0.1:{self.ru.port}", said)

    @unittest.skipUnless(os.geteuid() == 0, "needs root: names of its own")
    def test_a_peer_answers_at_any_of_its_addresses(self):
        self.ru.must("designation", "next", "--directory", self.ru.directory, "--endpoint", f"two.example:{self.ru.port}")
        self.ru.must("designation", "sign", "--directory", self.ru.directory)
        self.cn.must("peer", "add", self.ru.directory / "keys/designation.bundle", context="admin")
        hosts = self.cn.directory / "hosts"
        for addresses in (("127.0.0.9", "127.0.0.1"), ("127.0.0.1", "127.0.0.9")):
            hosts.write_text("".join(f"{address} two.example\n" for address in addresses), encoding="utf-8")
            self.expect(0, said=self.doctor(before=["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"',
                                                    hosts]))

    def test_a_peer_with_which_nothing_is_exchanged_is_named_with_the_cause(self):
        self.cn.must("peer", "suspend", "ru-example", "--reason", "key incident", context="admin")
        self.assertIn("E-PEER-SUSPENDED", self.expect(WARNING, "D-PEER-PARKED"))
        self.cn.must("peer", "resume", "ru-example", "--reason", "cleared", context="admin")
        self.expect(0)

    def test_a_daemon_that_hangs(self):
        self.cn.process.send_signal(signal.SIGSTOP)
        self.assertIn("desk.sock", self.expect(GRAVE, "D-SILENT"))
        self.cn.process.send_signal(signal.SIGCONT)

    @unittest.skipUnless(shutil.which("faketime"), "needs faketime")
    def test_what_runs_out(self):
        self.cn.stop()
        self.ru.stop()
        said = self.doctor(before=["faketime", "-f", "+9999d"])[1]
        self.assertLessEqual({"D-CERTIFICATE-ENDED", "D-DESIGNATION", "D-PEER-DESIGNATION"}, self.codes(said), said)
        said = self.doctor(before=["faketime", "-f", "-9999d"])[1]
        self.assertLessEqual({"D-CERTIFICATE-EARLY", "D-DESIGNATION"}, self.codes(said), said)
        until = re.search("in force until ([0-9-]+)", self.doctor()[1]).group(1)
        said = self.doctor(before=["faketime", "-f", f"@{until} 00:00:00"])[1]
        soon = self.codes(self.doctor(before=["faketime", f"{until} - 20 days"])[1])
        self.assertIn("D-DESIGNATION-ENDS", soon, said)

    def test_limits_are_those_of_whoever_listens_at_the_desk(self):
        """A daemon takes core dumps away for good; so this process, which may have them, listens in its place."""
        self.assertNotIn("D-CORE", self.doctor()[1])
        self.cn.stop()
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if hard == 0:
            self.skipTest("core dumps are forbidden here")
        with socket.socket(socket.AF_UNIX) as desk:
            desk.bind(str(self.cn.socket()))
            desk.listen()
            resource.setrlimit(resource.RLIMIT_CORE, (4096, hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))
            self.assertIn("D-CORE", self.doctor()[1])
        self.cn.socket().unlink()

    def test_limits(self):
        self.cn.stop()
        few = self.doctor(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512)))
        self.assertIn("512 file descriptors are allowed, 4096 are wanted", few[1])

    @unittest.skipUnless(os.geteuid() == 0, "needs root: a store of another user")
    def test_a_store_of_another_user_is_left_alone(self):
        os.chown(self.cn.directory / "state", 65534, 65534)
        self.expect(GRAVE, "D-USER")
        os.chown(self.cn.directory / "state", 0, 0)

    def test_three_languages_say_the_same(self):
        self.ru.stop()
        said = {language: self.doctor(language=language) for language in ("en", "zh", "ru")}
        self.assertEqual(len({(code, tuple(sorted(self.codes(text)))) for code, text in said.values()}), 1, said)
        self.assertEqual(len({text.count("\n") for _, text in said.values()}), 1)
        for language, script in (("zh", "[\u4e00-\u9fff]"), ("ru", "[\u0430-\u044f]{3}"), ("en", "[a-z]{2}")):
            for line in said[language][1].splitlines():
                self.assertRegex(line, script, language)
        for _, text in said.values():
            self.assertIsNone(re.search(r"[{}]", text), text)

    def rotate_sign(self, authority, *words):
        """Designated and told, while the keys are those of before."""
        authority.must("designation", "next", "--directory", authority.directory, "--rotate", "sign", *words)
        authority.must("designation", "sign", "--directory", authority.directory)
        os.kill(authority.process.pid, signal.SIGHUP)
        wait_for(lambda: 'event="designation.recorded"' in authority.log.read_text(), "the designation is read", 10)

    def test_a_rotation_waits_for_its_switch(self):
        self.rotate_sign(self.cn)
        self.assertIn("only until", self.expect(WARNING, "D-DESIGNATION-SWITCH"))
        self.assertIn("D-DESIGNATION-KEYS", self.codes(self.doctor(before=["faketime", "-f", "+15d"])[1]))
        self.cn.stop()
        self.cn.must("designation", "switch", "--directory", self.cn.directory)
        self.cn.start()
        self.expect(0)

    def test_a_rotation_without_its_switch_ends_everything_and_says_so(self):
        self.rotate_sign(self.cn, "--overlap", "0h")
        wait_for(lambda: 'event="sign-key.ended"' in self.cn.log.read_text(), "the log says it", 10)
        wait_for(lambda: "D-NOT-SERVING" in self.doctor()[1], "NOT_SERVING", 10)
        self.expect(GRAVE, "D-DESIGNATION-KEYS", "D-NOT-SERVING")
        notice = self.cn.directory / "notice.md"
        notice.write_text((authorities.ROOT / "config/demo/notice-open.md").read_text(encoding="utf-8")
                          .replace("kz-example", "ru-example").replace("{number}", "1"), encoding="utf-8")
        sent = self.cn.run("send", notice, "--yes", context="wang")
        self.assertEqual(sent.code, 7)
        self.assertIn("E-SIGN-KEY-ENDED", sent.out + sent.err)
        self.cn.stop()
        self.cn.must("designation", "switch", "--directory", self.cn.directory)
        self.cn.start()
        self.expect(0)
        self.assertEqual(len(trial.submit(self.cn, self.ru, 1)), 1)

    def test_without_a_catalogue_the_codes_are_there(self):
        settings = self.cn.directory / "daemon.toml"
        settings.write_text("", encoding="utf-8")
        code, said = self.doctor()
        self.assertEqual(code, GRAVE)
        self.assertRegex(said, r"error  D-SETTINGS +detail .*daemon.toml:1: authority: is missing")


if __name__ == "__main__":
    pair.main()
